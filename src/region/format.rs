//! Dates, times, amounts and addresses as people write them: the parts by ICU's data for a locale such as `de-CH`.
//!
//! How the parts stand together ("Thursday, 26 November 2026 at 14:30", "€12.50") is a matter of words, and said by each
//! language's file; so is the locale, where it is not simply the language in the region. ICU4X has no stable formatter for
//! currencies: it writes the number, the file puts the sign and the currency to it.
//!
//! Invariant: nothing is rounded, and no time is told in another zone than the one given.

use std::fmt;

use chrono::{DateTime, Datelike as _, Offset as _, Timelike as _, Utc};
use chrono_tz::Tz;
use icu_calendar::Iso;
use icu_datetime::fieldsets::{self, zone};
use icu_datetime::{DateTimeFormatter, NoCalendarFormatter};
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal;
use icu_locale_core::Locale;
use icu_time::zone::models::AtTime;
use icu_time::zone::{UtcOffset, ZoneNameTimestamp};
use icu_time::{TimeZone, TimeZoneInfo, ZonedDateTime};

use super::{AddressPart, Region};

/// How one reader's dates and amounts are written.
#[derive(Clone, Debug)]
pub struct Formats {
    dates: Locale,
    amounts: Locale,
    time_zone: Tz,
}

/// What ICU does not understand. Quotes a locale's tag or a defect of ICU's data, never a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatError(String);

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "cannot be formatted: {}", self.0)
    }
}

impl std::error::Error for FormatError {}

fn failed(error: impl fmt::Display) -> FormatError {
    FormatError(error.to_string())
}

impl Formats {
    /// For locales by their BCP 47 tags, and times of this zone.
    ///
    /// # Errors
    /// For what is no tag.
    pub fn new(dates: &str, amounts: &str, time_zone: Tz) -> Result<Self, FormatError> {
        let locale = |tag: &str| tag.parse::<Locale>().map_err(|error| FormatError(format!("{tag}: {error}")));
        Ok(Self { dates: locale(dates)?, amounts: locale(amounts)?, time_zone })
    }

    /// `Donnerstag`.
    ///
    /// # Errors
    /// ICU has no data.
    pub fn weekday(&self, at: DateTime<Utc>) -> Result<String, FormatError> {
        let formatter = DateTimeFormatter::try_new((&self.dates).into(), fieldsets::E::long()).map_err(failed)?;
        Ok(formatter.format(&self.local(at)?).to_string())
    }

    /// `26. November 2026`.
    ///
    /// # Errors
    /// ICU has no data.
    pub fn date(&self, at: DateTime<Utc>) -> Result<String, FormatError> {
        let formatter = DateTimeFormatter::try_new((&self.dates).into(), fieldsets::YMD::long()).map_err(failed)?;
        Ok(formatter.format(&self.local(at)?).to_string())
    }

    /// `14:30`.
    ///
    /// # Errors
    /// ICU has no data.
    pub fn time(&self, at: DateTime<Utc>) -> Result<String, FormatError> {
        let formatter = NoCalendarFormatter::try_new((&self.dates).into(), fieldsets::T::hm()).map_err(failed)?;
        Ok(formatter.format(&self.local(at)?.time).to_string())
    }

    /// `Mitteleuropäische Zeit`.
    ///
    /// # Errors
    /// ICU has no data.
    pub fn zone(&self, at: DateTime<Utc>) -> Result<String, FormatError> {
        let formatter = NoCalendarFormatter::try_new((&self.dates).into(), zone::GenericLong).map_err(failed)?;
        Ok(formatter.format(&self.local(at)?.zone).to_string())
    }

    /// An amount without its currency: minor units of an ISO 4217 currency, `1250` of `EUR` being `12,50`.
    ///
    /// # Errors
    /// ICU has no data.
    pub fn amount(&self, minor: u64, currency: &str) -> Result<String, FormatError> {
        let formatter = DecimalFormatter::try_new((&self.amounts).into(), Default::default()).map_err(failed)?;
        let mut amount = Decimal::from(minor);
        amount.multiply_pow10(-decimals(currency));
        Ok(formatter.format(&amount).to_string())
    }

    fn local(&self, at: DateTime<Utc>) -> Result<ZonedDateTime<Iso, TimeZoneInfo<AtTime>>, FormatError> {
        let local = at.with_timezone(&self.time_zone);
        let small = |number: u32| u8::try_from(number).map_err(failed);
        let offset = UtcOffset::try_from_seconds(local.offset().fix().local_minus_utc()).map_err(failed)?;
        Ok(ZonedDateTime {
            date: icu_calendar::Date::try_new_iso(local.year(), small(local.month())?, small(local.day())?)
                .map_err(failed)?,
            time: icu_time::Time::try_new(small(local.hour())?, small(local.minute())?, small(local.second())?, 0)
                .map_err(failed)?,
            zone: TimeZone::from_iana_id(self.time_zone.name())
                .with_offset(Some(offset))
                .with_zone_name_timestamp(ZoneNameTimestamp::from_epoch_seconds(at.timestamp())),
        })
    }
}

/// Digits behind the decimal mark: ISO 4217, those of its currencies that do not have two.
fn decimals(currency: &str) -> i16 {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

/// Where something is, in parts; what is missing leaves no gap.
#[derive(Clone, Copy, Debug, Default)]
pub struct PostalAddress<'a> {
    /// Street and number.
    pub line1: Option<&'a str>,
    /// Building, floor, door.
    pub line2: Option<&'a str>,
    /// Postal code.
    pub postal_code: Option<&'a str>,
    /// Town.
    pub city: Option<&'a str>,
}

impl PostalAddress<'_> {
    /// Its lines, from the top, as in this region.
    #[must_use]
    pub fn lines(&self, region: &Region) -> Vec<String> {
        let part = |part: &AddressPart| match part {
            AddressPart::Line1 => self.line1,
            AddressPart::Line2 => self.line2,
            AddressPart::PostalCode => self.postal_code,
            AddressPart::City => self.city,
        };
        let line = |parts: &&[AddressPart]| {
            let filled = parts.iter().filter_map(part).map(str::trim).filter(|text| !text.is_empty());
            filled.collect::<Vec<_>>().join(" ")
        };
        region.address.iter().map(line).filter(|line| !line.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests;
