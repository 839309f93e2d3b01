//! The page behind the link of a patient's mail: shows the appointment, and takes the patient's answer.
//!
//! The page itself tells nothing: what it shows comes for the token, which stands behind the `#`, and nothing is answered before a button is pressed:
//! mail scanners follow links. Its words are the patient's language's: the answer says which that is, whatever the link said.

use minijinja::context;
use poem::web::Query;
use poem::{Request, Response, handler};

use super::link::{Choice, language};
use super::page::html;
use crate::email::phrases;
use crate::error::ApiError;

/// The messages of its own.
const OWN: [&str; 18] = [
    "title",
    "no-script",
    "clinic",
    "intro",
    "loading",
    "confirm",
    "cancel",
    "sure",
    "sure-yes",
    "sure-no",
    "confirmed",
    "cancelled",
    "late",
    "used",
    "failed",
    "retry",
    "again",
    "call",
];
/// Those that it shares with mails and the other pages.
const SHARED: [&str; 5] = ["direction", "label-when", "label-practitioner", "label-place", "label-phone"];

/// All of them.
pub(super) fn keys() -> Vec<String> {
    OWN.iter().map(|key| format!("appointment-page-{key}")).chain(SHARED.map(str::to_owned)).collect()
}

/// `GET /appointment`
#[handler]
pub fn page(request: &Request, choice: Option<Query<Choice>>) -> Result<Response, ApiError> {
    let keys = keys();
    // All of one language, or none of it.
    let (language, texts) = phrases(language(request, choice), &keys).map_err(ApiError::internal)?;
    let named = keys.iter().map(|key| key.trim_start_matches("appointment-page-").replace('-', "_"));
    let say: std::collections::BTreeMap<String, String> = named.zip(texts).collect();
    html(
        include_str!("pages/appointment.html"),
        context! { lang => language.tag(), say => minijinja::value::Serde(say) },
    )
}

/// `GET /appointment.js`
#[handler]
pub fn script() -> Response {
    Response::builder().content_type("text/javascript; charset=utf-8").body(include_str!("pages/appointment.js"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::region::Language;

    #[test]
    fn every_message_of_the_page_is_said_in_each_language() {
        for language in Language::all() {
            assert_eq!(phrases(language, &keys()).unwrap().0, language);
        }
    }
}
