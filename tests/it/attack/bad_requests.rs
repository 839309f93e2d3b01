//! Requests whose query, path, headers or framing nobody should send: a clear 4xx, nothing written, no word of it repeated.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::operations::nowhere;
use super::wire::{self, Body};
use crate::support::{Answer, Clinic, World};

const PATIENTS: &str = "/api/v1/patients";
const NEW: &str = r#"{"firstName": "Odd", "lastName": "Request"}"#;
const JSON: (&str, &str) = ("content-type", "application/json");

/// GET as the clinic's administrator, the path sent as it is.
async fn get(world: &World, clinic: &Clinic<'_>, path: &str) -> Answer {
    wire::ask(&world.base, &clinic.admin.token, "GET", path, &[], Body::None).await.answer()
}

/// Enters a patient with these headers.
async fn enter(world: &World, clinic: &Clinic<'_>, headers: &[(&str, &str)]) -> Answer {
    let mut all = vec![JSON];
    all.extend_from_slice(headers);
    wire::ask(&world.base, &clinic.admin.token, "POST", PATIENTS, &all, Body::Sized(NEW.as_bytes())).await.answer()
}

#[tokio::test]
async fn a_parameter_that_is_not_valid_is_named_and_not_repeated() {
    let world = World::start().await;
    let clinic = world.clinic("odd-query").await;
    clinic.patient("Present").await;
    let long = "zq7marker".repeat(12);
    let huge = "a".repeat(50_000);
    let before = clinic.rows().await;
    for (name, values) in [
        (
            "limit",
            &["0", "201", "-1", "1e999", "1.5", "99999999999999999999", "zq7marker", "", "+1", "0x10", "١", "null"][..],
        ),
        ("q", &["", "+", "%00", "zq7marker%00", "%0A", "zq7marker%E2%80%AE", "a+b+c+d+e+f+zq7marker", &long, &huge]),
        ("birthDate", &["zq7marker", "2023-02-30", ""]),
        ("archived", &["TRUE", "1", "yes", "zq7marker", ""]),
        ("sort", &["zq7marker", "NAME", "--name", "name,createdAt", "last_name;DROP+TABLE+patients", ""]),
        ("cursor", &["", "%00", &huge]),
    ] {
        for value in values {
            let answer = get(&world, &clinic, &format!("{PATIENTS}?{name}={value}")).await;
            assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}={value}: {answer:?}");
            assert_eq!(answer.json["errors"][0]["pointer"], format!("/query/{name}"), "{name}={value}: {answer:?}");
            assert!(!answer.text.contains("zq7marker"), "{answer:?}");
        }
    }
    // What is not UTF-8 cannot be searched for; with it left out, everybody would be listed.
    for query in ["q=%FF", "q=Pres%C3", "q=%ED%A0%80", "q=%C0%AF", "%FF=1", "q=zq7marker%F4%90%80%80", "limit=%FF"] {
        let answer = get(&world, &clinic, &format!("{PATIENTS}?{query}")).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "malformed_query"), "{query}");
        assert!(!answer.text.contains("zq7marker"), "{answer:?}");
    }
    assert_eq!(clinic.rows().await, before);
    for query in ["limit=1", "limit=200", "q=present", "q=Pr%C3%A9sent", "archived=false", "sort=-createdAt", ""] {
        let answer = get(&world, &clinic, &format!("{PATIENTS}?{query}")).await;
        assert_eq!((answer.status, answer.json["data"].as_array().map(Vec::len)), (StatusCode::OK, Some(1)), "{query}");
    }
}

#[tokio::test]
async fn a_cursor_works_in_the_list_it_was_given_out_for_and_nowhere_else() {
    let world = World::start().await;
    let (ours, theirs) = (world.clinic("odd-cursor").await, world.clinic("odd-cursor-theirs").await);
    for name in ["Anna", "Annelie", "Anton"] {
        ours.patient(name).await;
        theirs.patient(name).await;
    }
    let page =
        async |clinic: &Clinic<'_>, query: &str| get(&world, clinic, &format!("{PATIENTS}?limit=1{query}")).await;
    let cursor = async |clinic: &Clinic<'_>, query: &str| {
        page(clinic, query).await.json["nextCursor"].as_str().unwrap().to_owned()
    };
    let genuine = cursor(&ours, "").await;
    assert!(!genuine.to_lowercase().contains("anna"), "it does not tell whose name it holds");
    let [version, key, sealed] = genuine.split('.').collect::<Vec<_>>().try_into().unwrap();
    let mut edited: Vec<(String, String)> = (0..sealed.len())
        .step_by(7)
        .map(|at| {
            let letter = if sealed.as_bytes()[at] == b'A' { "B" } else { "A" };
            (format!("edited at {at}"), format!("{version}.{key}.{}{letter}{}", &sealed[..at], &sealed[at + 1..]))
        })
        .collect();
    for (what, cursor) in [
        ("cut", genuine[..genuine.len() - 1].to_owned()),
        ("half", genuine[..genuine.len() / 2].to_owned()),
        ("longer", format!("{genuine}AAAA")),
        ("another version", genuine.replacen("v1", "v2", 1)),
        ("another key", genuine.replacen(key, "other", 1)),
        ("no seal", format!("{version}.{key}.")),
        ("garbage", "garbage".to_owned()),
        ("a plain one", "WyJhbm5hIiwiMCJd".to_owned()),
        ("another clinic's", cursor(&theirs, "").await),
        ("of another filter", cursor(&ours, "&q=an").await),
        ("of another order", cursor(&ours, "&sort=-name").await),
    ] {
        edited.push((what.to_owned(), cursor));
    }
    for (what, cursor) in edited {
        let answer = page(&ours, &format!("&cursor={cursor}")).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::BAD_REQUEST, "invalid_cursor"), "{what}: {answer:?}");
        assert!(!answer.text.contains(&cursor), "{what}");
    }
    // Used with another filter, another order, for the archive, or by another clinic.
    for query in ["&q=an", "&sort=-name", "&sort=createdAt", "&archived=true", "&birthDate=2000-01-01"] {
        assert_eq!(page(&ours, &format!("{query}&cursor={genuine}")).await.code(), "invalid_cursor", "{query}");
    }
    assert_eq!(page(&theirs, &format!("&cursor={genuine}")).await.code(), "invalid_cursor");
    let next = page(&ours, &format!("&cursor={genuine}")).await;
    assert_eq!(next.json["data"][0]["lastName"], "Annelie", "{next:?}");
    let larger = page(&ours, &format!("0&cursor={genuine}")).await;
    assert_eq!(larger.json["data"].as_array().map(Vec::len), Some(2), "the size of a page may change: {larger:?}");
}

#[tokio::test]
async fn a_path_is_what_it_says_to_the_letter() {
    let world = World::start().await;
    let clinic = world.clinic("odd-path").await;
    let id = clinic.patient("Path").await["id"].as_str().unwrap().to_owned();
    for path in [
        "//api/v1/patients",
        "/api//v1/patients",
        "/api/v1//patients",
        "/api/v1/patients/",
        "/API/v1/patients",
        "/api/V1/patients",
        "/api/v1/Patients",
        "/api/v1%2Fpatients",
        "/api/v1/patients%2F",
        "/api/v1/x/../patients",
        "/api/v1/x/%2e%2e/patients",
        "/api/v1/./patients",
        "/api/v1/patients;x=1",
        "/api/v1/patients.json",
        "/api/v1/patient%73%00",
        "/api/v1\\patients",
        "/",
        "/api",
        "/api/v1",
        "/api/v2/patients",
        "/../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/dev/mail",
        "/metrics",
        "/.git/config",
        "*",
    ] {
        let answer = get(&world, &clinic, path).await;
        assert_eq!((answer.status, answer.code()), (StatusCode::NOT_FOUND, "not_found"), "{path}: {answer:?}");
    }
    for (part, status) in [
        ("zq7marker", 422),
        ("%00", 422),
        ("..", 422),
        ("%2e%2e", 422),
        ("1", 422),
        ("null", 422),
        ("-1", 422),
        ("%FF", 400),
        ("*", 422),
        ("00000000-0000-0000-0000-00000000000g", 422),
        ("00000000-0000-0000-0000-000000000000", 404),
        ("' OR 1=1--", 400),
        ("'%20OR%201=1--", 422),
    ] {
        let reply =
            wire::ask(&world.base, &clinic.admin.token, "GET", &format!("{PATIENTS}/{part}"), &[], Body::None).await;
        assert_eq!(reply.statuses(), [status], "{part}: {reply:?}");
        let text = String::from_utf8_lossy(&reply.0).into_owned();
        assert!(!text.contains("zq7marker"), "{text}");
        if status == 422 {
            assert_eq!(reply.answer().json["errors"][0]["pointer"], "/path/id", "{part}");
        }
    }
    let encoded = format!("%{:x}{}", id.as_bytes()[0], &id[1..]);
    for id in [&id, &id.to_uppercase(), &encoded] {
        assert_eq!(get(&world, &clinic, &format!("{PATIENTS}/{id}")).await.status, StatusCode::OK, "{id}");
    }
}

#[tokio::test]
async fn another_method_is_405_with_those_that_are_allowed() {
    let world = World::start().await;
    let clinic = world.clinic("odd-method").await;
    let patient = clinic.patient("Method").await;
    let one = format!("{PATIENTS}/{}", patient["id"].as_str().unwrap());
    let restore = format!("{one}/restore");
    let before = clinic.rows().await;
    let cases = [
        (PATIENTS, "GET, HEAD, POST", &["PUT", "PATCH", "DELETE"][..]),
        (&one, "GET, HEAD, PATCH, DELETE", &["PUT", "POST"]),
        (&restore, "POST", &["GET", "HEAD", "PUT", "PATCH", "DELETE"]),
        ("/health/live", "GET, HEAD", &["POST", "PUT", "PATCH", "DELETE"]),
        ("/docs", "GET, HEAD", &["POST", "DELETE"]),
        ("/openapi.json", "GET, HEAD", &["POST", "DELETE"]),
        ("/verify-email", "GET, HEAD", &["POST"]),
    ];
    for (path, allow, methods) in cases {
        for method in methods.iter().chain(&["OPTIONS", "TRACE", "CONNECT", "PROPFIND", "get", "GETX"]) {
            let reply = wire::ask(&world.base, &clinic.admin.token, method, path, &[], Body::None).await;
            let text = String::from_utf8_lossy(&reply.0).to_lowercase();
            assert_eq!(reply.statuses(), [405], "{method} {path}: {text}");
            assert!(text.contains(&format!("\r\nallow: {}\r\n", allow.to_lowercase())), "{method} {path}: {text}");
            assert_eq!(text.contains("method_not_allowed"), *method != "HEAD", "{method} {path}: {text}");
            assert!(!text.contains("access-control-allow"), "{text}");
        }
    }
    // A header does not make a method: neither is a patient archived by a GET, nor one entered.
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        for method in ["DELETE", "PATCH", "POST"] {
            let headers = [(name, method), JSON];
            let read = wire::ask(&world.base, &clinic.admin.token, "GET", &one, &headers, Body::Sized(NEW.as_bytes()))
                .await
                .answer();
            assert_eq!((read.status, &read.json), (StatusCode::OK, &patient), "{name}: {method}");
        }
    }
    let answer = get(&world, &clinic, &format!("{PATIENTS}?_method=DELETE")).await;
    assert_eq!((answer.status, &answer.json["data"]), (StatusCode::OK, &json!([patient])));
    let mut after = clinic.rows().await;
    after.insert("audit_logs".to_owned(), before["audit_logs"]);
    assert_eq!(after, before);
    // HEAD is GET without a body.
    let head = wire::ask(&world.base, &clinic.admin.token, "HEAD", &one, &[], Body::None).await.answer();
    assert_eq!((head.status, head.header("etag"), head.text.as_str()), (StatusCode::OK, "\"1\"", ""));
    assert_ne!(head.header("content-length"), "0", "it is GET's, or is not told");
}

#[tokio::test]
async fn an_idempotency_key_is_one_line_of_ascii_and_names_one_request() {
    let world = World::start().await;
    let clinic = world.clinic("odd-key").await;
    let before = clinic.rows().await;
    let (longest, beyond) = ("k".repeat(255), "k".repeat(256));
    for key in ["", " ", "a\tb", "zq7marker\u{e9}", "clé", &beyond] {
        let answer = enter(&world, &clinic, &[("idempotency-key", key)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{key:?}: {answer:?}");
        assert_eq!(answer.json["errors"][0]["pointer"], "/header/Idempotency-Key", "{key:?}: {answer:?}");
        assert!(!answer.text.contains("zq7marker"), "{answer:?}");
    }
    for bytes in [&b"\xff"[..], b"\xc3\xa9", b"a\xffb"] {
        let headers = [b"idempotency-key: ", bytes, b"\r\ncontent-type: application/json\r\n"].concat();
        assert_eq!(raw(&world, &clinic, "POST", PATIENTS, &headers, NEW).await.statuses(), [422], "{bytes:?}");
    }
    assert_eq!(clinic.rows().await, before);

    for key in [&longest, "'; DROP TABLE idempotency_keys;--", "%", "a b"] {
        let first = enter(&world, &clinic, &[("idempotency-key", key)]).await;
        let second = enter(&world, &clinic, &[("idempotency-key", key)]).await;
        assert_eq!(first.status, StatusCode::CREATED, "{key}: {first:?}");
        assert_eq!((second.status, &second.json), (first.status, &first.json), "{key}");
        assert_eq!(
            (second.header("location"), second.header("etag")),
            (first.header("location"), first.header("etag"))
        );
        let headers = [("idempotency-key", key)];
        let other = json!({ "firstName": "Another", "lastName": "Body" });
        let reused = clinic.admin.request(Method::POST, PATIENTS, &headers, Some(&other)).await;
        assert_eq!(
            (reused.status, reused.code()),
            (StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused"),
            "{key}"
        );
    }
    assert_eq!(clinic.rows().await["patients"], before["patients"] + 4);
}

#[tokio::test]
async fn a_precondition_that_cannot_be_read_stops_the_change() {
    let world = World::start().await;
    let clinic = world.clinic("odd-tag").await;
    let path = format!("{PATIENTS}/{}", clinic.patient("Tag").await["id"].as_str().unwrap());
    let change = r#"{"notes": "overwritten"}"#;
    let before = clinic.rows().await;
    for (tags, status) in [
        ("", 422),
        ("1", 422),
        ("garbage", 422),
        ("\"1", 422),
        ("\"1\", 2", 422),
        ("\"1\",", 422),
        ("*, \"1\"", 422),
        ("\"a b\"", 422),
        ("\"\u{e9}\"", 422),
        ("\"2\"", 412),
        ("W/\"1\"", 412),
        ("\"01\"", 412),
        ("\"-1\"", 412),
        ("\"\"", 412),
        ("\"99999999999999999999\"", 412),
    ] {
        for (method, body) in [("PATCH", change), ("DELETE", "")] {
            let headers = format!("content-type: application/json\r\nif-match: {tags}\r\n");
            let reply = raw(&world, &clinic, method, &path, headers.as_bytes(), body).await;
            assert_eq!(reply.statuses(), [status], "{method} {tags}: {reply:?}");
        }
    }
    for method in ["PATCH", "DELETE"] {
        let headers = b"content-type: application/json\r\nif-match: \xff\r\n";
        assert_eq!(raw(&world, &clinic, method, &path, headers, change).await.statuses(), [422], "{method}");
    }
    assert_eq!(clinic.rows().await, before);
    for tags in ["\"7\", \"1\"", "*", "\"3\""] {
        let answer =
            clinic.admin.request(Method::PATCH, &path, &[("if-match", tags)], Some(&json!({ "notes": tags }))).await;
        assert_eq!(answer.status, StatusCode::OK, "{tags}: {answer:?}");
    }
}

#[tokio::test]
async fn a_requests_id_is_taken_if_it_is_one_and_a_clinics_id_in_a_header_is_not() {
    let world = World::start().await;
    let (ours, theirs) = (world.clinic("odd-id").await, world.clinic("odd-id-theirs").await);
    theirs.patient("Theirs").await;
    let ask = async |name: &str, value: &str| {
        wire::ask(&world.base, &ours.admin.token, "GET", PATIENTS, &[(name, value)], Body::None).await.answer()
    };
    let given = nowhere();
    assert_eq!(ask("x-request-id", &given).await.header("x-request-id"), given);
    for value in ["", "zq7marker", "é", "1", &"a".repeat(10_000), "' OR 1=1", "<script>", "${jndi:ldap://x}"] {
        let answer = ask("x-request-id", value).await;
        let own: uuid::Uuid = answer.header("x-request-id").parse().unwrap();
        assert_eq!((answer.status, own.get_version_num()), (StatusCode::OK, 7), "{value}");
    }
    let theirs = theirs.id.to_string();
    for name in [
        "x-company-id",
        "company-id",
        "companyid",
        "x-tenant-id",
        "x-clinic-id",
        "x-forwarded-host",
        "cookie",
        "x-role",
    ] {
        let answer = ask(name, &theirs).await;
        assert_eq!((answer.status, &answer.json), (StatusCode::OK, &json!({ "data": [] })), "{name}");
    }
    let query = get(&world, &ours, &format!("{PATIENTS}?companyId={theirs}&company_id={theirs}&role=admin")).await;
    assert_eq!(query.json, json!({ "data": [] }), "{query:?}");
}

/// A request of bytes; its headers end each with a line's end.
async fn raw(world: &World, clinic: &Clinic<'_>, method: &str, path: &str, headers: &[u8], body: &str) -> wire::Reply {
    let token = &clinic.admin.token;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\ncontent-length: {}\r\n",
        body.len()
    );
    wire::bytes(&world.base, &[head.as_bytes(), headers, b"\r\n"].concat(), Body::Sized(body.as_bytes())).await
}
