//! The one pass over the library's export: what it cannot say, as links between operations, or says in its own way.
//!
//! The texts' own formats (`person-name`, `phone` …) are how bodies are checked; what is published are OpenAPI's formats, with the
//! same limits and patterns.

use serde_json::{Map, Value, json};

use super::problem::CONTENT_TYPE;

/// The methods that a path may have, in the order of `Allow`.
pub(super) const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// OpenAPI's formats, and those of JSON Schema that every tool knows.
const FORMATS: [&str; 8] = ["date", "date-time", "email", "int32", "int64", "double", "password", "uuid"];

/// Mends the spec.
///
/// # Errors
/// When it has no paths.
pub(super) fn mend(spec: &mut Value) -> anyhow::Result<()> {
    rename(spec);
    let closed = closed_schemas(spec);
    let originals = spec["components"]["schemas"].clone();
    if let Some(schemas) = spec["components"]["schemas"].as_object_mut() {
        for (name, schema) in schemas {
            if closed.contains(name) && schema["type"] == "object" {
                schema["additionalProperties"] = json!(false);
            }
            let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
            properties.into_iter().flat_map(Map::values_mut).for_each(|property| mend_reference(property, &originals));
            if let Some(row) =
                schema["properties"]["data"]["items"]["$ref"].as_str().filter(|_| name.starts_with("Page_"))
            {
                let example = row.rsplit('/').next().map(|row| originals[row]["example"].clone());
                schema["example"] = json!({ "data": [example], "nextCursor": "v1.k20260101.q80" });
            }
        }
    }
    let mut used = Vec::new();
    references(spec, &mut used);
    if let Some(schemas) = spec["components"]["schemas"].as_object_mut() {
        schemas.retain(|name, _| used.contains(name));
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
    link(paths);
    Ok(())
}

/// From what makes something to all that can be done with it: what stands under the path whose `…_find` or `…_delete` bears its name.
fn link(paths: &mut Map<String, Value>) {
    let mut things = Vec::new();
    for (path, item) in paths.iter().filter(|(path, _)| path.ends_with("/{id}")) {
        for (method, end) in [("get", "_find"), ("delete", "_delete")] {
            let name = item[method]["operationId"].as_str().and_then(|id| id.strip_suffix(end));
            things.extend(name.map(|name| (format!("{name}_"), path.clone())));
        }
    }
    let mut under: Vec<(String, Vec<String>)> = Vec::new();
    for (path, item) in paths.iter().filter(|(path, _)| path.matches('{').count() == 1) {
        let ids = METHODS.iter().filter_map(|method| item[*method]["operationId"].as_str());
        under.push((path.clone(), ids.map(str::to_owned).collect()));
    }
    for operation in paths.values_mut().filter_map(|item| item.get_mut("post")) {
        let id = operation["operationId"].as_str().unwrap_or_default();
        let named = things.iter().filter(|(name, _)| id.starts_with(name)).max_by_key(|(name, _)| name.len());
        if let (Some((_, path)), Some(made)) = (named.cloned(), operation["responses"].get_mut("201")) {
            let leads =
                |other: &str| other == path || other.strip_prefix(&path).is_some_and(|rest| rest.starts_with('/'));
            let ids = under.iter().filter(|(other, _)| leads(other)).flat_map(|(_, ids)| ids);
            // What was never deleted or merged is not to be had back.
            let ids = ids.filter(|id| !id.ends_with("_restore") && !id.ends_with("_unmerge"));
            let to =
                |id: &String| (id.clone(), json!({ "operationId": id, "parameters": { "id": "$response.body#/id" } }));
            made["links"] = Value::Object(ids.map(to).collect());
        }
    }
}

/// A reference with a description beside it has a second part that says the same; and `null` is not allowed by the schema that is
/// referred to, so that where it may stand the schema is written out.
fn mend_reference(property: &mut Value, schemas: &Value) {
    let Some(name) = property["allOf"][0]["$ref"].as_str().and_then(|path| path.rsplit('/').next()) else { return };
    if property["nullable"] == true {
        let mut whole = schemas[name].clone();
        whole["nullable"] = json!(true);
        whole["description"] = property["description"].clone();
        if whole["type"] == "object" {
            whole["additionalProperties"] = json!(false);
        }
        *property = whole;
    } else if let Some(parts) = property["allOf"].as_array_mut() {
        parts.truncate(1);
    }
}

/// Names that differ from the standard's: formats and media types.
fn rename(value: &mut Value) {
    match value {
        Value::Object(object) => {
            match object.get("format").and_then(Value::as_str) {
                Some("new-password") => drop(object.insert("format".to_owned(), json!("password"))),
                Some(format) if !FORMATS.contains(&format) => drop(object.remove("format")),
                _ => {}
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

/// Adds the names of the schemas that are referred to.
fn references(value: &Value, names: &mut Vec<String>) {
    match value {
        Value::Object(object) => {
            if let Some(name) = object.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next()) {
                names.push(name.to_owned());
            }
            object.values().for_each(|value| references(value, names));
        }
        Value::Array(items) => items.iter().for_each(|value| references(value, names)),
        _ => {}
    }
}

/// The schemas of request bodies, and what they hold: unknown fields are refused.
fn closed_schemas(spec: &Value) -> Vec<String> {
    let mut names = Vec::new();
    for item in spec["paths"].as_object().into_iter().flat_map(Map::values) {
        for method in METHODS {
            references(&item[method]["requestBody"], &mut names);
        }
    }
    let mut seen = 0;
    while seen < names.len() {
        let schema = spec["components"]["schemas"][&names[seen]].clone();
        references(&schema, &mut names);
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
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
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
    // Nobody logs in for them, and a token may open nothing.
    let link = id.starts_with("links_");
    let writes = has_body
        || has("Idempotency-Key")
        || ["_delete", "_resend", "_suspend", "_resume"].iter().any(|end| id.ends_with(end));

    let mut failures = vec!["500", "503"];
    let mut add = |condition: bool, status: &'static str| {
        if condition {
            failures.push(status);
        }
    };
    add(has_body || has("cursor"), "400");
    add(protected || matches!(id.as_str(), "auth_login" | "auth_refresh"), "401");
    add(protected || matches!(id.as_str(), "auth_login" | "auth_refresh"), "403");
    // Of nobody there is nothing to count.
    let may_be_none = ["links_calendar", "platform_isolation_report"].contains(&id.as_str());
    add(located("path") || may_be_none || id.ends_with("_statistics"), "404");
    let open = [
        "auth_register",
        "auth_confirm_email_change",
        "auth_accept_invitation",
        "links_appointment_confirm",
        "links_appointment_cancel",
    ]
    .contains(&id.as_str());
    add(writes && (protected || open), "409");
    add(has("If-Match"), "412");
    add(has_body, "413");
    add(has_body, "415");
    add(has_body || !parameters.is_empty(), "422");
    add(account || link || id.ends_with("_resend") || id == "appointments_events", "429");
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
        let header = |text: &str| json!({ "description": text, "schema": { "type": "string" } });
        response["headers"] = json!({ "Content-Language": header("The language of `title` and `detail`.") });
        match status {
            "401" => response["headers"]["WWW-Authenticate"] = header("`Bearer`"),
            "429" | "503" => response["headers"]["Retry-After"] = header("Seconds to wait."),
            _ => {}
        }
        responses.insert(format!("Failure{status}"), response);
    }
    Value::Object(responses)
}
