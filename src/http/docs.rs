//! The spec, and Swagger UI, which works offline: the page holds all of its scripts and styles.

use std::collections::HashMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use poem::http::header;
use poem::web::Data;
use poem::{Response, handler};
use poem_openapi::{OpenApi, OpenApiService};
use serde_json::{Map, Value, json};

use super::problem::CONTENT_TYPE;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The spec as it is published, and what is made of it.
#[derive(Clone, Debug)]
pub struct Docs {
    /// `openapi/medicalpro.json`, to the byte.
    pub spec: String,
    page: String,
    policy: String,
    /// Path pattern to `Allow`.
    pub methods: HashMap<String, String>,
}

impl Docs {
    /// Publishes a service.
    ///
    /// # Errors
    /// When the library's spec is not what the passes below expect.
    pub fn of<T: OpenApi>(service: &OpenApiService<T, ()>) -> anyhow::Result<Self> {
        let mut spec: Value = serde_json::from_str(&service.spec())?;
        mend(&mut spec)?;
        let (page, policy) = swagger(&service.swagger_ui_html())?;
        let methods = allowed(&spec);
        Ok(Self { spec: format!("{spec:#}\n"), page, policy, methods })
    }
}

/// `GET /openapi.json`
#[handler]
#[expect(clippy::needless_pass_by_value, reason = "an extractor")]
pub fn spec_file(docs: Data<&Docs>) -> Response {
    Response::builder().content_type("application/json").body(docs.spec.clone())
}

/// `GET /docs`
#[handler]
#[expect(clippy::needless_pass_by_value, reason = "an extractor")]
pub fn swagger_ui(docs: Data<&Docs>) -> Response {
    Response::builder()
        .content_type("text/html; charset=utf-8")
        .header(header::CONTENT_SECURITY_POLICY, &docs.policy)
        .body(docs.page.clone())
}

/// Makes the library's page load the mended spec, remember a log-in for the visit, and say its language; and a policy that allows
/// its own two scripts and no others.
fn swagger(html: &str) -> anyhow::Result<(String, String)> {
    let (before, rest) =
        html.split_once("let spec = ").ok_or_else(|| anyhow::anyhow!("Swagger UI's page has changed"))?;
    let (_, after) =
        rest.split_once("let oauth2RedirectUrl").ok_or_else(|| anyhow::anyhow!("Swagger UI's page has changed"))?;
    let page = format!("{before}let oauth2RedirectUrl{after}")
        .replace("<html charset=\"UTF-8\">", "<!doctype html>\n<html lang=\"en\">")
        .replace("<title>Swagger UI</title>", "<title>MedicalPro API</title>\n    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n    <link rel=\"icon\" href=\"data:,\">")
        .replace("spec: spec,", "url: '/openapi.json', persistAuthorization: true, displayRequestDuration: true,");
    let mut hashes = String::new();
    // As a browser reads it: a script ends at the first closing tag, whatever its text says of scripts.
    let mut rest = page.as_str();
    while let Some((_, opened)) = rest.split_once("<script") {
        let Some((body, behind)) = opened.split_once('>').and_then(|(_, body)| body.split_once("</script>")) else {
            break;
        };
        hashes.push_str(" 'sha256-");
        hashes.push_str(&STANDARD.encode(digest(&SHA256, body.as_bytes())));
        hashes.push('\'');
        rest = behind;
    }
    let policy = format!(
        "default-src 'none'; script-src{hashes}; style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    );
    Ok((page, policy))
}

/// What `Allow` says for each path pattern, in the router's notation.
fn allowed(spec: &Value) -> HashMap<String, String> {
    let Some(paths) = spec["paths"].as_object() else { return HashMap::new() };
    let methods = |item: &Value| {
        METHODS
            .iter()
            .filter(|method| item.get(**method).is_some())
            .map(|method| method.to_uppercase())
            .collect::<Vec<_>>()
            .join(", ")
    };
    paths.iter().map(|(path, item)| (path.replace('{', ":").replace('}', ""), methods(item))).collect()
}

/// The one pass over the library's export: what it cannot say, or says in its own way.
fn mend(spec: &mut Value) -> anyhow::Result<()> {
    rename(spec);
    let closed = closed_schemas(spec);
    if let Some(schemas) = spec["components"]["schemas"].as_object_mut() {
        for (name, schema) in schemas {
            if closed.contains(name) {
                schema["additionalProperties"] = json!(false);
            }
        }
    }
    spec["components"]["responses"] = failures();
    let Some(paths) = spec["paths"].as_object_mut() else { anyhow::bail!("a spec without paths") };
    for item in paths.values_mut() {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method) {
                mend_operation(operation);
            }
        }
    }
    Ok(())
}

/// Names that differ from the standard's: OpenAPI 3.0's formats and bare media types.
fn rename(value: &mut Value) {
    match value {
        Value::Object(object) => {
            if object.get("format").is_some_and(|format| format == "naive-date") {
                object.insert("format".to_owned(), json!("date"));
            }
            if let Some(media) = object.remove("application/json; charset=utf-8") {
                object.insert("application/json".to_owned(), media);
            }
            object.values_mut().for_each(rename);
        }
        Value::Array(items) => items.iter_mut().for_each(rename),
        _ => {}
    }
}

/// The schemas of request bodies, and what they hold: unknown fields are refused.
fn closed_schemas(spec: &Value) -> Vec<String> {
    fn collect(value: &Value, names: &mut Vec<String>) {
        match value {
            Value::Object(object) => {
                if let Some(name) = object.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next())
                {
                    names.push(name.to_owned());
                }
                object.values().for_each(|value| collect(value, names));
            }
            Value::Array(items) => items.iter().for_each(|value| collect(value, names)),
            _ => {}
        }
    }
    let mut names = Vec::new();
    for item in spec["paths"].as_object().into_iter().flat_map(Map::values) {
        for method in METHODS {
            collect(&item[method]["requestBody"], &mut names);
        }
    }
    let mut seen = 0;
    while seen < names.len() {
        let schema = spec["components"]["schemas"][&names[seen]].clone();
        collect(&schema, &mut names);
        seen += 1;
        // Each once: the schemas may refer to each other.
        let mut unique = Vec::new();
        names.retain(|name| {
            !unique.contains(name) && {
                unique.push(name.clone());
                true
            }
        });
    }
    names
}

fn mend_operation(operation: &mut Value) {
    let protected = operation["security"].as_array().is_some_and(|security| !security.is_empty());
    if !protected {
        operation["security"] = json!([]);
    }
    // Swagger UI fills examples in: an optional parameter is left out unless somebody wants it.
    for parameter in operation["parameters"].as_array_mut().into_iter().flatten() {
        if parameter["required"] == json!(false)
            && let Some(schema) = parameter["schema"].as_object_mut()
        {
            schema.remove("example");
        }
    }
    let has_body = operation.get("requestBody").is_some();
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let has = |name: &str| parameters.iter().any(|parameter| parameter["name"] == name);
    let located = |place: &str| parameters.iter().any(|parameter| parameter["in"] == place);
    let id = operation["operationId"].as_str().unwrap_or_default().to_owned();
    let account = id.starts_with("auth_") && has_body;
    let writes = has_body || id.ends_with("_delete") || id.ends_with("_restore");

    let mut failures = vec!["500", "503"];
    let mut add = |condition: bool, status: &'static str| {
        if condition {
            failures.push(status);
        }
    };
    add(has_body || has("cursor"), "400");
    add(protected || matches!(id.as_str(), "auth_login" | "auth_refresh"), "401");
    add(protected || matches!(id.as_str(), "auth_login" | "auth_refresh"), "403");
    add(located("path"), "404");
    add(writes && (protected || id == "auth_register"), "409");
    add(has("If-Match"), "412");
    add(has_body, "413");
    add(has_body, "415");
    add(has_body || !parameters.is_empty(), "422");
    add(account, "429");
    for status in failures {
        operation["responses"][status] = json!({ "$ref": format!("#/components/responses/Failure{status}") });
    }
}

/// A failure of each status, with an example.
fn failures() -> Value {
    let failures = [
        ("400", "Bad Request", "malformed_json", "The body is not valid JSON in UTF-8."),
        ("401", "Unauthorized", "unauthenticated", "An access token is required."),
        ("403", "Forbidden", "forbidden", "Your role does not allow this operation."),
        ("404", "Not Found", "not_found", "There is nothing here."),
        ("409", "Conflict", "conflict", "This collides with what is stored already."),
        (
            "412",
            "Precondition Failed",
            "precondition_failed",
            "The resource has changed since the version named in If-Match.",
        ),
        ("413", "Payload Too Large", "body_too_large", "The body is larger than 1048576 bytes."),
        ("415", "Unsupported Media Type", "unsupported_media_type", "The body must be application/json."),
        ("422", "Unprocessable Entity", "invalid", "Some fields are not valid."),
        ("429", "Too Many Requests", "rate_limited", "Too many requests: try again later."),
        ("500", "Internal Server Error", "internal", "This is our fault. The request's id names it in our log."),
        ("503", "Service Unavailable", "database_busy", "The service is busy: try again in a moment."),
    ];
    let mut responses = Map::new();
    for (status, title, code, detail) in failures {
        let mut example = json!({
            "type": format!("urn:medicalpro:problem:{code}"), "title": title, "status": status.parse::<u16>().unwrap_or(500),
            "code": code, "detail": detail, "requestId": "019b76da-a800-7000-8000-000000000002",
        });
        if status == "422" {
            example["errors"] =
                json!([{ "pointer": "/email", "code": "format", "detail": "must be an e-mail address" }]);
        }
        let content =
            json!({ CONTENT_TYPE: { "schema": { "$ref": "#/components/schemas/Problem" }, "example": example } });
        let mut response = json!({ "description": detail, "content": content });
        let header = |name: &str, text: &str| json!({ name: { "description": text, "schema": { "type": "string" } } });
        match status {
            "401" => response["headers"] = header("WWW-Authenticate", "`Bearer`"),
            "429" | "503" => response["headers"] = header("Retry-After", "Seconds to wait."),
            _ => {}
        }
        responses.insert(format!("Failure{status}"), response);
    }
    Value::Object(responses)
}
