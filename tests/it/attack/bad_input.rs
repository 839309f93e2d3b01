//! Bodies that nobody should send: each gets a clear 4xx that does not repeat them, nothing is written; and what looks odd
//! and is valid works.

use medicalpro::ids::Role;
use medicalpro::secrets::random_text;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::operations::{Operation, Valid, Walk, generated, operations, resolve};
use super::wire::{self, Body};
use crate::support::{Answer, Clinic, World};

const JSON: (&str, &str) = ("content-type", "application/json");
const PATIENTS: &str = "/api/v1/patients";
/// Stands in what is sent, and in no answer.
const MARK: &str = "zq7marker";

/// Enters a patient with these bytes as the body.
async fn enter(world: &World, clinic: &Clinic<'_>, body: &[u8]) -> Answer {
    wire::ask(&world.base, &clinic.admin.token, "POST", PATIENTS, &[JSON], Body::Sized(body)).await.answer()
}

#[tokio::test]
async fn texts_that_are_no_text_are_refused_in_every_field_and_not_repeated() {
    let world = World::start().await;
    let (walk, clinic) = (Walk::new(&world).await, world.clinic("bad-text").await);
    let nul: &[(&[u8], u16)] = &[(b"zq7marker\\u0000", 422), (b"\\u0000", 422), (b"zq7marker\0", 400)];
    let not_unicode: &[(&[u8], u16)] = &[
        (b"zq7marker\xff", 400),
        (b"zq7marker\xc0\x80", 400),
        (b"\xed\xa0\x80zq7marker", 400),
        (b"\xf4\x90\x80\x80", 400),
        (b"zq7marker\xc3", 400),
        (b"zq7marker\\ud800", 400),
        (b"\\udc00\\ud800zq7marker", 400),
        (b"zq7marker\\ud800\\u0041", 400),
        (b"zq7marker\\u00", 400),
        (b"zq7marker\\x41", 400),
        (b"zq7marker\n", 400),
        (b"zq7marker\x1f", 400),
    ];
    for operation in walk.operations.iter().filter(|operation| operation.body.is_some()) {
        // Each its own log-in, since some operations end one.
        let person = clinic.person(Role::Admin).await;
        let (ids, valid) =
            (walk.ids(operation, &clinic, &person).await, walk.body(operation, &clinic, &person).await.unwrap());
        let before = clinic.rows().await;
        for (name, _) in texts(operation) {
            for (bytes, status) in nul.iter().chain(not_unicode) {
                let mut body = valid.clone();
                body[&name] = "HERE".into();
                let body = replaced(&body.to_string(), bytes);
                let answer = walk.raw(operation, &ids, &person.token, &[JSON], Body::Sized(&body)).await;
                assert_eq!(answer.status.as_u16(), *status, "{}: {name}: {bytes:?}: {answer:?}", operation.id);
                assert!(!answer.text.contains(MARK), "{answer:?}");
            }
        }
        // In a name of a field, too.
        let body = replaced(r#"{"HERE": 1}"#, b"zq7marker\\u0000");
        let answer = walk.raw(operation, &ids, &person.token, &[JSON], Body::Sized(&body)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
        assert!(!answer.text.contains(MARK), "{answer:?}");
        assert_eq!(clinic.rows().await, before, "{}", operation.id);
    }
    // The same way of sending, and the same marker, in a text that is one.
    let answer = enter(&world, &clinic, br#"{"firstName": "zq7marker", "lastName": "\ud83d\ude00 \u00e9"}"#).await;
    assert_eq!((answer.status, &answer.json["lastName"]), (StatusCode::CREATED, &json!("😀 é")));
}

/// The texts of a body, with their schemas.
fn texts(operation: &Operation) -> Vec<(String, Value)> {
    let properties = operation.body.as_ref().unwrap()["properties"].as_object().unwrap();
    properties
        .iter()
        .filter(|(_, schema)| schema["type"] == "string")
        .map(|(name, s)| (name.clone(), s.clone()))
        .collect()
}

fn replaced(template: &str, bytes: &[u8]) -> Vec<u8> {
    let (before, after) = template.split_once("HERE").unwrap();
    [before.as_bytes(), bytes, after.as_bytes()].concat()
}

#[tokio::test]
async fn json_nested_too_deep_or_with_a_key_twice_is_refused() {
    let world = World::start().await;
    let clinic = world.clinic("bad-json").await;
    let before = clinic.rows().await;
    let nested = |open: &str, close: &str, depth: usize| format!("{}1{}", open.repeat(depth), close.repeat(depth));
    for (body, code) in [
        (nested("[", "]", 10_000), "json_too_deep"),
        (nested(r#"{"a":"#, "}", 10_000), "json_too_deep"),
        (format!(r#"{{"firstName": {}}}"#, nested("[", "]", 10_000)), "json_too_deep"),
        (format!(r#"{{"address": {}}}"#, nested(r#"{"address":"#, "}", 64)), "json_too_deep"),
        ("[".repeat(1_000_000), "json_too_deep"),
        (r#"{"firstName": "zq7marker", "lastName": "b", "firstName": "c"}"#.to_owned(), "duplicate_key"),
        (r#"{"firstName": "a", "lastName": "b", "f\u0069rstName": "zq7marker"}"#.to_owned(), "duplicate_key"),
        (r#"{"firstName": "a", "lastName": "b", "address": {"city": "c", "city": "d"}}"#.to_owned(), "duplicate_key"),
    ] {
        let answer = enter(&world, &clinic, body.as_bytes()).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, code), "{}", &body[..body.len().min(80)]);
        assert!(!answer.text.contains(MARK), "{answer:?}");
    }
    // 64 levels are read, and refused for what they are.
    let answer = enter(&world, &clinic, nested("[", "]", 64).as_bytes()).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::UNPROCESSABLE_ENTITY, "invalid"));
    assert_eq!(clinic.rows().await, before);
    let answer = enter(&world, &clinic, br#"{"firstName": "a", "lastName": "b", "address": {"city": "c"}}"#).await;
    assert_eq!(answer.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_value_of_another_type_or_a_number_out_of_range_is_refused_where_it_stands() {
    let world = World::start().await;
    let clinic = world.clinic("bad-type").await;
    let before = clinic.rows().await;
    for (name, values) in [
        ("firstName", &["1", "true", "null", "[]", "{}", "[\"a\"]", "1.5", "99999999999999999999", "-1"][..]),
        ("address", &["\"zq7marker\"", "1", "null", "[]", "[{}]"]),
        ("gender", &["\"zq7marker\"", "\"Female\"", "\"\"", "0", "null"]),
        ("birthDate", &["0", "20230209", "null", "{}"]),
    ] {
        for value in values {
            let mut body = json!({ "firstName": "a", "lastName": "b" });
            body[name] = "HERE".into();
            let body = body.to_string().replace("\"HERE\"", value);
            let answer = enter(&world, &clinic, body.as_bytes()).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {answer:?}");
            assert_eq!(answer.json["errors"][0]["pointer"], format!("/{name}"), "{body}: {answer:?}");
            assert!(!answer.text.contains(MARK), "{answer:?}");
        }
    }
    for number in ["1e999", "-1e999", "NaN", "Infinity", "0x10", "01", "1.", "+1"] {
        let answer = enter(&world, &clinic, format!(r#"{{"firstName": {number}}}"#).as_bytes()).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "malformed_json"), "{number}");
    }
    // All of them at once, each where it stands.
    let body = json!({ "firstName": 1, "gender": "no", "address": { "city": 2, "x": 3 }, "email": "zq7marker", "birthDate": "x" });
    let answer = clinic.admin.post(PATIENTS, &body).await;
    let mut pointers: Vec<_> =
        answer.json["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/address/city", "/address/x", "/birthDate", "/email", "/firstName", "/gender", "/lastName"]);
    assert!(!answer.text.contains(MARK), "{answer:?}");
    assert_eq!(clinic.rows().await, before);
}

#[tokio::test]
async fn a_text_may_be_as_long_as_the_spec_says_and_no_longer() {
    let world = World::start().await;
    let (walk, clinic) = (Walk::new(&world).await, world.clinic("bad-length").await);
    for operation in walk.operations.iter().filter(|operation| operation.body.is_some()) {
        // Each its own log-in, since some operations end one.
        let person = clinic.person(Role::Admin).await;
        let (ids, valid) =
            (walk.ids(operation, &clinic, &person).await, walk.body(operation, &clinic, &person).await.unwrap());
        let before = clinic.rows().await;
        let mut longest = valid.clone();
        let mut limited = 0;
        for (pointer, schema) in limits(&walk.spec, operation) {
            let max = usize::try_from(schema["maxLength"].as_u64().expect(&pointer)).unwrap();
            limited += 1;
            let mut beyond = valid.clone();
            insert(&mut beyond, &pointer, "é".repeat(max + 1));
            let answer = walk.request(operation, &ids, Some(&person.token), &[], Some(&beyond)).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}{pointer}: {answer:?}", operation.id);
            let error = &answer.json["errors"][0];
            assert_eq!((&error["pointer"], &error["code"]), (&json!(pointer), &json!("too_long")), "{answer:?}");
            // A token of that length is nobody's.
            if pointer != "/holdToken" {
                insert(&mut longest, &pointer, of_length(&pointer, &schema, max));
            }
        }
        assert_eq!(clinic.rows().await, before, "{}", operation.id);
        assert!(
            limited > 0
                || matches!(
                    operation.entry().body,
                    Valid::OtherClinic | Valid::ClinicSecurity | Valid::StaffPatch | Valid::Of(_)
                ),
            "{} has texts",
            operation.id
        );
        let answer = walk.request(operation, &ids, Some(&person.token), &[], Some(&longest)).await;
        // A token or a password may be that long, and is not the right one.
        let secret = operation.tag == "Links"
            || matches!(
                operation.entry().body,
                Valid::Acceptance
                    | Valid::Credentials
                    | Valid::EmailChange
                    | Valid::EmailChangeConfirmation
                    | Valid::InvitationToken
                    | Valid::Password
                    | Valid::PasswordAndCode
                    | Valid::PasswordChange
                    | Valid::PasswordReset
                    | Valid::Refresh
                    | Valid::TotpCode
                    | Valid::Verification
            );
        if secret {
            assert!(
                answer.status.is_client_error() && !answer.text.contains("too_long"),
                "{}: {answer:?}",
                operation.id
            );
        } else {
            assert!(answer.status.is_success(), "{}: {answer:?}", operation.id);
        }
    }
}

/// The texts of a body and of the objects in it, by pointer; not those of which the spec lists the values, or that are dates or ids.
fn limits(spec: &Value, operation: &Operation) -> Vec<(String, Value)> {
    let mut limits = Vec::new();
    for (name, schema) in operation.body.as_ref().unwrap()["properties"].as_object().unwrap() {
        let schema = resolve(spec, schema);
        let inner = schema["properties"].as_object().into_iter().flatten();
        limits.extend(inner.map(|(inner, schema)| (format!("/{name}/{inner}"), schema.clone())));
        limits.push((format!("/{name}"), schema));
    }
    let unlimited = |schema: &Value| {
        schema.get("enum").is_some() || ["date", "date-time", "uuid"].iter().any(|f| schema["format"] == *f)
    };
    limits.retain(|(_, schema)| schema["type"] == "string" && !unlimited(schema));
    limits
}

fn insert(body: &mut Value, pointer: &str, text: String) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    if body.pointer(parent).is_none() {
        body[&parent[1..]] = json!({});
    }
    body.pointer_mut(parent).unwrap()[name] = text.into();
}

/// A valid text of this length, or the longest there is.
fn of_length(pointer: &str, schema: &Value, length: usize) -> String {
    let name = pointer.rsplit('/').next().unwrap();
    match name {
        "email" | "companyEmail" | "newEmail" => {
            // Local parts end at 64, labels of a domain at 63 (RFC 5321, RFC 1035).
            let unique = format!("{:a<64}@", uuid::Uuid::now_v7().simple());
            let labels = format!("{0}.{0}.{0}.", "d".repeat(60));
            let rest = length - unique.len() - labels.len();
            format!("{unique}{labels}{}", "e".repeat(rest))
        }
        "phone" | "companyPhone" => format!("+33{}142685300", " ".repeat(length - 12)),
        "postalCode" => format!("{}75002", " ".repeat(length - 5)),
        "businessNumber" => format!("732829320{}00074", " ".repeat(length - 14)),
        "vatNumber" => format!("FR{}40303265045", " ".repeat(length - 13)),
        // A patient's number is nobody else's.
        "patientNumber" => uuid::Uuid::now_v7().simple().to_string()[..length].chars().rev().collect(),
        // Nor is a practitioner's, or a product's code.
        "code" | "registrationNumber" => format!("{:é<length$}", uuid::Uuid::now_v7().simple()),
        "starts" => "08:00".to_owned(),
        "ends" => "18:00".to_owned(),
        "country" => "FR".to_owned(),
        "quantity" => "999999.999".to_owned(),
        "color" => "#2e7d32".to_owned(),
        "holidaySubdivision" => "FR-75C".to_owned(),
        "language" => "fr-BE".to_owned(),
        "timeZone" => "America/Argentina/ComodRivadavia".to_owned(),
        // One that nobody guesses.
        _ if schema["format"] == "password" => {
            let random: String = (0..length).step_by(43).map(|_| random_text().replace(['-', '_'], "x")).collect();
            random[..length].to_owned()
        }
        _ => "é".repeat(length),
    }
}

#[tokio::test]
async fn a_date_is_a_day_of_the_calendar_on_which_somebody_may_have_been_born() {
    let world = World::start().await;
    let clinic = world.clinic("bad-date").await;
    let born = async |date: &str| {
        let body = json!({ "firstName": "a", "lastName": "b", "birthDate": date });
        let entered = clinic.admin.post(PATIENTS, &body).await;
        let listed =
            world.request(Method::GET, &listing(&[("birthDate", date)]), Some(&clinic.admin.token), &[], None).await;
        (entered, listed)
    };
    let before = clinic.rows().await;
    for date in [
        "",
        "0000-00-00",
        "0000-01-01",
        "2023-02-29",
        "2023-13-01",
        "2023-00-10",
        "1900-02-29",
        "10000-01-01",
        "+10000-01-01",
        "-0001-01-01",
        "-9999-01-01",
        "-262143-01-01",
        "2023-2-9",
        " 2023-02-09",
        "2023-02-09 ",
        "2023-02-09T00:00:00Z",
        "20230209",
        "2023-02-0\u{661}",
        "２０２３-02-09",
        "yesterday",
        "infinity",
        "-infinity",
        "epoch",
        "now",
        "1; DROP TABLE patients",
    ] {
        let (entered, listed) = born(date).await;
        for (answer, pointer) in [(entered, "/birthDate"), (listed, "/query/birthDate")] {
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{date:?}: {answer:?}");
            assert_eq!(answer.json["errors"][0]["pointer"], pointer, "{date:?}: {answer:?}");
        }
    }
    assert_eq!(clinic.rows().await, before);
    // Days that are none of a birth: nobody is found, and nobody is entered.
    for date in ["0001-01-01", "1849-12-31", "2200-01-01", "2200-01-02", "9999-12-31"] {
        let (entered, listed) = born(date).await;
        assert_eq!(entered.json["errors"][0]["pointer"], "/birthDate", "{date}: {entered:?}");
        assert_eq!((listed.status, &listed.json), (StatusCode::OK, &json!({ "data": [] })), "{date}");
    }
    for date in ["1850-01-01", "1984-02-29", "2000-02-29"] {
        let (entered, listed) = born(date).await;
        assert_eq!((entered.status, &entered.json["birthDate"]), (StatusCode::CREATED, &json!(date)));
        assert_eq!(listed.json["data"], json!([entered.json]));
    }
}

/// The list's path with these parameters.
fn listing(parameters: &[(&str, &str)]) -> String {
    let query: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    format!("{PATIENTS}?{query}")
}

#[tokio::test]
async fn names_of_every_script_are_kept_to_the_letter_and_found() {
    let world = World::start().await;
    let clinic = world.clinic("good-name").await;
    let names = [
        ("Ångström-Łukasz", "angstrom"),
        ("O'Brien", "o'brien"),
        ("D’Angelo", "d’ang"),
        ("de la Cruz y Núñez", "nunez"),
        ("李小龍", "李小"),
        ("田中・太郎", "太郎"),
        ("김민준", "김민"),
        ("محمد", "محمد"),
        ("علی\u{200c}رضا", "علی\u{200c}رضا"),
        ("כהן", "כהן"),
        ("नेहा शर्मा", "शर्मा"),
        ("สมชาย", "สมชาย"),
        ("Żółć", "zolc"),
        ("Straße", "STRASSE"),
        ("😀🏥", "😀"),
        ("👩\u{200d}⚕\u{fe0f} Doe", "👩\u{200d}⚕\u{fe0f}"),
        ("Robert'); DROP TABLE patients;--", "robert'); drop"),
        ("100%_sure", "100%"),
        ("back\\slash", "back\\"),
        ("$1 OR 1=1", "$1 or"),
        ("<script>alert(1)</script>", "<script>"),
        ("{{7*7}}", "{{7*7}}"),
        ("NULL", "null"),
        (&"\u{fdfa}".repeat(20), "\u{fdfa}"),
    ];
    for (name, q) in names {
        let entered = clinic.admin.post(PATIENTS, &json!({ "firstName": "Unique", "lastName": name })).await;
        assert_eq!(entered.status, StatusCode::CREATED, "{name}: {entered:?}");
        assert_eq!(entered.json["lastName"], name);
        let found = clinic.admin.get(&listing(&[("q", q)])).await;
        assert_eq!(found.json["data"], json!([entered.json]), "{q} finds {name} and nobody else");
    }
    // What is a sign in SQL or in a pattern finds nobody, rather than everybody.
    for q in ["%", "_", "%%%", "\\", "'", ";", "--", "*", ".", "(", "\"", "?", "_ngstrom", "%ngstr%"] {
        let found = clinic.admin.get(&listing(&[("q", q)])).await;
        assert_eq!((found.status, &found.json), (StatusCode::OK, &json!({ "data": [] })), "{q}");
    }
    let all = clinic.admin.get(&format!("{PATIENTS}?limit=200")).await;
    assert_eq!(all.json["data"].as_array().unwrap().len(), names.len());
}

#[tokio::test]
async fn names_that_hide_reorder_or_show_nothing_are_refused() {
    let world = World::start().await;
    let clinic = world.clinic("bad-name").await;
    let before = clinic.rows().await;
    for name in [
        "",
        " ",
        "\t",
        "\u{a0}",
        "\u{3000}",
        "\u{200b}",
        "\u{200d}",
        "\u{ad}",
        "\u{301}",
        "\u{3164}",
        "\u{2800}",
        "\u{115f}",
        "\u{fe0f}",
        "zq7marker\u{202e}",
        "\u{2066}zq7marker\u{2069}",
        "\u{200f}zq7marker",
        "zq7marker\u{61c}",
        "zq7\u{200b}marker",
        "zq7\u{feff}marker",
        "zq7marker\u{e0041}",
        "zq7\nmarker",
        "zq7\rmarker",
        "zq7\tmarker",
        "zq7\u{7f}marker",
        "zq7\u{85}marker",
        "zq7\u{2028}marker",
        "zq7\u{1b}[31mmarker",
        "zq7marker\u{ffff}",
        "zq7marker\u{fffb}",
    ] {
        let answer = clinic.admin.post(PATIENTS, &json!({ "firstName": "a", "lastName": name })).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name:?}: {answer:?}");
        assert_eq!(answer.json["errors"][0]["pointer"], "/lastName", "{name:?}");
        assert!(!answer.text.contains("marker"), "{answer:?}");
    }
    assert_eq!(clinic.rows().await, before);
    let spaced = clinic.admin.post(PATIENTS, &json!({ "firstName": "\u{3000}a ", "lastName": " e\u{301}  b " })).await;
    assert_eq!(
        (&spaced.json["firstName"], &spaced.json["lastName"]),
        (&json!("a"), &json!("é  b")),
        "trimmed and composed"
    );
}

#[test]
fn every_text_of_a_request_has_a_limit() {
    let spec = generated();
    for operation in operations(&spec).iter().filter(|operation| operation.body.is_some()) {
        for (pointer, schema) in limits(&spec, operation) {
            assert!(schema["maxLength"].as_u64().is_some_and(|max| max <= 10_000), "{}{pointer}", operation.id);
        }
    }
}
