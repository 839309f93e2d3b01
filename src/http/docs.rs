//! The spec, and Swagger UI, which works offline: the page holds all of its scripts and styles.

use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use poem::http::header;
use poem::web::Data;
use poem::{Response, handler};
use poem_openapi::{OpenApi, OpenApiService};
use serde_json::Value;

use super::routes::Routes;
use super::spec;

/// The spec as it is published, and what is made of it.
#[derive(Debug)]
pub struct Docs {
    /// `openapi/medicalpro.json`, to the byte.
    pub spec: String,
    page: String,
    policy: String,
    /// What it says of the routes.
    pub routes: Routes,
}

impl Docs {
    /// Publishes a service.
    ///
    /// # Errors
    /// When the library's spec is not what `spec` expects.
    pub fn of<T: OpenApi>(service: &OpenApiService<T, ()>) -> anyhow::Result<Self> {
        let export: Value = serde_json::from_str(&service.spec())?;
        let mut spec = export.clone();
        spec::mend(&mut spec)?;
        let (page, policy) = swagger(&service.swagger_ui_html())?;
        let routes = Routes::of(&spec, &export);
        Ok(Self { spec: format!("{spec:#}\n"), page, policy, routes })
    }
}

/// `GET /openapi.json`
#[handler]
#[expect(clippy::needless_pass_by_value, reason = "an extractor")]
pub fn spec_file(docs: Data<&Arc<Docs>>) -> Response {
    Response::builder().content_type("application/json").body(docs.spec.clone())
}

/// `GET /docs`
#[handler]
#[expect(clippy::needless_pass_by_value, reason = "an extractor")]
pub fn swagger_ui(docs: Data<&Arc<Docs>>) -> Response {
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
    let mut hashes = Vec::new();
    let mut rest = page.as_str();
    // As a browser reads it: a script ends at the first end tag, and what looks like a tag in it is its text.
    while let Some((body, after)) = rest
        .split_once("<script")
        .and_then(|(_, script)| script.split_once('>'))
        .and_then(|(_, script)| script.split_once("</script>"))
    {
        hashes.push(format!("'sha256-{}'", STANDARD.encode(digest(&SHA256, body.as_bytes()))));
        rest = after;
    }
    let policy = format!(
        "default-src 'none'; script-src {}; style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        hashes.join(" "),
    );
    Ok((page, policy))
}
