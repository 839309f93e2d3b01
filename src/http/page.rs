//! How pages for people are answered; and, in `medicalpro dev`, the mails that were sent.

use std::path::PathBuf;
use std::sync::Arc;

use minijinja::{AutoEscape, Environment, context};
use poem::http::header;
use poem::web::Data;
use poem::{Response, handler};

use crate::email::read_directory;
use crate::error::ApiError;

/// Mails that the development page lists.
const MAILS: usize = 50;

/// Scripts and styles come from this server only, as files, so that none may stand in a page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

pub(super) fn html(template: &'static str, context: minijinja::Value) -> Result<Response, ApiError> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let body = environment.render_str(template, context).map_err(ApiError::internal)?;
    Ok(Response::builder()
        .content_type("text/html; charset=utf-8")
        .header(header::CONTENT_SECURITY_POLICY, POLICY)
        .body(body))
}

/// `GET /pages.css`
#[handler]
pub fn styles() -> Response {
    Response::builder().content_type("text/css; charset=utf-8").body(include_str!("pages/pages.css"))
}

/// The folder of the mails that `medicalpro dev` wrote.
#[derive(Clone, Debug)]
pub struct MailFolder(pub Arc<PathBuf>);

/// `GET /dev/mail`: the newest mails; in `medicalpro dev` only.
#[handler]
pub async fn dev_mail(folder: Data<&MailFolder>) -> Result<Response, ApiError> {
    let folder = folder.0.0.clone();
    let mails = tokio::task::spawn_blocking(move || read_directory(&folder, MAILS))
        .await
        .map_err(ApiError::internal)?
        .map_err(ApiError::internal)?;
    html(include_str!("pages/dev-mail.html"), context! { mails => minijinja::value::Serde(mails) })
}
