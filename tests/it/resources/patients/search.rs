//! Searching and filtering.

use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{PATIENTS, path_of, pointers};
use crate::support::{Person, World};

/// Family names of what a query finds, in order of name.
async fn find(who: &Person<'_>, query: &[(&str, &str)]) -> Vec<String> {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let page = who.get(&format!("{PATIENTS}?{query}")).await;
    assert_eq!(page.status, StatusCode::OK, "{query}: {}", page.json);
    let name = |row: &Value| row["lastName"].as_str().unwrap().to_owned();
    page.json["data"].as_array().unwrap().iter().map(name).collect()
}

#[tokio::test]
async fn words_are_found_by_their_beginnings_accents_and_case_aside() {
    let world = World::start().await;
    let clinic = world.clinic("search").await;
    let me = &clinic.admin;
    for patient in [
        json!({ "firstName": "Éloïse", "lastName": "Müller-Łukasz", "patientNumber": "X-1" }),
        json!({ "firstName": "Anne-Sophie", "lastName": "O'Brien", "email": "asob@example.org", "patientNumber": "X-2" }),
        json!({ "firstName": "Jean", "lastName": "Durand", "phone": "+33 1 42 68 53 00", "patientNumber": "P-000042" }),
        json!({ "firstName": "Jeanne", "lastName": "Straße", "patientNumber": "A%B_C" }),
    ] {
        assert_eq!(me.post(PATIENTS, &patient).await.status, StatusCode::CREATED);
    }
    let every = ["Durand", "Müller-Łukasz", "O'Brien", "Straße"];
    for (q, found) in [
        ("eloise", &["Müller-Łukasz"][..]),
        ("ÉLOÏSE", &["Müller-Łukasz"]),
        ("mull", &["Müller-Łukasz"]),
        ("LUKA", &["Müller-Łukasz"]),
        ("  muller   elo ", &["Müller-Łukasz"]),
        ("elo mul luk", &["Müller-Łukasz"]),
        ("eloise durand", &[]),
        ("o'brien", &["O'Brien"]),
        ("sophie", &["O'Brien"]),
        ("asob@example.org", &["O'Brien"]),
        ("jean", &["Durand", "Straße"]),
        ("strasse", &["Straße"]),
        ("STRAẞE", &["Straße"]),
        ("urand", &[]),
        // Numbers, with their punctuation and without.
        ("000042", &["Durand"]),
        ("p-000042", &["Durand"]),
        ("+33 1 42 68 53 00", &["Durand"]),
        ("33142685300", &["Durand"]),
        ("33 142", &["Durand"]),
        // What SQL's LIKE would take for a pattern is taken as it stands.
        ("%", &[]),
        ("_", &[]),
        ("%%%", &[]),
        ("d_rand", &[]),
        ("dur%nd", &[]),
        ("a%b_c", &["Straße"]),
        ("' OR 1=1 --", &[]),
        ("\\", &[]),
    ] {
        assert_eq!(find(me, &[("q", q)]).await, found, "{q}");
    }
    assert_eq!(find(me, &[]).await, every, "the control");

    let refused = me.get(&format!("{PATIENTS}?q=one+two+three+four+five+six+seven")).await;
    assert_eq!((refused.status, pointers(&refused)), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/query/q"]));
}

#[tokio::test]
async fn a_patient_is_found_by_name_birth_date_and_telephone_however_they_are_typed() {
    let world = World::start().await;
    let clinic = world.clinic("typed").await;
    let me = &clinic.admin;
    for patient in [
        json!({ "firstName": "Jean-Pierre", "lastName": "de la Cruz", "birthDate": "1984-02-29", "phone": "+33 1 42 68 53 00" }),
        json!({ "firstName": "Jörg", "lastName": "Müller", "birthDate": "1984-02-01", "phone": "+34 915 55 12 34" }),
        json!({ "firstName": "Aoife", "lastName": "O'Brien", "birthDate": "1948-02-29", "email": "aoife.b@example.org" }),
        json!({ "firstName": "Jo", "lastName": "Saint-Exupéry", "patientNumber": "2024/AB-7" }),
    ] {
        assert_eq!(me.post(PATIENTS, &patient).await.status, StatusCode::CREATED);
    }
    for (q, found) in [
        ("1984-02-29", &["de la Cruz"][..]),
        ("29.02.1984", &["de la Cruz"]),
        ("29/02/1984", &["de la Cruz"]),
        ("29-2-1984", &["de la Cruz"]),
        ("02/1984", &["de la Cruz", "Müller"]),
        ("cruz 29.02.1984", &["de la Cruz"]),
        ("29.02.1984 muller", &[]),
        ("30.02.1984", &[]),
        ("1984", &[]),
        ("0142685300", &["de la Cruz"]),
        ("01 42 68", &["de la Cruz"]),
        ("01.42.68.53.00", &["de la Cruz"]),
        ("+33142685300", &["de la Cruz"]),
        ("+33 (0)1 42 68", &["de la Cruz"]),
        ("0033 1 42 68 53 00", &["de la Cruz"]),
        ("cruz 01 42 68", &["de la Cruz"]),
        ("915551234", &["Müller"]),
        ("142685300", &[]),
        ("cruz", &["de la Cruz"]),
        ("de la cruz", &["de la Cruz"]),
        ("delacruz", &["de la Cruz"]),
        ("la cruz", &["de la Cruz"]),
        ("De La Cruz Jean Pierre", &["de la Cruz"]),
        ("jeanpierre", &["de la Cruz"]),
        ("jean-p", &["de la Cruz"]),
        ("pierre", &["de la Cruz"]),
        ("mueller", &["Müller"]),
        ("joerg mull", &["Müller"]),
        ("obrien", &["O'Brien"]),
        ("saint exupery", &["Saint-Exupéry"]),
        ("saintexu", &["Saint-Exupéry"]),
        ("2024/AB-7", &["Saint-Exupéry"]),
        ("ab-7", &["Saint-Exupéry"]),
        ("AIFE", &[]),
        ("Aoife.B@exam", &["O'Brien"]),
        // What begins with a capital is none of these words.
        ("B1984", &[]),
        ("Db19840229", &[]),
    ] {
        assert_eq!(find(me, &[("q", q)]).await, found, "{q}");
    }
    assert_eq!(find(me, &[("q", "cruz"), ("birthDate", "1984-02-29")]).await, ["de la Cruz"]);
    assert_eq!(find(me, &[("q", "cruz"), ("birthDate", "1984-02-28")]).await, Vec::<String>::new());
}

#[tokio::test]
async fn a_search_keeps_its_order_when_names_change_and_finds_the_archive_too() {
    let world = World::start().await;
    let clinic = world.clinic("order").await;
    let me = &clinic.admin;
    let mut paths = Vec::new();
    for name in ["Maa", "Mab", "Mac"] {
        paths.push(path_of(&clinic.patient(name).await));
    }
    me.patch(&paths[0], &json!({ "lastName": "Maz" })).await;
    assert_eq!(find(me, &[("q", "ma")]).await, ["Mab", "Mac", "Maz"]);
    assert_eq!(find(me, &[("q", "ma test"), ("sort", "-name")]).await, ["Maz", "Mac", "Mab"]);
    assert_eq!(find(me, &[("q", "ma"), ("sort", "createdAt")]).await, ["Maz", "Mab", "Mac"]);
    assert_eq!(find(me, &[("q", "ma"), ("sort", "-createdAt")]).await, ["Mac", "Mab", "Maz"]);
    assert_eq!(me.delete(&paths[1]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(find(me, &[("q", "ma"), ("limit", "1")]).await, ["Mac"]);
    assert_eq!(find(me, &[("q", "ma"), ("archived", "true")]).await, ["Mab"]);
    assert_eq!(me.post(&format!("{}/restore", paths[1]), &json!({})).await.status, StatusCode::OK);
    assert_eq!(find(me, &[("q", "ma")]).await, ["Mab", "Mac", "Maz"]);
}

#[tokio::test]
async fn what_was_changed_is_found_by_what_it_is_now() {
    let world = World::start().await;
    let clinic = world.clinic("renamed").await;
    let me = &clinic.admin;
    let path = path_of(&clinic.patient("Durand").await);
    me.patch(&path, &json!({ "lastName": "Martin", "phone": "+34 915 55 12 34" })).await;
    assert_eq!(find(me, &[("q", "durand")]).await, Vec::<String>::new());
    assert_eq!(find(me, &[("q", "martin")]).await, ["Martin"]);
    assert_eq!(find(me, &[("q", "martin 915 551 234")]).await, ["Martin"]);
    assert_eq!(find(me, &[("q", "34915551234")]).await, ["Martin"]);
    me.patch(&path, &json!({ "phone": null })).await;
    assert_eq!(find(me, &[("q", "34915551234")]).await, Vec::<String>::new());
}

#[tokio::test]
async fn filters_combine_and_what_they_cannot_be_is_refused() {
    let world = World::start().await;
    let clinic = world.clinic("filters").await;
    let me = &clinic.admin;
    for (last_name, born) in [("Durand", "1984-02-29"), ("Martin", "1984-02-29"), ("Petit", "2001-01-01")] {
        let body = json!({ "firstName": "Zoé", "lastName": last_name, "birthDate": born });
        assert_eq!(me.post(PATIENTS, &body).await.status, StatusCode::CREATED);
    }
    clinic.patient("Unborn").await;
    assert_eq!(find(me, &[("birthDate", "1984-02-29")]).await, ["Durand", "Martin"]);
    assert_eq!(find(me, &[("birthDate", "1984-02-29"), ("q", "mar")]).await, ["Martin"]);
    assert_eq!(find(me, &[("birthDate", "1984-02-28")]).await, Vec::<String>::new());
    assert_eq!(find(me, &[("archived", "false")]).await.len(), 4);
    assert_eq!(find(me, &[("archived", "true"), ("q", "mar")]).await, Vec::<String>::new());

    for (name, value) in [
        ("birthDate", "1984-02-30"),
        ("birthDate", "yesterday"),
        ("archived", "perhaps"),
        ("sort", "birthDate"),
        ("sort", "name; DROP TABLE patients"),
        ("q", ""),
        ("q", &"x".repeat(101)),
    ] {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish();
        let refused = me.get(&format!("{PATIENTS}?{query}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {}", refused.json);
        assert_eq!(pointers(&refused), [format!("/query/{name}")], "{query}");
    }
    // A date that the parser knows and PostgreSQL does not.
    let beyond = me.get(&format!("{PATIENTS}?birthDate=-200000-01-01")).await;
    assert_eq!(beyond.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", beyond.json);
}
