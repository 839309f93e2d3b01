//! Regions: what a country's law and habit decide, as data. Provisioning initialises a clinic's settings from them, and
//! resources ask them for tax rates and retention.
//!
//! Region and language are independent: a clinic in Spain may write in French. Adding a region is one entry in
//! `rules.rs`; nothing else names a country.
//!
//! Invariant: a rule that states law names its source; where we are not sure of the law, the value errs on the side that
//! can be mended later, and says so. Rates are those in force on 1 January 2025: whoever changes one names the text that
//! changed it.

pub mod clock;
mod format;
pub mod holidays;
mod language;
mod locality;
pub mod numbers;
mod rules;

use chrono::Weekday;
use chrono_tz::Tz;
use serde::Serialize;

pub use format::{FormatError, Formats, PostalAddress};
pub use language::{Language, UnknownLanguage};
pub use locality::Locality;
pub use numbers::Rule;

/// The rules of one country.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Region {
    /// ISO 3166-1 alpha-2, in capitals.
    pub country: &'static str,
    /// What a clinic writes in unless it says otherwise: an ISO 639-1 code. It may be one that we have no texts for yet:
    /// [`Region::language`] answers with one that we have.
    pub default_language: &'static str,
    /// IANA name; the mainland's where a country has several.
    #[serde(serialize_with = "time_zone_name")]
    pub time_zone: Tz,
    /// ISO 4217; all of the present ones have two decimals.
    pub currency: &'static str,
    /// What an address's lines hold, from the top. Source: Universal Postal Union, "Postal addressing systems in member countries".
    pub address: &'static [&'static [AddressPart]],
    /// The tax on what a clinic sells.
    pub tax: Tax,
    /// The day on which calendars begin: Unicode CLDR, `supplemental/weekData/firstDay`.
    pub first_weekday: Weekday,
    /// How long medical files are kept.
    pub retention: Retention,
    /// How patients and documents are numbered unless the clinic says otherwise.
    pub numbering: Numbering,
    /// The number under which a practice is registered.
    pub business_number: Rule,
    /// The number under which it owes VAT, if it does.
    pub vat_number: Rule,
    /// How addresses are sorted.
    pub postal_code: Rule,
    /// A telephone number as it is written to from abroad; of a range for fiction where the country keeps one.
    pub phone_example: &'static str,
}

/// A part of a [`PostalAddress`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AddressPart {
    /// Street and number, in whichever order people write them.
    Line1,
    /// Building, floor, door.
    Line2,
    /// Postal code.
    PostalCode,
    /// Town.
    City,
}

/// A country's value-added tax.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Tax {
    /// What documents call it, in the region's language.
    pub label: &'static str,
    /// One rate for each category that the country has, [`TaxCategory::Standard`] first.
    pub rates: &'static [TaxRate],
}

/// One rate of a country's value-added tax.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TaxRate {
    /// Which of the country's rates.
    pub category: TaxCategory,
    /// Hundredths of a per cent: 550 is 5.5 %.
    pub basis_points: u16,
    /// The law that sets it. For an exemption it is also what an invoice quotes (Directive 2006/112/EC, art. 226(11)).
    pub source: &'static str,
}

/// The kinds of rate, comparable across countries; what falls under which is the country's law.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, poem_openapi::Enum)]
#[serde(rename_all = "snake_case")]
#[oai(rename_all = "snake_case")]
pub enum TaxCategory {
    /// Whatever no other rate applies to.
    Standard,
    /// Between the standard rate and the reduced one.
    Intermediate,
    /// The common lower rate.
    Reduced,
    /// Lower than the reduced one.
    SuperReduced,
    /// Taxed at 0 %: unlike an exemption, it leaves the seller's own deductions whole.
    Zero,
    /// Medical care, exempt (in the Union by Directive 2006/112/EC, art. 132(1)(b) and (c)).
    ExemptHealthcare,
}

impl TaxCategory {
    const ALL: [Self; 6] =
        [Self::Standard, Self::Intermediate, Self::Reduced, Self::SuperReduced, Self::Zero, Self::ExemptHealthcare];

    /// Its name, as it is stored.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Intermediate => "intermediate",
            Self::Reduced => "reduced",
            Self::SuperReduced => "super_reduced",
            Self::Zero => "zero",
            Self::ExemptHealthcare => "exempt_healthcare",
        }
    }

    /// What was stored under this name.
    #[must_use]
    pub fn stored(name: &str) -> Self {
        Self::ALL.into_iter().find(|category| category.name() == name).unwrap_or(Self::Standard)
    }
}

/// How long a medical file is kept after the last contact with the patient.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Retention {
    /// Whole years. A floor: a clinic may set more, never less.
    pub years: u16,
    /// Whether `years` is the law's or ours.
    pub basis: RetentionBasis,
    /// The law, or what is known where none is certain.
    pub source: &'static str,
}

/// Where a retention period comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RetentionBasis {
    /// A national law names the years.
    Law,
    /// Ours, because there is no single national rule, or none that we are sure of: rather too long than too short,
    /// since a file kept too long can still be deleted.
    Conservative,
}

/// Prefixes of numbers. A patient's is `<prefix>-<sequence>`, a document's `<prefix>-<year>-<sequence>`, each type of
/// document with a gapless sequence of its own (Directive 2006/112/EC, art. 226(2)).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Numbering {
    /// Patients.
    pub patient: &'static str,
    /// Quotes.
    pub quote: &'static str,
    /// Invoices.
    pub invoice: &'static str,
    /// Credit notes.
    pub credit_note: &'static str,
}

impl Region {
    /// All of them.
    #[must_use]
    pub fn all() -> &'static [Self] {
        rules::REGIONS
    }

    /// That of requests that say nothing of theirs.
    #[must_use]
    pub fn fallback() -> &'static Self {
        &rules::REGIONS[0]
    }

    /// The region of a country code, in whatever letter case; `None` where we have no rules.
    #[must_use]
    pub fn parse(country: &str) -> Option<&'static Self> {
        Self::all().iter().find(|region| region.country.eq_ignore_ascii_case(country))
    }

    /// What a clinic of this region is written to in unless it says otherwise: its default language, else English.
    #[must_use]
    pub fn language(&self) -> Language {
        Language::lookup(self.default_language).unwrap_or(Language::ENGLISH)
    }

    /// The rate of a category, if the country has one.
    #[must_use]
    pub fn tax_rate(&self, category: TaxCategory) -> Option<&TaxRate> {
        self.tax.rates.iter().find(|rate| rate.category == category)
    }
}

/// The language to use for whoever asked for `requested` (a BCP 47 tag): `fr-BE`, then `fr`, then the region's, then
/// English. It is one language, for the whole of a text; see [`Language::chain`] for what happens when it lacks a message.
#[must_use]
pub fn language_for(requested: Option<&str>, region: &Region) -> Language {
    requested.and_then(Language::lookup).unwrap_or_else(|| region.language())
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde asks for")]
fn time_zone_name<S: serde::Serializer>(time_zone: &Tz, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(time_zone.name())
}

#[cfg(test)]
mod tests;
