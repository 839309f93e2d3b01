//! E-mail: what is sent, in which words, and by which way. [`outbox`] calls [`render()`] and [`Transport::send`]; nothing else
//! sends mail.
//!
//! The words are in `locales`, one file a language; the looks in `templates`, without words and shared by all mails.
//! Adding a mail is a variant of [`Mail`], its arm in `render.rs` and its messages in each locale.
//!
//! Invariants: a mail is whole in one language; nothing that a user typed reaches a header, a page or another line of the
//! text as more than a name; no address, body or credential is in an error, a log or a `Debug` output.

mod accounts;
pub mod outbox;
mod patients;
pub mod preview;
mod render;
mod transport;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::ids::Role;
use crate::region::{Language, Region};

pub use crate::region::PostalAddress;
pub use render::{RenderError, Rendered, moment, phrases, render};
pub use transport::{SendError, SettingError, Smtp, StoredMail, Transport, read_directory};

/// Who reads a mail: decides its words and the form of its dates, amounts and addresses.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// Of all of the mail's words. With the region it makes the locale of its formats: German in Switzerland is `de-CH`.
    pub language: Language,
    /// Where the clinic is, whatever the language.
    pub region: &'static Region,
    /// In which times are told: the clinic's.
    pub time_zone: Tz,
}

/// A mail and what it says. Names, titles and addresses are whatever people typed: [`render()`] makes them harmless.
///
/// `name` is how to address the reader; links are `https` or `http` URLs, and bear the one-time token where there is one.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "it bears a one-time link")]
pub enum Mail<'a> {
    /// To whoever registered a clinic: is this address yours?
    Verification {
        /// The clinic's name.
        clinic: &'a str,
        /// How to address the reader.
        name: Option<&'a str>,
        /// Where to confirm.
        link: &'a str,
        /// How long the link is valid, in hours.
        valid_hours: u32,
    },
    /// A link by which to set another password.
    PasswordReset {
        /// How to address the reader.
        name: Option<&'a str>,
        /// Where to set it.
        link: &'a str,
        /// How long the link is valid, in minutes.
        valid_minutes: u32,
    },
    /// The password was changed: was it you?
    PasswordChanged {
        /// How to address the reader.
        name: Option<&'a str>,
        /// When.
        at: DateTime<Utc>,
    },
    /// Somebody logged in from a device that was not seen before: was it you?
    NewDevice {
        /// How to address the reader.
        name: Option<&'a str>,
        /// What it calls itself, such as `Firefox, Linux`.
        device: &'a str,
        /// When.
        at: DateTime<Utc>,
        /// From where: a network, never finer than that.
        network: Option<&'a str>,
    },
    /// Will you work with us?
    Invitation {
        /// How to address the reader.
        name: Option<&'a str>,
        /// The clinic's name.
        clinic: &'a str,
        /// Who asks.
        inviter: Option<&'a str>,
        /// As what.
        role: Role,
        /// Where to accept.
        link: &'a str,
        /// How long the link is valid, in days.
        valid_days: u32,
    },
    /// The address is proven, the clinic is ready.
    Welcome {
        /// How to address the reader.
        name: Option<&'a str>,
        /// The clinic's name.
        clinic: &'a str,
        /// Where to log in, without a token.
        link: &'a str,
    },
    /// The clinic was suspended.
    Suspended {
        /// How to address the reader.
        name: Option<&'a str>,
        /// The clinic's name.
        clinic: &'a str,
    },
    /// To the old address: may the account move to another?
    EmailChangeOld {
        /// How to address the reader.
        name: Option<&'a str>,
        /// The address it would move to, in full: it is told to the account's own holder.
        new_email: &'a str,
        /// Where to agree.
        link: &'a str,
        /// How long the link is valid, in hours.
        valid_hours: u32,
    },
    /// To the new address: is it yours?
    EmailChangeNew {
        /// How to address the reader.
        name: Option<&'a str>,
        /// Where to confirm.
        link: &'a str,
        /// How long the link is valid, in hours.
        valid_hours: u32,
    },
    /// To the old address: the account has moved.
    EmailChanged {
        /// How to address the reader.
        name: Option<&'a str>,
        /// The address it has moved to.
        new_email: &'a str,
    },
    /// To a patient: the appointment is made.
    AppointmentConfirmation(Appointment<'a>),
    /// To a patient: the appointment is near.
    AppointmentReminder(Appointment<'a>),
    /// To a patient: the appointment will not take place.
    AppointmentCancellation(Appointment<'a>),
    /// To a patient: please read and sign.
    ConsentToSign {
        /// The patient's name.
        patient: &'a str,
        /// Who asks.
        clinic: Practice<'a>,
        /// What the consent is called.
        title: &'a str,
        /// Where to read and sign it.
        link: &'a str,
        /// Until when the link is valid.
        valid_until: DateTime<Utc>,
    },
    /// To a patient: a document is there to be read.
    DocumentSent {
        /// The patient's name.
        patient: &'a str,
        /// Who sends it.
        clinic: Practice<'a>,
        /// What it is.
        kind: DocumentKind,
        /// Its number, such as `FAC-2026-000042`.
        number: &'a str,
        /// Its total in the currency's minor unit: cents for `EUR`. Negative where money goes back.
        total: i64,
        /// ISO 4217.
        currency: &'a str,
        /// Where to read it.
        link: &'a str,
    },
}

/// What a mail tells a patient of an appointment: never what it is for.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "it is about a patient")]
pub struct Appointment<'a> {
    /// The patient's name.
    pub patient: &'a str,
    /// Whom they see.
    pub practitioner: &'a str,
    /// When it begins.
    pub start: DateTime<Utc>,
    /// How long it takes, in minutes.
    pub minutes: u32,
    /// Where.
    pub clinic: Practice<'a>,
    /// Where to see, move or cancel it.
    pub link: Option<&'a str>,
}

/// A clinic as its patients see it: it signs the mails they get.
#[derive(Clone, Copy, Debug)]
pub struct Practice<'a> {
    /// Its name.
    pub name: &'a str,
    /// The name of its facility where they are seen, where that is one of several.
    pub facility: Option<&'a str>,
    /// Where that is; in the order of lines of its region.
    pub address: PostalAddress<'a>,
    /// As it is written for people.
    pub phone: Option<&'a str>,
}

/// A document that is sent to a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DocumentKind {
    /// What care would cost.
    Quote,
    /// What is to be paid.
    Invoice,
    /// What is given back.
    CreditNote,
}

impl DocumentKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Quote, Self::Invoice, Self::CreditNote];

    /// As in `documents.kind`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quote => "quote",
            Self::Invoice => "invoice",
            Self::CreditNote => "credit_note",
        }
    }
}

impl Mail<'_> {
    /// The outbox's name for it (`email_outbox.kind`); with hyphens, the prefix of its messages in the locales.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Verification { .. } => "verification",
            Self::PasswordReset { .. } => "password_reset",
            Self::PasswordChanged { .. } => "password_changed",
            Self::NewDevice { .. } => "new_device",
            Self::Invitation { .. } => "invitation",
            Self::Welcome { .. } => "welcome",
            Self::Suspended { .. } => "suspended",
            Self::EmailChangeOld { .. } => "email_change_old",
            Self::EmailChangeNew { .. } => "email_change_new",
            Self::EmailChanged { .. } => "email_changed",
            Self::AppointmentConfirmation(_) => "appointment_confirmation",
            Self::AppointmentReminder(_) => "appointment_reminder",
            Self::AppointmentCancellation(_) => "appointment_cancellation",
            Self::ConsentToSign { .. } => "consent_to_sign",
            Self::DocumentSent { .. } => "document_sent",
        }
    }
}
