//! Likely duplicates, merging them, and undoing it.

use futures_util::future::join_all;
use medicalpro::ids::Role;
use reqwest::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{PATIENTS, path_of};
use crate::support::{Answer, Clinic, Person, World};

async fn enter(who: &Person<'_>, patient: Value) -> Value {
    let answer = who.post(PATIENTS, &patient).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.json);
    answer.json
}

async fn merge(who: &Person<'_>, patient: &Value, duplicate: &Value) -> Answer {
    who.post(&format!("{}/merge", path_of(patient)), &json!({ "duplicateId": duplicate["id"] })).await
}

async fn unmerge(who: &Person<'_>, duplicate: &Value) -> Answer {
    who.post(&format!("{}/unmerge", path_of(duplicate)), &json!({})).await
}

/// Family names that a search finds.
async fn find(who: &Person<'_>, query: &str) -> Vec<String> {
    let page = who.get(&format!("{PATIENTS}?{query}")).await;
    assert_eq!(page.status, StatusCode::OK, "{query}: {}", page.json);
    names(&page, "")
}

/// Family names of a page's rows, or of what they hold.
fn names(page: &Answer, part: &str) -> Vec<String> {
    let rows = page.json["data"].as_array().unwrap_or_else(|| panic!("{page:?}"));
    rows.iter().map(|row| row.pointer(part).unwrap()["lastName"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn whoever_may_be_the_same_person_is_named_with_the_reasons() {
    let world = World::start().await;
    let clinic = world.clinic("alike").await;
    let me = &clinic.admin;
    let patient = json!({ "firstName": "Catherine", "lastName": "Schmidt", "birthDate": "1984-02-29",
                          "phone": "+33 1 42 68 53 00", "email": "c.schmidt@example.org" });
    let first = enter(me, patient.clone()).await;
    for (lastname, other, expected) in [
        ("Schmitt", json!({ "firstName": "Katherine", "birthDate": "1984-02-29" }), json!([80, "name", "birthDate"])),
        ("Kowalski", json!({ "firstName": "Cathrine", "phone": "+33142685300" }), json!([40, "firstName", "phone"])),
        (
            "Lopez",
            json!({ "firstName": "Catherine", "email": "C.Schmidt@Example.org" }),
            json!([40, "firstName", "email"]),
        ),
        (
            "Brandt",
            json!({ "firstName": "Kitty", "birthDate": "1984-02-29", "phone": "+33 14 268 5300" }),
            json!([55, "birthDate", "phone"]),
        ),
        ("Catherine", json!({ "firstName": "Schmid", "birthDate": "1984-02-29" }), json!([80, "name", "birthDate"])),
        (
            "Durand-Schmidt",
            json!({ "firstName": "Catherine Anne", "birthDate": "1984-02-29" }),
            json!([80, "name", "birthDate"]),
        ),
        // Others, who have something in common with her.
        ("Schmidt", json!({ "firstName": "Catherine", "birthDate": "1984-02-28" }), json!(null)),
        ("Schmidt", json!({ "firstName": "Paul", "birthDate": "1984-02-29" }), json!(null)),
        (
            "Schmidt",
            json!({ "firstName": "Paul", "phone": "+33142685300", "email": "c.schmidt@example.org" }),
            json!(null),
        ),
        ("Martin", json!({ "firstName": "Anne", "birthDate": "1984-02-29" }), json!(null)),
    ] {
        let mut other = other;
        other["lastName"] = lastname.into();
        let entered = enter(me, other.clone()).await;
        let of = me.get(&format!("{}/duplicates", path_of(&first))).await;
        let found = of.json["data"].as_array().unwrap_or_else(|| panic!("{of:?}"));
        let told = found.iter().find(|one| one["id"] == entered["id"]).map_or(json!(null), |one| {
            assert_eq!(one["patient"], entered, "{other}");
            let reasons = one["reasons"].as_array().unwrap().iter().cloned();
            Value::Array([one["score"].clone()].into_iter().chain(reasons).collect())
        });
        assert_eq!(told, expected, "{other}");
        // The other way round, and before being entered, the same.
        let back = me.get(&format!("{}/duplicates", path_of(&entered))).await;
        assert_eq!(
            back.json["data"].as_array().unwrap().iter().any(|one| one["id"] == first["id"]),
            !expected.is_null(),
            "{other}"
        );
        let check = me.post(&format!("{PATIENTS}/duplicates/check"), &other).await;
        assert_eq!(check.status, StatusCode::OK, "{check:?}");
        assert_eq!(
            check.json["data"].as_array().unwrap().iter().any(|one| one["id"] == first["id"]),
            !expected.is_null(),
            "{other}"
        );
        assert_eq!(me.delete(&path_of(&entered)).await.status, StatusCode::NO_CONTENT);
    }
    let alone = me.get(&format!("{}/duplicates", path_of(&first))).await;
    assert_eq!(alone.json["data"], json!([]), "the archived are nobody's duplicates");
    assert_eq!(me.get(&format!("{PATIENTS}/{}/duplicates", Uuid::now_v7())).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn those_whose_birth_is_not_known_are_compared_by_name_alone() {
    let world = World::start().await;
    let clinic = world.clinic("unborn").await;
    let me = &clinic.admin;
    let first = enter(me, json!({ "firstName": "Jo", "lastName": "Meyer" })).await;
    let body = json!({ "firstName": "Jo", "lastName": "Maier", "birthDate": "1984-02-29" });
    let check = me.post(&format!("{PATIENTS}/duplicates/check"), &body).await;
    assert_eq!((names(&check, "/patient"), &check.json["data"][0]["score"]), (vec!["Meyer".to_owned()], &json!(45)));
    let changed = me.patch(&path_of(&first), &json!({ "birthDate": "1984-02-28" })).await;
    assert_eq!(changed.status, StatusCode::OK);
    let check = me.post(&format!("{PATIENTS}/duplicates/check"), &body).await;
    assert_eq!(check.json["data"], json!([]), "another day, another person");
}

#[tokio::test]
async fn likely_duplicates_are_listed_once_each_page_by_page() {
    let world = World::start().await;
    let clinic = world.clinic("pairs").await;
    let me = &clinic.admin;
    let mut expected = Vec::new();
    for (number, name) in ["Martin", "Durand", "Petit", "Moreau", "Lambert"].iter().enumerate() {
        // Three times the same, by every sign; and somebody else.
        let patient = json!({ "firstName": "Anne", "lastName": name, "birthDate": format!("1984-02-1{number}"),
                              "phone": format!("+33 1 42 68 53 0{number}"), "email": format!("a{number}@example.org") });
        let first = enter(me, patient.clone()).await;
        for _ in 0..2 {
            expected.push((first["id"].clone(), enter(me, patient.clone()).await["id"].clone()));
        }
        enter(me, json!({ "firstName": "Paul", "lastName": name, "birthDate": "1990-01-01" })).await;
    }
    expected.sort_by_key(|(first, second)| format!("{first}{second}"));
    for limit in [1, 3, 10, 50] {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = me.get(&format!("{PATIENTS}/duplicates?limit={limit}{cursor}")).await;
            assert_eq!(page.status, StatusCode::OK, "{page:?}");
            for pair in page.json["data"].as_array().unwrap() {
                assert_eq!((&pair["score"], &pair["id"]), (&json!(100), &pair["patient"]["id"]));
                found.push((pair["id"].clone(), pair["duplicate"]["id"].clone()));
            }
            match page.json["nextCursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        found.sort_by_key(|(first, second)| format!("{first}{second}"));
        assert_eq!(found, expected, "by {limit}");
    }
}

#[tokio::test]
async fn a_merged_duplicate_is_found_as_the_patient_and_undoing_it_leaves_all_as_it_was() {
    let world = World::start().await;
    let clinic = world.clinic("merge").await;
    let me = &clinic.admin;
    let kept = enter(me, json!({ "firstName": "Anne", "lastName": "Durand", "phone": "+33 1 42 68 53 00" })).await;
    let double = enter(
        me,
        json!({ "firstName": "Anne", "lastName": "Martin", "phone": "+33 1 42 68 53 00", "birthDate": "1984-02-29" }),
    )
    .await;
    let third = enter(me, json!({ "firstName": "Anne", "lastName": "Petit", "phone": "+33 1 42 68 53 00" })).await;
    let terms = async || {
        let terms = "SELECT patient_id::text || ' ' || term || ' ' || sort_name || entered_at FROM patient_search_terms ORDER BY 1";
        clinic.database().await.query(terms, &[]).await.unwrap().iter().map(|row| row.get(0)).collect::<Vec<String>>()
    };
    let before = terms().await;

    let merged = merge(me, &kept, &double).await;
    assert_eq!((merged.status, &merged.json), (StatusCode::OK, &kept), "the patient is as before");
    assert_eq!(me.get(&path_of(&double)).await.status, StatusCode::NOT_FOUND, "like every archived one");
    assert_eq!(me.get("/api/v1/patients?archived=true").await.json["data"][0]["mergedIntoId"], kept["id"]);
    for query in [
        "q=durand",
        "q=martin",
        "q=29.02.1984",
        "q=martin+durand",
        &format!("q={}", double["patientNumber"].as_str().unwrap()),
    ] {
        assert_eq!(find(me, query).await, ["Durand"], "{query}");
    }
    assert_eq!(names(&me.get(&format!("{}/duplicates", path_of(&kept))).await, "/patient"), ["Petit"]);
    assert_eq!(me.post(&format!("{}/restore", path_of(&double)), &json!({})).await.status, StatusCode::NOT_FOUND);

    // A change of the patient keeps the duplicate's words, and another merge adds to them.
    assert_eq!(me.patch(&path_of(&kept), &json!({ "lastName": "Zola" })).await.status, StatusCode::OK);
    assert_eq!(merge(me, &kept, &third).await.status, StatusCode::OK);
    for query in ["q=martin", "q=petit", "q=zola", "q=anne&sort=-name"] {
        assert_eq!(find(me, query).await, ["Zola"], "{query}");
    }
    assert_eq!(find(me, "q=durand").await, Vec::<String>::new());

    let back = unmerge(me, &third).await;
    assert_eq!((back.status, &back.json["lastName"]), (StatusCode::OK, &json!("Petit")), "{back:?}");
    assert_eq!(
        (find(me, "q=petit").await, find(me, "q=martin").await),
        (vec!["Petit".to_owned()], vec!["Zola".to_owned()])
    );
    let back = unmerge(me, &double).await;
    let (mut now, mut was) = (back.json.clone(), double.clone());
    for one in [&mut now, &mut was] {
        one.as_object_mut().unwrap().retain(|name, _| name != "version" && name != "updatedAt");
    }
    assert_eq!(now, was);
    assert_eq!(me.patch(&path_of(&kept), &json!({ "lastName": "Durand" })).await.status, StatusCode::OK);
    assert_eq!(terms().await, before);
    assert_eq!(unmerge(me, &double).await.status, StatusCode::NOT_FOUND, "once");
}

#[tokio::test]
async fn merges_stay_flat_and_go_from_and_to_the_living_only() {
    let world = World::start().await;
    let clinic = world.clinic("flat").await;
    let me = &clinic.admin;
    let mut patients = Vec::new();
    for name in ["A", "B", "C", "D"] {
        patients.push(clinic.patient(name).await);
    }
    let [a, b, c, d] = &patients[..] else { unreachable!() };
    let refused = merge(me, a, a).await;
    assert_eq!(
        (refused.status, &refused.json["errors"][0]["pointer"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("/duplicateId"))
    );
    assert_eq!(merge(me, b, c).await.status, StatusCode::OK);
    let chain = merge(me, a, b).await;
    assert_eq!((chain.status, chain.code()), (StatusCode::CONFLICT, "merge_chain"));
    assert_eq!(merge(me, c, a).await.status, StatusCode::NOT_FOUND, "into a duplicate");
    let gone = merge(me, a, c).await;
    assert_eq!((gone.status, gone.code()), (StatusCode::CONFLICT, "reference_missing"));
    assert_eq!(merge(me, b, a).await.status, StatusCode::OK, "the other way round: two duplicates of one");
    assert_eq!(me.delete(&path_of(d)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(merge(me, b, d).await.code(), "reference_missing", "archived");

    let erased = clinic.patient("E").await;
    let erase = format!(
        "SET session_replication_role = replica; UPDATE patients SET erased_at = now() WHERE id IN ('{}', '{}')",
        erased["id"].as_str().unwrap(),
        a["id"].as_str().unwrap()
    );
    clinic.database().await.batch_execute(&erase).await.unwrap();
    assert_eq!(merge(me, b, &erased).await.code(), "reference_missing", "erased");
    assert_eq!(merge(me, &erased, b).await.status, StatusCode::NOT_FOUND, "erased");
    assert_eq!(unmerge(me, a).await.status, StatusCode::NOT_FOUND, "erased since");
    assert_eq!(unmerge(me, c).await.status, StatusCode::OK, "the control");
}

#[tokio::test]
async fn of_fifty_merges_at_once_no_chain_comes() {
    let world = World::start().await;
    let clinic = world.clinic("merges").await;
    let me = &clinic.admin;
    let [one, two] = [clinic.patient("One").await, clinic.patient("Two").await];
    let answers =
        join_all((0..50).map(|n| if n % 2 == 0 { merge(me, &one, &two) } else { merge(me, &two, &one) })).await;
    let done = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    assert_eq!(done, 1, "{answers:?}");
    for answer in answers.iter().filter(|answer| answer.status != StatusCode::OK) {
        let told = answer.status == StatusCode::NOT_FOUND || answer.code() == "reference_missing";
        assert!(told, "{answer:?}");
    }

    // Chains: each of six into the next, at once.
    let mut six = Vec::new();
    for n in 0..6 {
        six.push(clinic.patient(&format!("Link{n}")).await);
    }
    join_all((0..6).map(|n| merge(me, &six[(n + 1) % 6], &six[n]))).await;
    let chains =
        "SELECT count(*) FROM patients p JOIN patients q ON q.id = p.merged_into_id WHERE q.merged_into_id IS NOT NULL";
    let merged = "SELECT count(*) FROM patients WHERE merged_into_id IS NOT NULL AND last_name LIKE 'Link%'";
    let database = clinic.database().await;
    let count = async |query: &str| database.query_one(query, &[]).await.unwrap().get::<_, i64>(0);
    assert_eq!(count(chains).await, 0);
    assert!(count(merged).await >= 1, "the control: some were merged");
}

#[tokio::test]
async fn a_merge_is_the_managers_names_both_on_record_and_waits_for_appointments() {
    let world = World::start().await;
    let clinic = world.clinic("may").await;
    for role in Role::ALL {
        let who = clinic.person(role).await;
        let [patient, duplicate] = [clinic.patient("Walk").await, clinic.patient("Walk").await];
        let request = Uuid::now_v7();
        let body = json!({ "duplicateId": duplicate["id"] });
        let path = format!("{}/merge", path_of(&patient));
        let may = matches!(role, Role::Admin | Role::Manager);
        if !may {
            // Nor is told how anything stands.
            for other in [patient["id"].clone(), json!(Uuid::now_v7())] {
                let refused = who.post(&path, &json!({ "duplicateId": other })).await;
                assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "forbidden"), "{role:?} {other}");
            }
            assert_eq!(unmerge(&who, &patient).await.status, StatusCode::FORBIDDEN, "{role:?}");
            let nobody = json!({ "id": Uuid::now_v7() });
            assert_eq!(merge(&who, &nobody, &patient).await.status, StatusCode::FORBIDDEN, "{role:?}");
        }
        let answer =
            who.request(reqwest::Method::POST, &path, &[("x-request-id", &request.to_string())], Some(&body)).await;
        let expected = if may { StatusCode::OK } else { StatusCode::FORBIDDEN };
        assert_eq!(answer.status, expected, "{role:?}: {answer:?}");
        if may {
            assert_eq!(recorded(&clinic, request, &patient, &duplicate).await, ["delete", "read"]);
            // By the same key, the same answer; undone, and undone no more.
            let key = [("idempotency-key", "undo")];
            let path = format!("{}/unmerge", path_of(&duplicate));
            let first = who.request(reqwest::Method::POST, &path, &key, None).await;
            let again = who.request(reqwest::Method::POST, &path, &key, None).await;
            assert_eq!((first.status, &first.json), (StatusCode::OK, &again.json));
        } else {
            assert_eq!(clinic.admin.get(&path_of(&duplicate)).await.status, StatusCode::OK, "nothing was done");
        }
        let list = who.get(&format!("{PATIENTS}/duplicates")).await;
        assert_eq!(list.status, StatusCode::OK, "{role:?} may see them");
    }

    let [patient, duplicate] = [clinic.patient("Late").await, clinic.patient("Early").await];
    let practitioner = clinic.practitioner("Busy").await;
    let book = format!(
        "SET session_replication_role = replica;
         INSERT INTO appointments (patient_id, practitioner_id, starts_at, ends_at, created_by)
         VALUES ('{}', '{practitioner}', now() + interval '1 day', now() + interval '25 hours', gen_random_uuid())",
        duplicate["id"].as_str().unwrap()
    );
    clinic.database().await.batch_execute(&book).await.unwrap();
    let expected = merge(&clinic.admin, &patient, &duplicate).await;
    assert_eq!((expected.status, expected.code()), (StatusCode::CONFLICT, "patient_has_appointments"));
    assert_eq!(
        merge(&clinic.admin, &duplicate, &patient).await.status,
        StatusCode::OK,
        "the control: it may stay itself"
    );
}

/// What a merge left in the audit log; its last row names both.
async fn recorded(clinic: &Clinic<'_>, request: Uuid, patient: &Value, duplicate: &Value) -> Vec<String> {
    let query = "SELECT action, patient_ids::text[] FROM audit_logs WHERE request_id = $1 ORDER BY id";
    let rows = clinic.database().await.query(query, &[&request]).await.unwrap();
    let both: Vec<String> = rows.last().unwrap().get(1);
    assert_eq!(both, [patient, duplicate].map(|one| one["id"].as_str().unwrap().to_owned()));
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn of_very_many_the_likeliest_are_named() {
    let world = World::start().await;
    let clinic = world.clinic("many-alike").await;
    let me = &clinic.admin;
    let sought = json!({ "firstName": "Jo", "lastName": "Meyer", "birthDate": "1984-02-29", "phone": "+33142685300", "email": "jo@example.org" });
    // Entered first: sixty of whom nothing but the name is known.
    for _ in 0..60 {
        enter(me, json!({ "firstName": "Jo", "lastName": "Meyer" })).await;
    }
    let mut best = Vec::new();
    for (fields, score) in [
        (json!({ "lastName": "Zola", "phone": "+33142685300" }), 40),
        (json!({ "lastName": "Zola", "birthDate": "1984-02-29", "phone": "+33142685300" }), 75),
        (json!({ "lastName": "Meyer", "birthDate": "1984-02-29" }), 80),
        (
            json!({ "lastName": "Meyer", "birthDate": "1984-02-29", "phone": "+33142685300", "email": "jo@example.org" }),
            100,
        ),
    ] {
        let mut patient = fields;
        patient["firstName"] = "Jo".into();
        let entered = enter(me, patient).await;
        if score > 45 {
            best.insert(0, (score, entered["id"].clone()));
        }
    }
    let check = me.post(&format!("{PATIENTS}/duplicates/check"), &sought).await;
    let found = check.json["data"].as_array().unwrap();
    let first: Vec<_> = found[..3].iter().map(|one| (one["score"].as_i64().unwrap(), one["id"].clone())).collect();
    assert_eq!((found.len(), first), (50, best));
    assert!(found[3..].iter().all(|one| one["score"].as_i64().unwrap() <= 45), "the others come after them");
}
