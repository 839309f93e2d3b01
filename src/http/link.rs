//! The pages behind the links of account mails. Each sends its token when a button is pressed, not when it is opened: mail scanners
//! follow links. The token stands behind the `#`, so that no server's log holds it.

use minijinja::{Value, context};
use poem::web::Query;
use poem::{Request, Response, handler};

use super::page::html;
use crate::email::phrases;
use crate::error::ApiError;
use crate::ids::Role;
use crate::region::Language;

/// What a page asks for, beside the token.
struct Field {
    name: &'static str,
    kind: &'static str,
    autocomplete: &'static str,
    /// The message that labels it.
    label: &'static str,
    /// The message that says its rule.
    hint: Option<&'static str>,
    /// The message that labels it for whoever has an account.
    known: Option<&'static str>,
}

const fn field(name: &'static str, kind: &'static str, autocomplete: &'static str, label: &'static str) -> Field {
    Field { name, kind, autocomplete, label, hint: None, known: None }
}

const PASSWORD: Field =
    Field { hint: Some("page-password-hint"), ..field("password", "password", "new-password", "page-password") };

/// A page: its messages begin with its name.
struct Page {
    name: &'static str,
    /// The operation of `/api/v1/auth` that takes the token.
    operation: &'static str,
    /// The one that tells what it is about.
    shows: Option<&'static str>,
    /// Whether another mailbox may have to agree, too.
    waits: bool,
    fields: &'static [Field],
}

static VERIFY: Page = Page { name: "verify-page", operation: "verify-email", shows: None, waits: false, fields: &[] };
static CONFIRM: Page =
    Page { name: "confirm-page", operation: "confirm-email-change", shows: None, waits: true, fields: &[] };
static RESET: Page =
    Page { name: "reset-page", operation: "reset-password", shows: None, waits: false, fields: &[PASSWORD] };
static INVITATION: Page = Page {
    name: "invitation-page",
    operation: "accept-invitation",
    shows: Some("invitation"),
    waits: false,
    fields: &[
        field("firstName", "text", "given-name", "page-first-name"),
        field("lastName", "text", "family-name", "page-last-name"),
        Field { known: Some("page-password-known"), ..PASSWORD },
        field("acceptTerms", "checkbox", "off", "page-terms"),
    ],
};

/// What a page's address may say of its language.
#[derive(serde::Deserialize)]
pub(super) struct Choice {
    lang: Option<String>,
}

/// The language of a page: the one that its address names, then the one that the browser asks for, then English.
pub(super) fn language(request: &Request, choice: Option<Query<Choice>>) -> Language {
    let asked = choice.and_then(|Query(choice)| choice.lang);
    let accepted = || request.header("accept-language").and_then(Language::accepted);
    asked.as_deref().and_then(Language::lookup).or_else(accepted).unwrap_or(Language::ENGLISH)
}

impl Page {
    fn own(&self, part: &str) -> String {
        format!("{}-{part}", self.name)
    }

    /// The messages that it says.
    fn keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = ["title", "intro", "button", "done", "failed"].map(|part| self.own(part)).into();
        keys.extend(["direction", "page-no-script"].map(str::to_owned));
        keys.extend(self.waits.then(|| self.own("waiting")));
        keys.extend(
            self.fields
                .iter()
                .flat_map(|field| [Some(field.label), field.hint, field.known])
                .flatten()
                .map(str::to_owned),
        );
        keys.extend(Role::ALL.map(|role| format!("role-{}", role.name())));
        keys
    }

    fn answer(&self, request: &Request, choice: Option<Query<Choice>>) -> Result<Response, ApiError> {
        let language = language(request, choice);
        let own = |part: &str| self.own(part);
        let keys = self.keys();
        // All of one language, or none of it.
        let (language, texts) = phrases(language, &keys).map_err(ApiError::internal)?;
        let say = |key: &str| keys.iter().position(|known| known == key).map(|at| texts[at].as_str());
        let fields = self.fields.iter().map(|field| {
            let Field { name, kind, autocomplete, .. } = *field;
            let (hint, known) = (field.hint.and_then(say), field.known.and_then(say));
            context! { name, kind, autocomplete, label => say(field.label), hint, known }
        });
        let roles = Role::ALL.iter().map(|role| {
            let name = role.name();
            context! { name, label => say(&format!("role-{name}")) }
        });
        html(
            include_str!("pages/link.html"),
            context! {
                lang => language.tag(), dir => say("direction"), operation => self.operation, shows => self.shows,
                title => say(&own("title")), intro => say(&own("intro")), button => say(&own("button")),
                done => say(&own("done")), failed => say(&own("failed")), no_script => say("page-no-script"),
                waiting => self.waits.then(|| say(&own("waiting"))).flatten(),
                fields => fields.collect::<Vec<Value>>(), roles => roles.collect::<Vec<Value>>(),
            },
        )
    }
}

/// `GET /verify-email`: asks for a click.
#[handler]
pub fn verify_email(request: &Request, choice: Option<Query<Choice>>) -> Result<Response, ApiError> {
    VERIFY.answer(request, choice)
}

/// `GET /confirm-email`: a new address for an account.
#[handler]
pub fn confirm_email(request: &Request, choice: Option<Query<Choice>>) -> Result<Response, ApiError> {
    CONFIRM.answer(request, choice)
}

/// `GET /reset-password`: asks for the new password.
#[handler]
pub fn reset_password(request: &Request, choice: Option<Query<Choice>>) -> Result<Response, ApiError> {
    RESET.answer(request, choice)
}

/// `GET /accept-invitation`: says to where, and asks for a name and a password where there is no account yet.
#[handler]
pub fn accept_invitation(request: &Request, choice: Option<Query<Choice>>) -> Result<Response, ApiError> {
    INVITATION.answer(request, choice)
}

/// `GET /link.js`
#[handler]
pub fn script() -> Response {
    Response::builder().content_type("text/javascript; charset=utf-8").body(include_str!("pages/link.js"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_message_of_a_page_is_said_and_whole_in_each_language() {
        let pages = [&VERIFY, &CONFIRM, &RESET, &INVITATION];
        let said: Vec<String> =
            pages.iter().flat_map(|page| page.keys()).chain(crate::http::appointment::keys()).collect();
        let listed = Language::ENGLISH.messages().lines().filter_map(|line| line.split_once(" =")).map(|(key, _)| key);
        for key in listed.filter(|key| key.contains("page-")) {
            assert!(said.iter().any(|said| said == key), "nothing says {key}");
        }
        for (page, language) in pages.iter().flat_map(|page| Language::all().map(move |language| (page, language))) {
            assert_eq!(phrases(language, &page.keys()).unwrap().0, language, "{}", page.name);
        }
    }
}
