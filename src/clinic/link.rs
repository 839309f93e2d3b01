//! The token of a link that a patient or a calendar program holds: who was given it may do what it says, and nothing else.
//!
//! It is sealed under the master keys, bound to its kind: it can be neither read nor edited, and one of another kind does not open. The
//! worker seals a patient's as it sends the mail, the server a calendar's as it is made; `auth::link` opens them. What a link
//! opens, and whether it still does, lies in the clinic's database under the link's id.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use crate::ids::ClinicId;
use crate::secrets::{MasterKeys, Purpose, SecretError};

/// What a link opens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkKind {
    /// One appointment, for its patient: `appointment_links`.
    Appointment,
    /// One practitioner's calendar, for a program: `calendar_links`.
    Calendar,
}

impl LinkKind {
    const fn place(self) -> &'static str {
        match self {
            Self::Appointment => "appointment",
            Self::Calendar => "calendar",
        }
    }
}

/// What a token says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LinkToken {
    /// At which clinic.
    pub clinic: ClinicId,
    /// Which link of it.
    pub id: Uuid,
    /// Until when it is good, to the second; without end where it is revoked instead.
    pub expires: Option<DateTime<Utc>>,
}

impl LinkToken {
    /// Its text, for a URL: of the characters `A-Z a-z 0-9 . _ -`.
    ///
    /// # Errors
    /// As [`MasterKeys::seal`].
    pub fn seal(&self, keys: &MasterKeys, kind: LinkKind) -> Result<String, SecretError> {
        let expires = self.expires.map_or(i64::MAX, |expires| expires.timestamp());
        let plain = [&self.clinic.0.as_bytes()[..], self.id.as_bytes(), &expires.to_be_bytes()].concat();
        keys.seal(Purpose::Link, kind.place(), &plain)
    }

    /// What a text says that was sealed for this kind; nothing where it was not, or is expired.
    #[must_use]
    pub fn open(keys: &MasterKeys, kind: LinkKind, text: &str, now: DateTime<Utc>) -> Option<Self> {
        let plain = keys.open(Purpose::Link, kind.place(), text).ok()?;
        let (clinic, rest) = plain.split_first_chunk()?;
        let (id, rest) = rest.split_first_chunk()?;
        let expires = i64::from_be_bytes(rest.try_into().ok()?);
        (expires > now.timestamp()).then(|| Self {
            clinic: ClinicId(Uuid::from_bytes(*clinic)),
            id: Uuid::from_bytes(*id),
            expires: DateTime::from_timestamp(expires, 0),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_as_what_it_was_sealed_and_not_when_it_is_over() {
        let keys = MasterKeys::parse(&MasterKeys::generate(chrono::NaiveDate::MIN)).expect("keys");
        let now = DateTime::from_timestamp(1_800_000_000, 0).expect("a time");
        let (clinic, id) = (ClinicId::generate(), Uuid::now_v7());
        let ending = LinkToken { clinic, id, expires: DateTime::from_timestamp(1_800_000_001, 0) };
        let endless = LinkToken { expires: None, ..ending };
        for token in [ending, endless] {
            let text = token.seal(&keys, LinkKind::Appointment).expect("seals");
            assert_eq!(LinkToken::open(&keys, LinkKind::Appointment, &text, now), Some(token));
            assert_eq!(LinkToken::open(&keys, LinkKind::Calendar, &text, now), None, "another kind");
            assert_eq!(LinkToken::open(&keys, LinkKind::Appointment, &text[1..], now), None, "edited");
            let later = now + chrono::Duration::seconds(1);
            assert_eq!(LinkToken::open(&keys, LinkKind::Appointment, &text, later).is_some(), token == endless);
            assert!(text.len() < 512 && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)));
        }
        // What is sealed for another purpose does not open, though it were of the same form.
        let other = keys.seal(Purpose::Cursor, "appointment", &[0; 40]).expect("seals");
        assert_eq!(LinkToken::open(&keys, LinkKind::Appointment, &other, now), None);
    }
}
