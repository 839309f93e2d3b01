//! What the spec says of the routes, for failures that the router reports in its own terms.

use std::collections::HashMap;

use poem::http::Method;
use serde_json::{Map, Value};

use super::query::Queries;
use super::spec::METHODS;
use crate::error::FieldError;
use crate::telemetry::metrics::Operation;

/// The routes, by the router's patterns (`/api/v1/patients/:param0`), and the headers that operations read.
#[derive(Clone, Debug)]
pub struct Routes {
    by_pattern: HashMap<String, Known>,
    headers: Vec<String>,
    queries: Queries,
    other: Operation,
}

#[derive(Clone, Debug)]
struct Known {
    allow: String,
    parameters: Vec<String>,
    operations: Vec<(Method, Operation)>,
}

impl Routes {
    /// Reads the spec, and the library's export of it.
    #[must_use]
    pub fn of(spec: &Value, export: &Value) -> Self {
        let paths = spec["paths"].as_object();
        let by_pattern = paths.into_iter().flatten().map(|(path, item)| known(path, item)).collect();
        let operations = paths.into_iter().flat_map(Map::values).filter_map(Value::as_object).flat_map(Map::values);
        let parameters = operations.filter_map(|operation| operation["parameters"].as_array()).flatten();
        let mut headers: Vec<String> = parameters
            .filter(|parameter| parameter["in"] == "header")
            .filter_map(|parameter| parameter["name"].as_str().map(str::to_owned))
            .collect();
        headers.sort_unstable();
        headers.dedup();
        Self { by_pattern, headers, queries: Queries::of(export), other: Operation::new("other") }
    }

    /// What `Allow` says. Beside the operations there are only pages.
    pub(super) fn allow(&self, pattern: Option<&str>) -> String {
        self.known(pattern).map_or_else(|| "GET, HEAD".to_owned(), |known| known.allow.clone())
    }

    /// The spec's name of the path parameter that the router calls `param0`, `param1` and so on.
    pub(super) fn parameter<'a>(&'a self, pattern: Option<&str>, name: &'a str) -> &'a str {
        let index = name.strip_prefix("param").and_then(|digits| digits.parse::<usize>().ok());
        self.known(pattern)
            .zip(index)
            .and_then(|(known, index)| known.parameters.get(index))
            .map_or(name, String::as_str)
    }

    /// All that is wrong with a query, of which this parameter is not valid.
    pub(super) fn invalid_query(
        &self,
        method: &Method,
        pattern: Option<&str>,
        query: &str,
        parameter: &str,
    ) -> Vec<FieldError> {
        self.queries.errors(self.operation(method, pattern).name(), query, parameter)
    }

    /// The headers that operations read.
    pub(super) fn headers(&self) -> &[String] {
        &self.headers
    }

    /// What counts a request: its operation's, or one for all that are none, pages and unknown paths.
    pub(super) fn operation(&self, method: &Method, pattern: Option<&str>) -> &Operation {
        let method = if method == Method::HEAD { &Method::GET } else { method };
        let operations = self.known(pattern).map_or(&[][..], |known| &known.operations);
        operations.iter().find(|(own, _)| own == method).map_or(&self.other, |(_, operation)| operation)
    }

    fn known(&self, pattern: Option<&str>) -> Option<&Known> {
        self.by_pattern.get(pattern?)
    }
}

fn known(path: &str, item: &Value) -> (String, Known) {
    let mut parameters = Vec::new();
    let pattern: Vec<String> = path
        .split('/')
        .map(|segment| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => {
                parameters.push(name.to_owned());
                format!(":param{}", parameters.len() - 1)
            }
            None => segment.to_owned(),
        })
        .collect();
    let mut allow: Vec<String> =
        METHODS.iter().filter(|method| item.get(**method).is_some()).map(|method| method.to_uppercase()).collect();
    if allow.first().is_some_and(|method| method == "GET") {
        allow.insert(1, "HEAD".to_owned());
    }
    let operation = |method: &&str| {
        let name = item.get(*method)?["operationId"].as_str()?;
        Some((method.to_uppercase().parse().ok()?, Operation::new(name)))
    };
    let operations = METHODS.iter().filter_map(operation).collect();
    (pattern.join("/"), Known { allow: allow.join(", "), parameters, operations })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_route_is_known_by_the_routers_pattern() {
        let spec = json!({ "paths": { "/a/{id}/b/{part}": {
            "get": {
                "operationId": "find",
                "parameters": [{ "in": "header", "name": "If-Match" }, { "in": "query", "name": "q" }],
            },
            "delete": { "operationId": "remove", "parameters": [{ "in": "header", "name": "If-Match" }] },
        } } });
        let routes = Routes::of(&spec, &spec);
        let pattern = Some("/a/:param0/b/:param1");
        assert_eq!(routes.allow(pattern), "GET, HEAD, DELETE");
        assert_eq!(routes.parameter(pattern, "param1"), "part");
        assert_eq!((routes.allow(Some("/docs")).as_str(), routes.parameter(None, "param0")), ("GET, HEAD", "param0"));
        assert_eq!(routes.headers(), ["If-Match"]);
        let counted = |method: Method, pattern| routes.operation(&method, pattern).name().to_owned();
        assert_eq!([Method::GET, Method::HEAD].map(|method| counted(method, pattern)), ["find", "find"]);
        assert_eq!(
            (counted(Method::DELETE, pattern), counted(Method::PUT, pattern)),
            ("remove".into(), "other".into())
        );
        assert_eq!((counted(Method::GET, Some("/docs")), counted(Method::GET, None)), ("other".into(), "other".into()));
    }
}
