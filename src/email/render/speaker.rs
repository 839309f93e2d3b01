//! A locale's messages, said strictly.
//!
//! Invariant: a message that is missing, or that wants something that is not given, is an error, never a placeholder.

use std::fmt;

use chrono::{DateTime, Utc};
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use super::RenderError;
use super::harmless::harmless_name;
use crate::email::Reader;
use crate::region::{Formats, Language};

/// One locale's messages, asked for strictly.
pub(super) struct Speaker<'a> {
    pub(super) language: Language,
    pub(super) bundle: Option<&'a FluentBundle<FluentResource>>,
}

impl Speaker<'_> {
    /// A message that needs nothing.
    pub(super) fn say(&self, key: &str) -> Result<String, RenderError> {
        self.say_with(key, &[])
    }

    /// A message, with what it is about.
    pub(super) fn say_with(&self, key: &str, values: &[(&str, FluentValue<'_>)]) -> Result<String, RenderError> {
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

    /// `Donnerstag, 26. November 2026, 14:30 Uhr`, in the clinic's time zone.
    pub(super) fn moment(&self, reader: &Reader, at: DateTime<Utc>) -> Result<String, RenderError> {
        let formats = self.formats(reader)?;
        let date = [("weekday", formats.weekday(at)?.into()), ("date", formats.date(at)?.into())];
        let day = self.say_with("day", &date)?;
        self.say_with("moment", &[("day", day.into()), ("time", formats.time(at)?.into())])
    }

    /// A moment for whoever may be somewhere else than the clinic.
    pub(super) fn moment_with_zone(&self, reader: &Reader, at: DateTime<Utc>) -> Result<String, RenderError> {
        let zone = self.formats(reader)?.zone(at)?;
        self.say_with("moment-zoned", &[("moment", self.moment(reader, at)?.into()), ("zone", zone.into())])
    }

    /// `12,50 €`, of minor units of an ISO 4217 currency.
    pub(super) fn money(&self, reader: &Reader, minor: i64, currency: &str) -> Result<String, RenderError> {
        let amount = self.formats(reader)?.amount(minor.unsigned_abs(), currency)?;
        let sign = if minor < 0 { "-" } else { "" };
        let values =
            [("region", region(reader)), ("code", currency.into()), ("sign", sign.into()), ("amount", amount.into())];
        self.say_with("money", &values)
    }

    fn formats(&self, reader: &Reader) -> Result<Formats, RenderError> {
        let locale = |key| self.say_with(key, &[("region", region(reader))]);
        Ok(Formats::new(&locale("dates")?, &locale("amounts")?, reader.time_zone)?)
    }

    /// The first line, to whoever this is.
    pub(super) fn greeting(&self, name: Option<&str>) -> Result<String, RenderError> {
        match name.map(harmless_name).filter(|name| !name.is_empty()) {
            Some(name) => self.say_with("greeting", &[("name", name.into())]),
            None => self.say("greeting-unnamed"),
        }
    }
}

fn region(reader: &Reader) -> FluentValue<'static> {
    reader.region.country.into()
}

/// Parses a locale's file.
pub(super) fn bundle(language: Language, messages: &str) -> Result<FluentBundle<FluentResource>, RenderError> {
    let broken = |what: &dyn fmt::Debug| RenderError::Broken(format!("locale {language}: {what:?}"));
    let resource = FluentResource::try_new(messages.to_owned()).map_err(|(_, errors)| broken(&errors))?;
    let mut bundle = FluentBundle::new_concurrent(vec![language.tag().parse().map_err(|error| broken(&error))?]);
    // Isolation marks around names show as boxes in some subject lines; names lose their direction marks instead.
    bundle.set_use_isolating(false);
    bundle.add_resource(resource).map_err(|errors| broken(&errors))?;
    Ok(bundle)
}
