//! From a [`Mail`] to its subject, text and HTML, whole in one language.
//!
//! A locale that lacks a message, or whose message wants something that the mail does not give, is passed over for the
//! whole mail. Tests render every mail in every language, so that this does not happen with the locales we ship.

mod harmless;
mod letter;
mod speaker;

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use fluent_bundle::FluentResource;
use fluent_bundle::concurrent::FluentBundle;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, UndefinedBehavior, context};

use self::letter::Letter;
use self::speaker::{Speaker, bundle};
use super::{Mail, Reader};
use crate::region::{FormatError, Language};

static CATALOGUE: LazyLock<Result<Catalogue, RenderError>> =
    LazyLock::new(|| Catalogue::new(Language::all().map(|language| (language, language.messages()))));

/// A mail, ready to send. It holds names and a one-time link: it is never logged, hence no `Debug`.
#[derive(Clone, PartialEq, Eq)]
#[expect(missing_debug_implementations, reason = "it bears a one-time link")]
pub struct Rendered {
    /// The language of all of it, which may not be the one asked for.
    pub language: Language,
    /// One line without control characters.
    pub subject: String,
    /// Plain text, complete in itself; lines end with `\n`.
    pub text: String,
    /// A whole HTML document.
    pub html: String,
}

/// Why a mail could not be rendered. Quotes no value of the mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RenderError {
    /// The link is not an absolute `https` or `http` URL in ASCII.
    Link,
    /// No language of the chain has all the messages; this is the first that was missed.
    Message {
        /// Where.
        language: Language,
        /// Which.
        key: String,
    },
    /// A locale or a layout that we ship is broken.
    Broken(String),
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link => f.write_str("the mail's link is not an absolute http(s) URL"),
            Self::Message { language, key } => write!(f, "no usable message {key} in locale {language}"),
            Self::Broken(what) => write!(f, "broken mail resources: {what}"),
        }
    }
}

impl std::error::Error for RenderError {}

impl From<FormatError> for RenderError {
    fn from(error: FormatError) -> Self {
        Self::Broken(error.to_string())
    }
}

/// Renders a mail in its reader's language, or in the next one of its chain that has all of the mail's messages; its formats
/// are those of that same language in the reader's region.
///
/// # Errors
/// [`RenderError::Link`] for a link that must not be sent; the others are defects of the files we ship.
pub fn render(mail: &Mail<'_>, reader: &Reader) -> Result<Rendered, RenderError> {
    CATALOGUE.as_ref().map_err(Clone::clone)?.render(mail, reader, &reader.language.chain())
}

/// Messages for a page, all in one language: this one, or the next of its chain that has all of them. Returns the language
/// and the texts in the order of `keys`.
///
/// # Errors
/// A defect of the files we ship.
pub fn phrases(language: Language, keys: &[String]) -> Result<(Language, Vec<String>), RenderError> {
    let catalogue = CATALOGUE.as_ref().map_err(Clone::clone)?;
    for language in language.chain() {
        let speaker = Speaker { language, bundle: catalogue.locales.get(&language) };
        if let Ok(texts) = keys.iter().map(|key| speaker.say(key)).collect() {
            return Ok((language, texts));
        }
    }
    Err(RenderError::Broken("a page's messages are missing".into()))
}

/// A moment, as mails tell it: `Donnerstag, 26. November 2026, 14:30 Uhr (MEZ)`, for a page.
///
/// # Errors
/// A defect of the files we ship.
pub fn moment(reader: &Reader, at: DateTime<Utc>) -> Result<String, RenderError> {
    let locales = &CATALOGUE.as_ref().map_err(Clone::clone)?.locales;
    Speaker { language: reader.language, bundle: locales.get(&reader.language) }.moment_with_zone(reader, at)
}

/// All locales and layouts, parsed once.
struct Catalogue {
    locales: HashMap<Language, FluentBundle<FluentResource>>,
    layouts: Environment<'static>,
}

impl Catalogue {
    fn new<'a>(locales: impl Iterator<Item = (Language, &'a str)>) -> Result<Self, RenderError> {
        let locales = locales
            .map(|(language, messages)| Ok((language, bundle(language, messages)?)))
            .collect::<Result<_, RenderError>>()?;

        let mut layouts = Environment::new();
        layouts.set_undefined_behavior(UndefinedBehavior::Strict);
        let whitespace =
            SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build();
        layouts.set_syntax(whitespace.map_err(|error| RenderError::Broken(error.to_string()))?);
        for (name, source) in [
            ("layout.txt", include_str!("templates/layout.txt")),
            ("layout.html", include_str!("templates/layout.html")),
        ] {
            layouts.add_template(name, source).map_err(|error| RenderError::Broken(error.to_string()))?;
        }
        Ok(Self { locales, layouts })
    }

    fn render(&self, mail: &Mail<'_>, reader: &Reader, chain: &[Language]) -> Result<Rendered, RenderError> {
        let mut missed = None;
        for language in chain {
            match self.render_in(mail, &Reader { language: *language, ..*reader }) {
                Err(error @ RenderError::Message { .. }) => {
                    tracing::warn!(kind = mail.kind(), %error, "mail falls back to another language");
                    missed.get_or_insert(error);
                }
                done => return done,
            }
        }
        Err(missed.unwrap_or_else(|| RenderError::Broken("no locale".into())))
    }

    /// In the reader's own language, or not at all.
    fn render_in(&self, mail: &Mail<'_>, reader: &Reader) -> Result<Rendered, RenderError> {
        let language = reader.language;
        let speaker = Speaker { language, bundle: self.locales.get(&language) };
        let letter = Letter::write(mail, &speaker, reader)?;
        let context = context! {
            lang => language.tag(),
            dir => speaker.say("direction")?,
            link_hint => speaker.say("link-hint")?,
            letter => minijinja::value::Serde(&letter),
        };
        let fill = |layout| {
            let template = self.layouts.get_template(layout)?;
            template.render(&context)
        };
        let broken = |error: minijinja::Error| RenderError::Broken(error.to_string());
        Ok(Rendered {
            language,
            subject: letter.subject,
            text: fill("layout.txt").map_err(broken)?,
            html: fill("layout.html").map_err(broken)?,
        })
    }
}

#[cfg(test)]
mod tests;
