//! All that is wrong with a query, told once something is: the framework stops at the first.

use std::collections::HashMap;

use serde_json::Value;

use crate::api::text::check_format;
use crate::error::FieldError;

/// The query parameters of each operation, by its id.
#[derive(Clone, Debug)]
pub(super) struct Queries(HashMap<String, Vec<Parameter>>);

#[derive(Clone, Debug)]
struct Parameter {
    name: String,
    required: bool,
    schema: Value,
}

impl Queries {
    /// Reads the library's export, in which texts have formats of our own.
    pub(super) fn of(export: &Value) -> Self {
        let items = export["paths"].as_object().into_iter().flatten().filter_map(|(_, item)| item.as_object());
        let operation = |operation: &Value| {
            let all = operation["parameters"].as_array().into_iter().flatten();
            let of_query = all.filter(|parameter| parameter["in"] == "query");
            let parameter = |one: &Value| {
                let (name, required) = (one["name"].as_str()?.to_owned(), one["required"] == true);
                Some(Parameter { name, required, schema: resolved(export, &one["schema"]) })
            };
            Some((operation["operationId"].as_str()?.to_owned(), of_query.filter_map(parameter).collect()))
        };
        Self(items.flat_map(|item| item.values().filter_map(operation)).collect())
    }

    /// What is wrong with the query of an operation; at least that one parameter is not valid.
    pub(super) fn errors(&self, operation: &str, query: &str, parameter: &str) -> Vec<FieldError> {
        let sent: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
        let parameters = self.0.get(operation).map_or(&[][..], Vec::as_slice);
        let mut errors = Vec::new();
        for Parameter { name, required, schema } in parameters {
            let pointer = format!("/query/{name}");
            let mut texts = sent.iter().filter(|(sent, _)| sent == name).map(|(_, text)| &**text).peekable();
            if *required && texts.peek().is_none() {
                errors.push(FieldError::new(pointer, "required", "is required"));
            } else if schema["type"] == "array" {
                errors.extend(texts.find_map(|text| wrong(&schema["items"], text, &pointer)));
            } else {
                errors.extend(texts.next().and_then(|text| wrong(schema, text, &pointer)));
            }
        }
        let pointer = format!("/query/{parameter}");
        if !errors.iter().any(|error| error.pointer == pointer) {
            errors.push(FieldError::new(pointer, "invalid", "is not valid"));
        }
        errors
    }
}

/// A schema with what it, or its items, refer to in its place.
fn resolved(export: &Value, schema: &Value) -> Value {
    let named = schema["$ref"].as_str().and_then(|path| export.pointer(path.strip_prefix('#')?));
    let mut schema = named.unwrap_or(schema).clone();
    if schema["items"].is_object() {
        schema["items"] = resolved(export, &schema["items"]);
    }
    schema
}

/// As `api::schema` tells of bodies.
fn wrong(schema: &Value, text: &str, pointer: &str) -> Option<FieldError> {
    let refuse = |code, detail: String| Some(FieldError::new(pointer, code, detail));
    let bound = |name: &str| schema[name].as_f64();
    let length = |name: &str| schema[name].as_u64().and_then(|length| usize::try_from(length).ok());
    match schema["type"].as_str().unwrap_or_default() {
        "integer" => match text.parse::<i32>() {
            Err(_) => refuse("type", "must be of type integer".to_owned()),
            Ok(number) => {
                let number = f64::from(number);
                let inside = bound("minimum").is_none_or(|min| number >= min)
                    && bound("maximum").is_none_or(|max| number <= max);
                if inside { None } else { refuse("range", "is outside the allowed range".to_owned()) }
            }
        },
        "boolean" if text.parse::<bool>().is_err() => refuse("type", "must be of type boolean".to_owned()),
        "string" => {
            if let Some(allowed) = schema["enum"].as_array() {
                let allowed: Vec<_> = allowed.iter().filter_map(Value::as_str).collect();
                return if allowed.contains(&text) {
                    None
                } else {
                    refuse("not_allowed", format!("must be one of: {}", allowed.join(", ")))
                };
            }
            let (count, format) = (text.chars().count(), schema["format"].as_str().unwrap_or_default());
            if let Some(min) = length("minLength").filter(|min| count < *min) {
                refuse("too_short", format!("must have at least {min} characters"))
            } else if let Some(max) = length("maxLength").filter(|max| count > *max) {
                refuse("too_long", format!("must have at most {max} characters"))
            } else {
                check_format(format, text).err().map(|rule| FieldError::new(pointer, "format", rule))
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn all_that_is_wrong_is_told_and_never_nothing() {
        let parameter = |name: &str, required: bool, schema: Value| json!({ "in": "query", "name": name, "required": required, "schema": schema });
        let export = json!({
            "paths": { "/a": { "get": { "operationId": "find", "parameters": [
                parameter("limit", false, json!({ "type": "integer", "minimum": 1.0, "maximum": 200.0 })),
                parameter("archived", false, json!({ "type": "boolean" })),
                parameter("sort", false, json!({ "$ref": "#/components/schemas/Sort" })),
                parameter("kind", false, json!({ "type": "array", "items": { "$ref": "#/components/schemas/Sort" } })),
                parameter("from", true, json!({ "type": "string", "format": "date" })),
                parameter("q", false, json!({ "type": "string", "minLength": 1, "maxLength": 3 })),
            ] } } },
            "components": { "schemas": { "Sort": { "type": "string", "enum": ["name", "-name"] } } },
        });
        let queries = Queries::of(&export);
        let told = |query: &str, parameter: &str| -> Vec<String> {
            let errors = queries.errors("find", query, parameter);
            errors.iter().map(|error| format!("{} {}", &error.pointer["/query/".len()..], error.code)).collect()
        };
        assert_eq!(
            told("limit=0&archived=perhaps&sort=x&kind=name&kind=y&from=today&q=long", "limit"),
            ["limit range", "archived type", "sort not_allowed", "kind not_allowed", "from format", "q too_long"]
        );
        assert_eq!(told("limit=x&q=&sort=-name", "limit"), ["limit type", "from required", "q too_short"]);
        assert_eq!(told("from=2026-03-29&archived=true", "q"), ["q invalid"]);
    }
}
