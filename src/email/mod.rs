//! E-mail: what is sent, in which words, and by which way. [`outbox`] calls [`render()`] and [`Transport::send`]; nothing else
//! sends mail.
//!
//! The words are in `locales`, one file a language; the looks in `templates`, without words and shared by all mails.
//! Adding a mail is a variant of [`Mail`], its arm in `render.rs` and its messages in each locale.
//!
//! Invariants: a mail is whole in one language; nothing that a user typed reaches a header, a page or another line of the
//! text as more than a name; no address, body or credential is in an error, a log or a `Debug` output.

pub mod outbox;
mod render;
mod transport;

pub use render::{RenderError, Rendered, VERIFY_PAGE, phrases, render};
pub use transport::{SendError, SettingError, Smtp, StoredMail, Transport, read_directory};

/// A mail and what it says. Names are whatever people typed: [`render()`] makes them harmless.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "it bears a one-time link")]
pub enum Mail<'a> {
    /// To whoever registered a clinic: is this address yours?
    Verification {
        /// The clinic's name.
        clinic: &'a str,
        /// How to address the reader.
        name: Option<&'a str>,
        /// Where to confirm: an `https` or `http` URL, with the one-time token.
        link: &'a str,
        /// How long the link is valid, in hours.
        valid_hours: u32,
    },
}

impl Mail<'_> {
    /// The outbox's name for it (`email_outbox.kind`); the prefix of its messages in the locales.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Verification { .. } => "verification",
        }
    }
}
