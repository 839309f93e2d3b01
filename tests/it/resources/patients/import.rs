//! Patients from a file: all of its lines, or none.

use medicalpro::ids::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{PATIENTS, pointers};
use crate::support::{Answer, Clinic, Person, World};

const IMPORT: &str = "/api/v1/patients/import";
/// The clinic's language is French.
const ENGLISH: [(&str, &str); 1] = [("accept-language", "en")];
const DRY: &str = "/api/v1/patients/import?dryRun=true";

async fn count(clinic: &Clinic<'_>, what: &str) -> i64 {
    clinic.database().await.query_one(&format!("SELECT count(*) FROM {what}"), &[]).await.unwrap().get(0)
}

async fn found(who: &Person<'_>, query: &str) -> Vec<Value> {
    let page = who.get(&format!("{PATIENTS}?{query}")).await;
    page.json["data"].as_array().unwrap_or_else(|| panic!("{page:?}")).clone()
}

/// What an answer says of each invalid field: pointer and code.
fn errors(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    answer.json["errors"].as_array().unwrap().iter().map(|one| (text(&one["pointer"]), text(&one["code"]))).collect()
}

#[tokio::test]
async fn a_file_is_entered_with_all_that_a_patient_has() {
    let world = World::start().await;
    let clinic = world.clinic("import").await;
    let me = &clinic.admin;
    let file = "\u{feff}patientNumber;firstName;lastName;birthDate;gender;email;phone;addressLine1;postalCode;city;country;language;notes\r\n\
                A-1;Zoé;Durand;1984-02-29;female;zoe@example.org;+33 1 42 68 53 00;\"12; rue de la Paix\";75002;Paris;FR;fr;\"Two\nlines\"\r\n\
                ;Jürgen;Groß;;;;'+49 30 901820;;10115;Berlin;DE;;\r\n";
    let answer = me.post_csv(IMPORT, &[], file).await;
    assert_eq!((answer.status, &answer.json), (StatusCode::OK, &json!({ "lines": 2, "created": 2 })), "{answer:?}");

    let zoe = &found(me, "q=durand%20zoe").await[0];
    for (field, value) in [
        ("patientNumber", json!("A-1")),
        ("birthDate", json!("1984-02-29")),
        ("gender", json!("female")),
        ("email", json!("zoe@example.org")),
        ("language", json!("fr")),
        ("notes", json!("Two\nlines")),
        ("address", json!({ "line1": "12; rue de la Paix", "postalCode": "75002", "city": "Paris", "country": "FR" })),
    ] {
        assert_eq!(zoe[field], value, "{field}");
    }
    // By the rules of the country that the line names, and with a number of the clinic's own.
    let juergen = &found(me, "q=gross").await[0];
    assert_eq!(juergen["address"], json!({ "postalCode": "10115", "city": "Berlin", "country": "DE" }));
    assert!(
        juergen["patientNumber"].as_str().unwrap().starts_with("PAT-") && juergen["gender"] == "unknown",
        "{juergen}"
    );
    // The same as by hand, each with its row in the audit log.
    let by_hand =
        json!({ "firstName": "By", "lastName": "Hand", "phone": "+49 30 901820", "address": { "country": "DE" } });
    assert_eq!(me.post(PATIENTS, &by_hand).await.json["phone"], juergen["phone"]);
    assert_eq!(count(&clinic, "audit_logs WHERE action = 'create' AND resource = 'patients'").await, 3);
}

#[tokio::test]
async fn all_that_is_wrong_is_told_of_all_lines_and_nothing_is_entered() {
    let world = World::start().await;
    let clinic = world.clinic("import-bad").await;
    let me = &clinic.admin;
    clinic.patient("Before").await;
    let file = "firstName,lastName,birthDate,gender,email,phone,postalCode,country\n\
                Good,Line,1984-02-29,male,good@example.org,+33142685300,75002,FR\n\
                ,Nameless,1984-02-30,man,nobody,12,7500,FR\n\
                \n\
                Short,Line\n\
                Early,Bird,1849-12-31,,,,,\n\
                Late,Bird,2200-01-02,,,,,\n\
                \"Of\n two lines\",Bird,,,,,,\n\
                Other,Country,,,,,SW1A 1AA,GB\n\
                Last,Country,,,,,75002,GB\n";
    let expected = [
        ("/lines/3/firstName", "required"),
        ("/lines/3/birthDate", "format"),
        ("/lines/3/email", "format"),
        ("/lines/3/gender", "not_allowed"),
        ("/lines/3/phone", "too_short"),
        ("/lines/3/postalCode", "postal_code_invalid"),
        ("/lines/5", "cells"),
        ("/lines/6/birthDate", "range"),
        ("/lines/7/birthDate", "range"),
        ("/lines/8/firstName", "format"),
        ("/lines/11/postalCode", "postal_code_invalid"),
    ];
    for path in [DRY, IMPORT] {
        let mut told = errors(&me.post_csv(path, &[], file).await);
        told.sort_by_key(|(pointer, _)| {
            let line = pointer.split('/').nth(2).unwrap().parse::<u32>().unwrap();
            (line, expected.iter().position(|(known, _)| known == pointer))
        });
        let told: Vec<_> = told.iter().map(|(pointer, code)| (pointer.as_str(), code.as_str())).collect();
        assert_eq!(told, expected, "{path}");
    }
    assert_eq!(count(&clinic, "patients").await, 1);
    // The control: the good line alone.
    let good = file.lines().take(2).collect::<Vec<_>>().join("\n");
    assert_eq!(me.post_csv(IMPORT, &[], good).await.json["created"], 1);

    // More than an answer holds: how much more there is.
    let many = format!("firstName,lastName\n{}", ",\n".repeat(300));
    let told = me.post_csv(DRY, &[("accept-language", "fr")], many).await;
    assert_eq!(pointers(&told).len(), 501, "two fields of 300 lines");
    assert_eq!(told.json["errors"][500]["detail"], "Non listés\u{a0}: 100 autres champs.");
}

#[tokio::test]
async fn who_is_there_twice_is_told_within_the_file_and_against_what_is_stored() {
    let world = World::start().await;
    let clinic = world.clinic("import-twice").await;
    let me = &clinic.admin;
    let known = me.post(PATIENTS, &json!({ "patientNumber": "K-1", "firstName": "K", "lastName": "One" })).await;
    assert_eq!(known.status, StatusCode::CREATED);
    let file = "patientNumber,firstName,lastName,birthDate\nN-1,Zoé,Durand,1984-02-29\nN-1,Anna,Martin,\n,ZOE,DURAND,1984-02-29\n";
    for path in [DRY, IMPORT] {
        let told = me.post_csv(path, &ENGLISH, file).await;
        assert_eq!(pointers(&told), ["/lines/3/patientNumber", "/lines/4/birthDate"], "{path}");
        assert_eq!(told.json["errors"][0]["detail"], "says the same as line 2");
    }
    let file = "patientNumber,firstName,lastName\nN-1,Anna,Martin\nK-1,Anna,Martin\n";
    for path in [DRY, IMPORT] {
        let told = errors(&me.post_csv(path, &[], file).await);
        assert_eq!(told, [("/lines/3/patientNumber".to_owned(), "patient_number_taken".to_owned())], "{path}");
    }
    assert_eq!(count(&clinic, "patients").await, 1);
    assert_eq!(
        count(&clinic, "audit_logs WHERE action = 'search' AND ids = patient_ids AND cardinality(ids) = 1").await,
        1
    );
    // Taken numbers are told beside lines that could not be read, and all that is wrong with those.
    let mixed = "patientNumber,firstName,lastName,birthDate\nN-1,,Martin,2150-01-01\nK-1,Anna,Martin,\nN-2,,Martin,\n";
    for path in [DRY, IMPORT] {
        let told = me.post_csv(path, &[], mixed).await;
        let expected = ["/lines/2/firstName", "/lines/2/birthDate", "/lines/3/patientNumber", "/lines/4/firstName"];
        assert_eq!(pointers(&told), expected, "{path}");
    }
    // The control: another number.
    assert_eq!(me.post_csv(IMPORT, &[], file.replace("K-1", "K-2")).await.json["created"], 2);
}

#[tokio::test]
async fn a_dry_run_enters_nothing_and_a_key_enters_once() {
    let world = World::start().await;
    let clinic = world.clinic("import-once").await;
    let me = &clinic.admin;
    let file = "firstName,lastName\nZoé,Durand\nAnna,Martin\n";
    let dry = me.post_csv(DRY, &[], file).await;
    assert_eq!((dry.status, &dry.json), (StatusCode::OK, &json!({ "lines": 2, "created": 0 })));
    assert_eq!(count(&clinic, "patients").await, 0);

    let key = [("idempotency-key", "file 1")];
    let (first, again) = tokio::join!(me.post_csv(IMPORT, &key, file), me.post_csv(IMPORT, &key, file));
    assert_eq!((first.status, &first.json), (StatusCode::OK, &json!({ "lines": 2, "created": 2 })));
    assert_eq!((again.status, &again.text), (StatusCode::OK, &first.text));
    let other = me.post_csv(IMPORT, &key, "firstName,lastName\nZoé,Durand\n").await;
    assert_eq!((other.status, other.code()), (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused"));
    assert_eq!(count(&clinic, "patients").await, 2);
    // The control: without the key it is another attempt.
    assert_eq!(me.post_csv(IMPORT, &[], file).await.json["created"], 2);
    assert_eq!(count(&clinic, "patients").await, 4);
}

#[tokio::test]
async fn what_is_no_such_file_is_refused_in_words() {
    let world = World::start().await;
    let clinic = world.clinic("import-files").await;
    let me = &clinic.admin;
    for (file, detail) in [
        (&b"firstName,lastName\nZo\xe9,Durand\n"[..], "The file is not in UTF-8."),
        (b"\xff\xfef\0i\0", "The file is not in UTF-8."),
        (b"", "The file has no header."),
    ] {
        let refused = me.post_csv(IMPORT, &ENGLISH, file).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::BAD_REQUEST, "malformed_csv"), "{file:?}");
        assert_eq!(refused.json["detail"], detail);
    }
    for (header, expected) in [
        ("firstName,lastName,zq7marker", &[("/header/3", "unknown_column")][..]),
        ("firstName,lastName,firstName", &[("/header/3", "duplicate_column")]),
        ("id,firstName", &[("/header/1", "unknown_column"), ("/header/lastName", "required")]),
    ] {
        let refused = me.post_csv(IMPORT, &[], format!("{header}\na,b,c\n")).await;
        let expected: Vec<_> =
            expected.iter().map(|(pointer, code)| ((*pointer).to_owned(), (*code).to_owned())).collect();
        assert_eq!(errors(&refused), expected, "{header}");
        assert!(!refused.text.contains("zq7marker"), "{refused:?}");
    }
    let too_many = format!("firstName,lastName\n{}", "a,b\n".repeat(5001));
    assert_eq!(errors(&me.post_csv(IMPORT, &[], too_many).await), [("/lines".to_owned(), "too_many".to_owned())]);
    for media in ["application/json", "text/plain", "application/vnd.ms-excel", ""] {
        let body = json!("firstName,lastName");
        let headers = [("content-type", media), ENGLISH[0]];
        let refused = me.request(Method::POST, IMPORT, &headers, Some(&body)).await;
        assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{media}");
        assert_eq!(refused.json["detail"], "The body must be text/csv.");
    }
    assert_eq!(count(&clinic, "patients").await, 0);
    // Its path is no patient's.
    assert_eq!(me.get(IMPORT).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn the_largest_file_is_entered_and_only_by_those_who_answer_for_the_clinic() {
    let world = World::start().await;
    let clinic = world.clinic("import-large").await;
    let lines = (1..=5000).map(|n| format!("First{n},Last{n},+331426{n:05}\n")).collect::<Vec<_>>().concat();
    let file = format!("firstName,lastName,phone\n{lines}");
    for role in [Role::Practitioner, Role::Nurse, Role::Secretary, Role::Readonly] {
        let refused = clinic.person(role).await.post_csv(IMPORT, &[], file.as_str()).await;
        assert_eq!((refused.status, refused.code()), (StatusCode::FORBIDDEN, "forbidden"), "{role:?}");
    }
    assert_eq!(count(&clinic, "audit_logs WHERE action = 'denied' AND resource LIKE '%import'").await, 4);
    assert_eq!(count(&clinic, "patients").await, 0);
    let manager = clinic.person(Role::Manager).await;
    assert_eq!(manager.post_csv(IMPORT, &[], file).await.json["created"], 5000);
    assert_eq!(found(&manager, "q=last4321").await.len(), 1);
}
