//! Problems in the reader's language: the same codes in all, and no two languages in one.

use medicalpro::region::Language;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Answer, Clinic, World};

const PATIENTS: &str = "/api/v1/patients";

/// The six; whichever of them is not written in yet is answered in the clinic's language or English.
const TAGS: [&str; 6] = ["en", "fr", "es", "de", "it", "pt"];

/// A request that fails, and how.
struct Failing {
    status: u16,
    code: &'static str,
    method: Method,
    path: String,
    token: bool,
    headers: Vec<(&'static str, &'static str)>,
    body: Option<Value>,
}

/// One of each class of problem.
async fn failing(clinic: &Clinic<'_>) -> Vec<Failing> {
    let patient = clinic.patient("Durand").await;
    let (path, number) = (format!("{PATIENTS}/{}", patient["id"].as_str().unwrap()), patient["patientNumber"].clone());
    let new = json!({ "firstName": "a", "lastName": "b" });
    let of = |status, code, method, path: &str, body| Failing {
        status,
        code,
        method,
        path: path.to_owned(),
        token: true,
        headers: vec![],
        body,
    };
    let mut taken = new.clone();
    taken["patientNumber"] = number;
    let mut large = new.clone();
    large["notes"] = "x".repeat(1024 * 1024).into();
    let several = json!({
        "firstName": "", "gender": "no", "birthDate": "x", "email": "nobody at all", "phone": "+33 142 68 5", "x": 1,
        "patientNumber": "x".repeat(31), "address": { "postalCode": "1", "country": "ES", "city": 2, "line1": null },
    });
    vec![
        Failing { token: false, ..of(401, "unauthenticated", Method::GET, PATIENTS, None) },
        of(400, "malformed_query", Method::GET, "/api/v1/patients?q=%FF", None),
        of(404, "not_found", Method::GET, &format!("{PATIENTS}/{}", uuid::Uuid::nil()), None),
        of(405, "method_not_allowed", Method::PUT, PATIENTS, None),
        of(409, "patient_number_taken", Method::POST, PATIENTS, Some(taken)),
        Failing {
            headers: vec![("if-match", "\"7\"")],
            ..of(412, "precondition_failed", Method::PATCH, &path, Some(json!({ "notes": "x" })))
        },
        of(413, "body_too_large", Method::POST, PATIENTS, Some(large)),
        of(415, "unsupported_media_type", Method::POST, PATIENTS, None),
        of(422, "invalid", Method::POST, PATIENTS, Some(several)),
    ]
}

async fn send(world: &World, token: &str, one: &Failing, accept: Option<&str>) -> Answer {
    let mut headers = one.headers.clone();
    headers.extend(accept.map(|accept| ("accept-language", accept)));
    let answer = world
        .request(one.method.clone(), &one.path, Some(token).filter(|_| one.token), &headers, one.body.as_ref())
        .await;
    assert_eq!((answer.status.as_u16(), answer.code()), (one.status, one.code), "{}: {answer:?}", one.path);
    answer
}

/// What a problem says to people, in its order.
fn said(answer: &Answer) -> Vec<&str> {
    let fields = answer.json["errors"].as_array().into_iter().flatten().map(|error| &error["detail"]);
    [&answer.json["title"], &answer.json["detail"]]
        .into_iter()
        .chain(fields)
        .map(|text| text.as_str().unwrap())
        .collect()
}

/// What it says to programs.
fn codes(answer: &Answer) -> Value {
    let fields: Vec<_> =
        answer.json["errors"].as_array().into_iter().flatten().map(|e| [&e["pointer"], &e["code"]]).collect();
    json!([answer.json["type"], answer.json["status"], answer.json["code"], fields])
}

/// All of the one, none of the other.
fn assert_told_in(answer: &Answer, tag: &str, english: &Answer) {
    assert_eq!((answer.header("content-language"), answer.header("vary")), (tag, "Accept-Language"), "{answer:?}");
    assert_eq!(codes(answer), codes(english), "{tag}");
    for (text, english) in said(answer).iter().zip(said(english)) {
        assert_eq!(tag == "en", *text == english, "{tag}: {text}");
    }
}

fn written() -> Vec<&'static str> {
    TAGS.into_iter().filter(|tag| Language::lookup(tag).is_some()).collect()
}

#[tokio::test]
async fn each_class_of_problem_is_told_in_each_language_with_the_same_codes() {
    let world = World::start().await;
    let clinic = world.clinic("languages").await;
    for one in failing(&clinic).await {
        let english = send(&world, &clinic.admin.token, &one, Some("en")).await;
        assert_eq!(english.header("content-language"), "en");
        if one.status == 422 {
            assert_eq!(english.json["errors"].as_array().unwrap().len(), 11, "{english:?}");
        }
        for tag in written() {
            let answer = send(&world, &clinic.admin.token, &one, Some(&format!("ja, {tag};q=0.8, en;q=0.1"))).await;
            assert_told_in(&answer, tag, &english);
        }
    }
}

#[tokio::test]
async fn who_may_not_and_who_asks_too_often_is_told_in_each_language_too() {
    let world = World::start_with(&["--logins-per-minute", "1"]).await;
    let mut answers: Vec<Vec<Answer>> = vec![Vec::new(), Vec::new()];
    let login = json!({ "email": "nobody@example.org", "password": "wrong horse battery" });
    let ask = async |tag: &str| {
        let headers = [("accept-language", tag)];
        world.request(Method::POST, "/api/v1/auth/login", None, &headers, Some(&login)).await
    };
    for expected in [StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS] {
        assert_eq!(ask("en").await.status, expected, "the first is let through");
    }
    for tag in written() {
        let answer = ask(tag).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::TOO_MANY_REQUESTS, "rate_limited"));
        answers[0].push(answer);
    }
    let world = World::start().await;
    let clinic = world.clinic("languages-403").await;
    let reader = clinic.person(medicalpro::ids::Role::Readonly).await;
    for tag in written() {
        let body = json!({ "firstName": "a", "lastName": "b" });
        let answer = reader.request(Method::POST, PATIENTS, &[("accept-language", tag)], Some(&body)).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "forbidden"));
        answers[1].push(answer);
    }
    for answers in answers {
        for (tag, answer) in written().into_iter().zip(&answers) {
            assert_told_in(answer, tag, &answers[0]);
        }
    }
}

#[tokio::test]
async fn without_a_wish_a_caller_is_answered_in_the_clinics_language_and_a_stranger_in_english() {
    let world = World::start().await;
    let clinic = world.clinic("clinics-language").await;
    for one in failing(&clinic).await {
        let english = send(&world, &clinic.admin.token, &one, Some("en")).await;
        // Before the caller is known (no token, no such route), nothing is.
        let tag = if matches!(one.status, 400 | 401 | 405) { "en" } else { "fr" };
        for accept in [None, Some("ja"), Some("*"), Some("nonsense;;q=x, fr;q=0")] {
            let answer = send(&world, &clinic.admin.token, &one, accept).await;
            assert_told_in(&answer, tag, &english);
        }
    }
    // A clinic's other language, and a session that is over: its clinic is not told of.
    let mut body = World::registration("spanish");
    (body["country"], body["language"]) = ("FR".into(), "es".into());
    let registered = world.send(Method::POST, "/api/v1/auth/register", Some(&body)).await;
    assert_eq!(registered.status, StatusCode::CREATED, "{registered:?}");
    let email = body["email"].as_str().unwrap();
    let token = world.mailed_token(email).await;
    world.send(Method::POST, "/api/v1/auth/verify-email", Some(&json!({ "token": token }))).await;
    let person = world.log_in(email).await;
    let nowhere = format!("{PATIENTS}/{}", uuid::Uuid::nil());
    assert_eq!(person.get(&nowhere).await.header("content-language"), "es");
    let swiss = person.request(Method::GET, &nowhere, &[("accept-language", "fr-CH, de;q=0.9")], None).await;
    assert_eq!(swiss.header("content-language"), "fr");
    let answer = person.post("/api/v1/auth/logout", &json!({ "refreshToken": person.refresh_token })).await;
    assert!(answer.status.is_success(), "{answer:?}");
    let ended = person.get(&nowhere).await;
    assert_eq!((ended.code(), ended.header("content-language")), ("session_ended", "en"));
}
