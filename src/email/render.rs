//! From a [`Mail`] to its subject, text and HTML, whole in one language.
//!
//! A locale that lacks a message, or whose message wants something that the mail does not give, is passed over for the
//! whole mail. Tests render every mail in every language, so that this does not happen with the locales we ship.

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{Environment, UndefinedBehavior, context};
use url::Url;

use super::{Mail, Reader};
use crate::region::Language;

/// The longest name that a mail repeats, in characters.
const NAME_LIMIT: usize = 100;

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

/// Renders a mail in a language, or in the next one of its chain that has all of the mail's messages.
///
/// # Errors
/// [`RenderError::Link`] for a link that must not be sent; the others are defects of the files we ship.
pub fn render(mail: &Mail<'_>, reader: &Reader) -> Result<Rendered, RenderError> {
    CATALOGUE.as_ref().map_err(Clone::clone)?.render(mail, &reader.language.chain())
}

/// What the page behind a verification mail's link says, for [`phrases`].
pub const VERIFY_PAGE: [&str; 7] = [
    "direction",
    "verify-page-title",
    "verify-page-intro",
    "verify-page-button",
    "verify-page-done",
    "verify-page-failed",
    "verify-page-no-script",
];

/// Messages for a page, all in one language: this one, or the next of its chain that has all of them. Returns the language
/// and the texts in the order of `keys`.
///
/// # Errors
/// A defect of the files we ship.
pub fn phrases<const N: usize>(language: Language, keys: [&str; N]) -> Result<(Language, [String; N]), RenderError> {
    let catalogue = CATALOGUE.as_ref().map_err(Clone::clone)?;
    for language in language.chain() {
        let speaker = Speaker { language, bundle: catalogue.locales.get(&language) };
        let said: Result<Vec<String>, _> = keys.iter().map(|key| speaker.say(key)).collect();
        if let Some(texts) = said.ok().and_then(|texts| texts.try_into().ok()) {
            return Ok((language, texts));
        }
    }
    Err(RenderError::Broken("a page's messages are missing".into()))
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

    fn render(&self, mail: &Mail<'_>, chain: &[Language]) -> Result<Rendered, RenderError> {
        let mut missed = None;
        for language in chain {
            match self.render_in(mail, *language) {
                Err(error @ RenderError::Message { .. }) => {
                    tracing::warn!(kind = mail.kind(), %error, "mail falls back to another language");
                    missed.get_or_insert(error);
                }
                done => return done,
            }
        }
        Err(missed.unwrap_or_else(|| RenderError::Broken("no locale".into())))
    }

    fn render_in(&self, mail: &Mail<'_>, language: Language) -> Result<Rendered, RenderError> {
        let speaker = Speaker { language, bundle: self.locales.get(&language) };
        let letter = Letter::write(mail, &speaker)?;
        let context = context! {
            lang => language.tag(),
            dir => speaker.say("direction")?,
            subject => letter.subject.as_str(),
            greeting => letter.greeting,
            paragraphs => letter.paragraphs.into_iter().collect::<Value>(),
            button => letter.button,
            link => letter.link,
            notes => letter.notes.into_iter().collect::<Value>(),
            link_hint => speaker.say("link-hint")?,
            signature => speaker.say("signature")?,
            automatic => speaker.say("automatic")?,
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

/// What a mail says, before it is laid out.
struct Letter<'a> {
    subject: String,
    greeting: String,
    paragraphs: Vec<String>,
    button: String,
    link: &'a str,
    notes: Vec<String>,
}

impl<'a> Letter<'a> {
    fn write(mail: &Mail<'a>, speaker: &Speaker<'_>) -> Result<Self, RenderError> {
        match *mail {
            Mail::Verification { clinic, name, link, valid_hours } => {
                let clinic = harmless_name(clinic);
                Ok(Self {
                    subject: one_line(
                        &speaker.say_with("verification-subject", &[("clinic", clinic.as_str().into())])?,
                    ),
                    greeting: speaker.greeting(name)?,
                    paragraphs: vec![speaker.say_with("verification-intro", &[("clinic", clinic.as_str().into())])?],
                    button: speaker.say("verification-button")?,
                    link: checked_link(link)?,
                    notes: vec![
                        speaker.say_with("verification-validity", &[("hours", valid_hours.into())])?,
                        speaker.say("verification-ignore")?,
                    ],
                })
            }
            _ => Err(RenderError::Broken(format!("{} has no text yet", mail.kind()))),
        }
    }
}

/// One locale's messages, asked for strictly.
struct Speaker<'a> {
    language: Language,
    bundle: Option<&'a FluentBundle<FluentResource>>,
}

impl Speaker<'_> {
    fn say(&self, key: &str) -> Result<String, RenderError> {
        self.say_with(key, &[])
    }

    fn say_with(&self, key: &str, values: &[(&str, FluentValue<'_>)]) -> Result<String, RenderError> {
        let missing = || RenderError::Message { language: self.language, key: key.to_owned() };
        let bundle = self.bundle.ok_or_else(missing)?;
        let pattern = bundle.get_message(key).and_then(|message| message.value()).ok_or_else(missing)?;
        let mut arguments = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            arguments.set(*name, value.clone());
        }
        // Fluent puts a placeholder where a value or a reference is missing; readers shall not see it.
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&arguments), &mut errors).into_owned();
        if errors.is_empty() { Ok(text) } else { Err(missing()) }
    }

    fn greeting(&self, name: Option<&str>) -> Result<String, RenderError> {
        match name.map(harmless_name).filter(|name| !name.is_empty()) {
            Some(name) => self.say_with("greeting", &[("name", name.into())]),
            None => self.say("greeting-unnamed"),
        }
    }
}

fn bundle(language: Language, messages: &str) -> Result<FluentBundle<FluentResource>, RenderError> {
    let broken = |what: &dyn fmt::Debug| RenderError::Broken(format!("locale {language}: {what:?}"));
    let resource = FluentResource::try_new(messages.to_owned()).map_err(|(_, errors)| broken(&errors))?;
    let mut bundle = FluentBundle::new_concurrent(vec![language.tag().parse().map_err(|error| broken(&error))?]);
    // Isolation marks around names show as boxes in some subject lines; names lose their direction marks instead.
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).map_err(|errors| broken(&errors))?;
    Ok(bundle)
}

/// A link that may be sent: absolute, for a browser, and plain ASCII, so that it looks like where it leads to.
fn checked_link(link: &str) -> Result<&str, RenderError> {
    let url = Url::parse(link).map_err(|_| RenderError::Link)?;
    let sound = matches!(url.scheme(), "https" | "http") && link.bytes().all(|byte| byte.is_ascii_graphic());
    if sound { Ok(link) } else { Err(RenderError::Link) }
}

/// A name as a mail may repeat it: one line, no invisible characters, not too long, and nothing in it that a mail reader
/// would turn into a link. Registration sends mail to any address with any name: without this, our mail would carry a
/// stranger's message ("you won, see evil.example").
fn harmless_name(name: &str) -> String {
    let line = one_line(name);
    let mut harmless = String::with_capacity(line.len());
    let mut rest = line.chars();
    while let Some(character) = rest.next() {
        harmless.push(character);
        let mut ahead = rest.clone();
        let (next, after) = (ahead.next(), ahead.next());
        let alphanumeric = |character: Option<char>| character.is_some_and(char::is_alphanumeric);
        let domain_follows = is_full_stop(character) && alphanumeric(next) && alphanumeric(after);
        let scheme_ends = character == ':' && matches!(next, Some('/' | '\\'));
        if domain_follows || scheme_ends {
            harmless.push(' ');
        }
    }
    match harmless.char_indices().nth(NAME_LIMIT) {
        Some((end, _)) => format!("{}…", harmless[..end].trim_end()),
        None => harmless,
    }
}

/// Collapses white space, line breaks among it, and drops control and invisible formatting characters.
fn one_line(text: &str) -> String {
    let visible: String = text
        .chars()
        .filter(|character| character.is_whitespace() || !(character.is_control() || is_invisible(*character)))
        .collect();
    visible.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What browsers read as the dot in a domain name (UTS #46).
const fn is_full_stop(character: char) -> bool {
    matches!(character, '.' | '\u{3002}' | '\u{ff0e}' | '\u{ff61}')
}

/// Direction marks (which could turn the rest of a sentence around), zero-width spaces, tags. The joiners U+200C and
/// U+200D stay: Persian and several Indian scripts are spelt with them.
const fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests;
