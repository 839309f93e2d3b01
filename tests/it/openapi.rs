//! The spec and the pages.

use std::collections::BTreeSet;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use medicalpro::app;
use medicalpro::http::docs::Docs;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::attack::operations::Walk;
use crate::support::{Answer, World};

/// What is checked in.
const CHECKED_IN: &str = include_str!("../../openapi/medicalpro.json");

pub fn spec() -> Value {
    serde_json::from_str(CHECKED_IN).unwrap()
}

/// All operations: path, method, operation.
pub fn operations(spec: &Value) -> Vec<(String, String, Value)> {
    let paths = spec["paths"].as_object().unwrap();
    let each = paths.iter().flat_map(|(path, item)| {
        item.as_object()
            .unwrap()
            .iter()
            .map(move |(method, operation)| (path.clone(), method.clone(), operation.clone()))
    });
    each.collect()
}

/// A schema or a response, where it stands or where it is referred to.
pub fn resolve<'a>(spec: &'a Value, value: &'a Value) -> &'a Value {
    value["$ref"].as_str().map_or(value, |path| spec.pointer(&path[1..]).expect(path))
}

/// Calls `look` with every value in the spec and the path to it.
fn visit(value: &Value, path: &str, look: &mut impl FnMut(&str, &Value)) {
    look(path, value);
    match value {
        Value::Object(object) => object.iter().for_each(|(name, value)| visit(value, &format!("{path}/{name}"), look)),
        Value::Array(items) => items.iter().for_each(|value| visit(value, path, look)),
        _ => {}
    }
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

#[test]
fn the_spec_that_is_checked_in_is_what_the_code_says() {
    assert_eq!(
        CHECKED_IN,
        Docs::of(&app::service()).unwrap().spec,
        "cargo run -q -- openapi > openapi/medicalpro.json"
    );
}

#[tokio::test]
async fn the_spec_that_is_checked_in_is_what_the_server_serves() {
    let world = World::start().await;
    let answer = world.send(Method::GET, "/openapi.json", None).await;
    assert_eq!((answer.header("content-type"), answer.text.as_str()), ("application/json", CHECKED_IN));
}

#[test]
fn nothing_in_the_spec_is_null_but_what_an_example_clears() {
    let mut nulls = BTreeSet::new();
    visit(&spec(), "", &mut |path, value| {
        if value.is_null() {
            nulls.insert(path.to_owned());
        }
    });
    assert!(nulls.iter().all(|path| path.contains("/example")), "{nulls:?}");
    assert!(!nulls.is_empty(), "control: an example of a change clears a field");
}

#[test]
fn every_operation_says_what_it_is_whom_it_is_for_and_what_it_answers() {
    let spec = spec();
    assert!(spec["openapi"].as_str().unwrap().starts_with("3.0."));
    let tags: BTreeSet<&str> =
        spec["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect();
    assert!(spec["tags"].as_array().unwrap().iter().all(|tag| is_text(&tag["description"])));
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations(&spec) {
        let id = operation["operationId"]
            .as_str()
            .unwrap_or_else(|| panic!("{method} {path} has no operationId"))
            .to_owned();
        assert!(id.contains('_') && id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{id}");
        assert!(ids.insert(id.clone()), "{id} twice");
        assert!(is_text(&operation["summary"]) && is_text(&operation["description"]), "{id}");
        assert!(
            operation["tags"].as_array().is_some_and(|of| of.len() == 1 && tags.contains(of[0].as_str().unwrap())),
            "{id}"
        );
        let public = operation["summary"].as_str().unwrap().ends_with(" (public)");
        assert_eq!(operation["security"], if public { json!([]) } else { json!([{ "bearer": [] }]) }, "{id}");

        let responses = operation["responses"].as_object().unwrap();
        let body = operation.get("requestBody").is_some();
        let mut expected = vec!["500", "503", "default"];
        expected.extend(if public { &[][..] } else { &["401", "403"] });
        expected.extend(if path.contains('{') { &["404", "422"][..] } else { &[] });
        expected.extend(if body { &["400", "413", "415", "422"][..] } else { &[] });
        for status in expected {
            assert!(responses.contains_key(status), "{id}: {status}");
        }
        assert!(responses.keys().any(|status| status.starts_with('2')), "{id}");
        for (status, response) in responses {
            let response = resolve(&spec, response);
            assert!(is_text(&response["description"]), "{id}: {status}");
            let media = match id.as_str() {
                _ if !status.starts_with('2') => "application/problem+json",
                "links_calendar" => "text/calendar",
                "patients_export" => "text/csv",
                "appointments_events" => "text/event-stream",
                _ => "application/json",
            };
            match status.as_str() {
                "204" | "304" => assert!(response.get("content").is_none(), "{id}: {status}"),
                _ => assert!(
                    is_shown(&spec, &response["content"][media]) || status == "default",
                    "{id}: {status}: an example"
                ),
            }
            for (name, needed) in
                [("WWW-Authenticate", "401"), ("Retry-After", "429"), ("Retry-After", "503"), ("Location", "201")]
            {
                let resource = !id.starts_with("auth_");
                if status == needed && (name != "Location" || resource) {
                    assert!(response["headers"].get(name).is_some(), "{id}: {status}: {name}");
                }
            }
        }
    }
}

/// Whether a media type has a schema and an example.
fn is_shown(spec: &Value, media: &Value) -> bool {
    media["schema"].is_object()
        && (media.get("example").is_some() || resolve(spec, &media["schema"]).get("example").is_some())
}

#[test]
fn every_parameter_header_and_field_is_described() {
    let spec = spec();
    for (_, _, operation) in operations(&spec) {
        let id = operation["operationId"].as_str().unwrap();
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            assert!(
                is_text(&parameter["description"]) && parameter["schema"].is_object(),
                "{id}: {}",
                parameter["name"]
            );
            let schema = resolve(&spec, &parameter["schema"]);
            let bounded = schema["type"] != "string"
                || schema.get("maxLength").is_some()
                || schema.get("enum").is_some()
                || ["date", "date-time", "uuid"].iter().any(|format| schema["format"] == *format);
            assert!(bounded, "{id}: {} has no limit", parameter["name"]);
        }
    }
    for (name, schema) in spec["components"]["schemas"].as_object().unwrap() {
        assert!(is_text(&schema["description"]), "{name}");
        for (property, schema) in schema["properties"].as_object().into_iter().flatten() {
            assert!(is_text(&schema["description"]), "{name}.{property}");
        }
    }
}

#[test]
fn requests_are_closed_and_formats_are_those_of_openapi() {
    let spec = spec();
    for (_, _, operation) in operations(&spec) {
        let Some(body) = operation.get("requestBody") else { continue };
        let media = body["content"].as_object().unwrap().values().next().unwrap();
        assert!(is_shown(&spec, media), "{}: an example", operation["operationId"]);
        let mut open = Vec::new();
        visit(resolve(&spec, &media["schema"]), "", &mut |path, value| {
            let value = resolve(&spec, value);
            if value["type"] == "object" && value["properties"].is_object() && value["additionalProperties"] != false {
                open.push(path.to_owned());
            }
        });
        assert!(open.is_empty(), "{}: {open:?}", operation["operationId"]);
    }
    let formats = ["date", "date-time", "email", "int32", "int64", "double", "password", "uuid"];
    visit(&spec, "", &mut |path, value| {
        if let Some(format) = value.get("format").filter(|_| value.get("type").is_some_and(Value::is_string)) {
            assert!(formats.iter().any(|known| format == *known), "{path}: {format}");
        }
        assert!(value.get("nullable").is_none_or(|_| value["type"].is_string()), "{path}: nullable needs a type");
        assert!(!path.ends_with("; charset=utf-8"), "{path}: a media type has no charset");
    });
}

#[tokio::test]
async fn the_example_of_each_request_can_be_sent() {
    let world = World::start().await;
    let (walk, clinic) = (Walk::new(&world).await, world.clinic("examples").await);
    for operation in &walk.operations {
        let Some(schema) = &operation.body else { continue };
        // Each its own log-in, since some operations end one; and the ids are made for it.
        let person = walk.somebody(operation, &clinic).await;
        let ids = walk.ids(operation, &clinic, &person).await;
        let mut example = schema["example"].clone();
        for name in operation.ids_in_body() {
            if example.get(&name).is_some() {
                example[&name] = ids[&name].clone();
            }
        }
        let answer = walk.request(operation, &ids, Some(&person.token), &[], Some(&example)).await;
        // Its secrets are nobody's: that is the only thing wrong with it.
        let refused = [
            "credentials_invalid",
            "no_such_membership",
            "refresh_token_invalid",
            "email_taken",
            "company_email_taken",
            "totp_not_begun",
            "totp_not_enabled",
            "second_factor_enrolment_required",
        ]
        .contains(&answer.code())
            || ["token_invalid", "code_invalid", "password_wrong"]
                .contains(&answer.json["errors"][0]["code"].as_str().unwrap_or_default());
        assert!(answer.status.is_success() || refused, "{}: {answer:?}", operation.id);
    }
    let import = &spec()["paths"]["/api/v1/patients/import"]["post"]["requestBody"]["content"]["text/csv"];
    let answer =
        clinic.admin.post_csv("/api/v1/patients/import", &[], import["schema"]["example"].as_str().unwrap()).await;
    assert_eq!(answer.json["created"], 1, "{answer:?}");
}

#[tokio::test]
async fn swagger_ui_holds_all_it_needs_and_its_policy_allows_nothing_else() {
    let world = World::start().await;
    let page = world.send(Method::GET, "/docs", None).await;
    assert_eq!((page.status, page.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
    let policy = page.header("content-security-policy");
    let scripts = directive(policy, "script-src");
    let mut hashes = BTreeSet::new();
    let mut markup = String::new();
    let mut rest = page.text.as_str();
    while let Some((before, after)) = rest.split_once("<script") {
        let (attributes, after) = after.split_once('>').unwrap();
        assert!(!attributes.contains("src"), "a script from elsewhere: {attributes}");
        let (body, after) = after.split_once("</script>").unwrap();
        hashes.insert(format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, body.as_bytes()))));
        markup.push_str(before);
        rest = after;
    }
    markup.push_str(rest);
    assert!(hashes.len() >= 2, "{hashes:?}");
    assert_eq!(
        scripts.split(' ').map(str::to_owned).collect::<BTreeSet<_>>(),
        hashes,
        "each script by its hash, and no other"
    );
    for source in ["default-src", "base-uri", "form-action", "frame-ancestors"] {
        assert_eq!(directive(policy, source), "'none'", "{policy}");
    }
    assert_eq!((directive(policy, "connect-src"), directive(policy, "img-src")), ("'self'", "'self' data:"));
    for outside in [
        "src=\"http",
        "href=\"http",
        "src=\"//",
        "href=\"//",
        "@import",
        "url(http",
        "url(\"http",
        "url(//",
        "<iframe",
        " onload=",
    ] {
        assert!(!markup.contains(outside), "{outside}");
    }
    assert!(page.text.contains("url: '/openapi.json'"), "it loads the spec that is checked in");
}

fn directive<'a>(policy: &'a str, name: &str) -> &'a str {
    let found = policy.split("; ").find_map(|directive| directive.strip_prefix(name)?.strip_prefix(' '));
    found.unwrap_or_else(|| panic!("no {name} in {policy}"))
}

#[tokio::test]
async fn the_verification_page_speaks_its_readers_language() {
    let world = World::start().await;
    let page = async |query: &str, accept: &str| {
        let headers = [("accept-language", accept)];
        let answer = world.request(Method::GET, &format!("/verify-email{query}"), None, &headers, None).await;
        assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "text/html; charset=utf-8"));
        answer
    };
    let (en, fr, es) = ("<html lang=\"en\"", "<html lang=\"fr\"", "<html lang=\"es\"");
    for (query, accept, html) in [
        ("", "", en),
        ("?lang=fr", "", fr),
        ("?lang=es", "", es),
        ("?lang=en", "fr", en),
        ("?lang=fr-BE", "es", fr),
        ("", "fr", fr),
        ("", "es-MX,es;q=0.9", es),
        ("", "ja, fr;q=0.8, en;q=0.5", fr),
        ("", "en;q=0.1, es", es),
        ("?lang=ja", "fr", fr),
        ("?lang=ja", "ja", en),
        ("?lang=", "*", en),
        ("?other=1", "es", es),
    ] {
        let answer = page(query, accept).await;
        assert!(answer.text.contains(html), "{query} {accept}: {html} in {}", answer.text);
    }
    let mut titles = BTreeSet::new();
    for language in ["en", "fr", "es"] {
        let text = page(&format!("?lang={language}"), "").await.text;
        let title = text.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0.to_owned();
        assert!(text.contains("<button") && text.contains("<script src=\"/link.js\"></script>"), "{text}");
        assert!(titles.insert(title), "a title of its own");
    }
    // What is asked for is not repeated, and the token, which is behind the #, never comes here.
    for lang in ["%22%3E%3Cscript%3Ezq7marker", "zq7marker", "..%2F..%2Fzq7marker", "fr%22zq7marker"] {
        let answer = page(&format!("?lang={lang}&token=zq7marker"), "\"><script>zq7marker").await;
        assert!(!answer.text.contains("zq7marker"), "{}", answer.text);
    }
    let answer = page("?lang=fr", "").await;
    for (source, value) in
        [("default-src", "'none'"), ("script-src", "'self'"), ("style-src", "'self'"), ("frame-ancestors", "'none'")]
    {
        assert_eq!(directive(answer.header("content-security-policy"), source), value);
    }
    assert!(!answer.text.contains("style=") && !answer.text.contains("onclick"), "{}", answer.text);
}

#[tokio::test]
async fn opening_a_mails_link_proves_nothing_and_pressing_its_button_does() {
    let world = World::start().await;
    let body = World::registration("page");
    assert_eq!(world.send(Method::POST, "/api/v1/auth/register", Some(&body)).await.status, StatusCode::CREATED);
    let token = world.mailed_token(body["email"].as_str().unwrap()).await;
    let login = json!({ "email": body["email"], "password": body["password"] });
    for _ in 0..2 {
        // As a scanner does that follows links, with the token where it is and where it might be.
        world.send(Method::GET, "/verify-email", None).await;
        world.send(Method::GET, &format!("/verify-email?token={token}"), None).await;
    }
    let answer = world.send(Method::POST, "/api/v1/auth/login", Some(&login)).await;
    assert_eq!((answer.status, answer.code()), (StatusCode::FORBIDDEN, "email_not_verified"));
    let script = world.send(Method::GET, "/link.js", None).await;
    assert_eq!((script.status, script.header("content-type")), (StatusCode::OK, "text/javascript; charset=utf-8"));
    assert!(
        script.text.contains("addEventListener('submit'") && script.text.contains("`/api/v1/auth/${operation}`"),
        "{}",
        script.text
    );
    let confirmed = world.send(Method::POST, "/api/v1/auth/verify-email", Some(&json!({ "token": token }))).await;
    assert_eq!(confirmed.status, StatusCode::NO_CONTENT);
    assert_eq!(world.send(Method::POST, "/api/v1/auth/login", Some(&login)).await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_answer_bears_the_security_headers() {
    let world = World::start().await;
    let hardened = |what: &str, answer: &Answer| {
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("strict-transport-security", "max-age=63072000; includeSubDomains"),
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
        ] {
            // The key set alone is for everybody to keep, for a moment.
            let value = if what.ends_with("jwks.json") {
                value.replace("no-store", "public, max-age=60")
            } else {
                value.to_owned()
            };
            assert_eq!(answer.header(name), value, "{what}: {name}");
        }
        assert_eq!(directive(answer.header("content-security-policy"), "frame-ancestors"), "'none'", "{what}");
        assert!(answer.header("x-request-id").parse::<uuid::Uuid>().is_ok(), "{what}");
        for absent in ["server", "x-powered-by", "access-control-allow-origin", "set-cookie"] {
            assert_eq!(answer.header(absent), "", "{what}: {absent}");
        }
    };
    for path in [
        "/docs",
        "/openapi.json",
        "/verify-email",
        "/appointment",
        "/appointment.js",
        "/link.js",
        "/pages.css",
        "/health/live",
        "/.well-known/jwks.json",
    ] {
        for method in [Method::GET, Method::HEAD] {
            let answer = world.send(method.clone(), path, None).await;
            assert_eq!(answer.status, StatusCode::OK, "{method} {path}");
            assert_eq!(answer.text.is_empty(), method == Method::HEAD, "{method} {path}");
            hardened(path, &answer);
        }
    }
    for (method, path, status) in [
        (Method::GET, "/nothing", 404),
        (Method::DELETE, "/docs", 405),
        (Method::OPTIONS, "/api/v1/patients", 405),
        (Method::GET, "/api/v1/patients", 401),
        (Method::POST, "/api/v1/auth/login", 415),
    ] {
        let answer = world.request(method, path, None, &[("origin", "https://elsewhere.example")], None).await;
        assert_eq!(answer.status, status, "{path}");
        hardened(path, &answer);
    }
}
