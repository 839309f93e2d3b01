//! What a clinic's settings look like: as answered, as changed, and as stored.

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use poem_openapi::types::{MaybeUndefined, ParseFromJSON as _};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::api::answer::Resource;
use crate::api::hours::{Hours, OpeningHours};
use crate::api::text::{
    AddressLine, BusinessNumber, City, Country, Email, Language as LanguageTag, NumberPrefix, OrganisationName,
    PhoneNumber, PostalCode, Subdivision, TaxLabel, TimeZone, VatNumber,
};
use crate::error::{ApiError, Result};
use crate::region::{Language, holidays};

/// A clinic's postal address, in its country.
#[derive(Debug, Clone, Default, PartialEq, Eq, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct ClinicAddress {
    /// Street and number.
    pub line1: Option<AddressLine>,
    /// What does not fit the first line.
    pub line2: Option<AddressLine>,
    /// Postal code.
    pub postal_code: Option<PostalCode>,
    /// Town.
    pub city: Option<City>,
}

/// A clinic's postal address's changes.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClinicAddressPatch {
    /// Street and number.
    #[oai(nullable)]
    pub line1: MaybeUndefined<AddressLine>,
    /// What does not fit the first line.
    #[oai(nullable)]
    pub line2: MaybeUndefined<AddressLine>,
    /// Postal code.
    #[oai(nullable)]
    pub postal_code: MaybeUndefined<PostalCode>,
    /// Town.
    #[oai(nullable)]
    pub city: MaybeUndefined<City>,
}

/// A rate of the tax on what a clinic sells.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase")]
pub struct ClinicTaxRate {
    /// Which of the country's rates, such as `standard` or `exempt_healthcare`.
    pub category: String,
    /// Hundredths of a per cent: 550 is 5.5 %.
    pub basis_points: i32,
    /// The law that sets it.
    pub source: String,
}

/// A clinic's settings.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct ClinicSettings {
    /// The clinic.
    pub id: Uuid,
    /// Its name.
    pub name: OrganisationName,
    /// ISO 3166-1 alpha-2; it stays as it was registered.
    pub country: Country,
    /// What the clinic writes in.
    pub language: LanguageTag,
    /// IANA; opening hours, availability and days are local to it.
    pub time_zone: TimeZone,
    /// ISO 4217; its country's.
    pub currency: String,
    /// The number in the country's register of businesses.
    #[oai(skip_serializing_if_is_none)]
    pub business_number: Option<BusinessNumber>,
    /// VAT number.
    #[oai(skip_serializing_if_is_none)]
    pub vat_number: Option<VatNumber>,
    /// E-mail address, for patients.
    #[oai(skip_serializing_if_is_none)]
    pub email: Option<Email>,
    /// Telephone number, international form.
    #[oai(skip_serializing_if_is_none)]
    pub phone: Option<PhoneNumber>,
    /// Postal address.
    #[oai(skip_serializing_if_is_none)]
    pub address: Option<ClinicAddress>,
    /// What the tax is called; its country's.
    pub tax_label: TaxLabel,
    /// Its rates; its country's.
    pub tax_rates: Vec<ClinicTaxRate>,
    /// What patients' numbers begin with.
    pub patient_number_prefix: NumberPrefix,
    /// What quotes' numbers begin with.
    pub quote_number_prefix: NumberPrefix,
    /// What invoices' numbers begin with.
    pub invoice_number_prefix: NumberPrefix,
    /// What credit notes' numbers begin with.
    pub credit_note_number_prefix: NumberPrefix,
    /// When the clinic is open, in the order of the week; empty: not stated.
    pub opening_hours: Vec<OpeningHours>,
    /// Whose public holidays are kept beside the country's (ISO 3166-2).
    #[oai(skip_serializing_if_is_none)]
    pub holiday_subdivision: Option<Subdivision>,
    /// Whether public holidays are closed days.
    pub closed_on_holidays: bool,
    /// Whether patients get a mail when they are booked.
    pub confirmation_mails: bool,
    /// How many hours before an appointment patients are reminded; absent: they are not.
    #[oai(skip_serializing_if_is_none)]
    pub reminder_hours: Option<i16>,
    /// Until how many hours before an appointment a patient can call it off by link.
    pub cancellation_hours: i16,
    /// How long a slot is held.
    pub hold_minutes: i16,
    /// The day that calendars begin with: 1 is Monday, 7 Sunday (ISO 8601).
    pub first_weekday: i16,
    /// How long medical files are kept; its country's.
    pub retention_years: i16,
    /// Whether only a patient's care team sees their medical file.
    pub care_team_required: bool,
    /// When the clinic was made.
    pub created_at: DateTime<Utc>,
    /// When the settings were last changed.
    pub updated_at: DateTime<Utc>,
    /// Grows with each change; the `ETag`.
    pub version: i32,
}

impl Resource for ClinicSettings {
    const PATH: &'static str = "/api/v1/clinic";

    fn id(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

impl TryFrom<&Row> for ClinicSettings {
    type Error = ApiError;

    fn try_from(row: &Row) -> Result<Self> {
        let address = ClinicAddress {
            line1: row.try_get("address_line1")?,
            line2: row.try_get("address_line2")?,
            postal_code: row.try_get("postal_code")?,
            city: row.try_get("city")?,
        };
        let rates = Vec::parse_from_json(Some(row.try_get("tax_rates")?));
        Ok(Self {
            id: row.try_get("company_id")?,
            name: row.try_get("name")?,
            country: row.try_get("country")?,
            language: row.try_get("language")?,
            time_zone: row.try_get("time_zone")?,
            currency: row.try_get("currency")?,
            business_number: row.try_get("business_number")?,
            vat_number: row.try_get("vat_number")?,
            email: row.try_get("email")?,
            phone: row.try_get("phone")?,
            address: (address != ClinicAddress::default()).then_some(address),
            tax_label: row.try_get("tax_label")?,
            tax_rates: rates.map_err(|_| ApiError::internal(anyhow::anyhow!("stored tax rates do not parse")))?,
            patient_number_prefix: row.try_get("patient_number_prefix")?,
            quote_number_prefix: row.try_get("quote_number_prefix")?,
            invoice_number_prefix: row.try_get("invoice_number_prefix")?,
            credit_note_number_prefix: row.try_get("credit_note_number_prefix")?,
            opening_hours: row.try_get::<_, Hours>("opening_hours")?.0,
            holiday_subdivision: row.try_get("holiday_subdivision")?,
            closed_on_holidays: row.try_get("closed_on_holidays")?,
            confirmation_mails: row.try_get("confirmation_mails")?,
            reminder_hours: row.try_get("reminder_hours")?,
            cancellation_hours: row.try_get("cancellation_hours")?,
            hold_minutes: row.try_get("hold_minutes")?,
            first_weekday: row.try_get("first_weekday")?,
            retention_years: row.try_get("retention_years")?,
            care_team_required: row.try_get("care_team_required")?,
            created_at: row.try_get("created_at")?,
            updated_at: row.try_get("updated_at")?,
            version: row.try_get("version")?,
        })
    }
}

/// Changes to a clinic's settings (JSON merge patch, RFC 7396): absent leaves, null clears.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct ClinicPatch {
    /// Its name.
    #[oai(skip_serializing_if_is_none)]
    pub name: Option<OrganisationName>,
    /// What the clinic writes in: one of the application's languages.
    #[oai(skip_serializing_if_is_none)]
    pub language: Option<LanguageTag>,
    /// IANA. Appointments stay at their instant; opening hours and availability stay at their local time.
    #[oai(skip_serializing_if_is_none)]
    pub time_zone: Option<TimeZone>,
    /// The number in the country's register of businesses.
    #[oai(nullable)]
    pub business_number: MaybeUndefined<BusinessNumber>,
    /// VAT number.
    #[oai(nullable)]
    pub vat_number: MaybeUndefined<VatNumber>,
    /// E-mail address, for patients.
    #[oai(nullable)]
    pub email: MaybeUndefined<Email>,
    /// Telephone number, international form.
    #[oai(nullable)]
    pub phone: MaybeUndefined<PhoneNumber>,
    /// Postal address.
    #[oai(nullable)]
    pub address: MaybeUndefined<ClinicAddressPatch>,
    /// What patients' numbers begin with, from now on.
    #[oai(skip_serializing_if_is_none)]
    pub patient_number_prefix: Option<NumberPrefix>,
    /// What quotes' numbers begin with, from now on.
    #[oai(skip_serializing_if_is_none)]
    pub quote_number_prefix: Option<NumberPrefix>,
    /// What invoices' numbers begin with, from now on.
    #[oai(skip_serializing_if_is_none)]
    pub invoice_number_prefix: Option<NumberPrefix>,
    /// What credit notes' numbers begin with, from now on.
    #[oai(skip_serializing_if_is_none)]
    pub credit_note_number_prefix: Option<NumberPrefix>,
    /// When the clinic is open, all of it; empty: not stated.
    #[oai(skip_serializing_if_is_none, validator(max_items = 70))]
    pub opening_hours: Option<Vec<OpeningHours>>,
    /// Whose public holidays are kept beside the country's: a part of the clinic's country.
    #[oai(nullable)]
    pub holiday_subdivision: MaybeUndefined<Subdivision>,
    /// Whether public holidays are closed days.
    #[oai(skip_serializing_if_is_none)]
    pub closed_on_holidays: Option<bool>,
    /// Whether patients get a mail when they are booked.
    #[oai(skip_serializing_if_is_none)]
    pub confirmation_mails: Option<bool>,
    /// How many hours before an appointment patients are reminded; null: they are not.
    #[oai(nullable, validator(minimum(value = "1"), maximum(value = "336")))]
    pub reminder_hours: MaybeUndefined<i16>,
    /// Until how many hours before an appointment a patient can call it off by link.
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "0"), maximum(value = "336")))]
    pub cancellation_hours: Option<i16>,
    /// How long a slot is held.
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "1"), maximum(value = "60")))]
    pub hold_minutes: Option<i16>,
    /// The day that calendars begin with: 1 is Monday, 7 Sunday (ISO 8601).
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "1"), maximum(value = "7")))]
    pub first_weekday: Option<i16>,
    /// Whether only a patient's care team sees their medical file.
    #[oai(skip_serializing_if_is_none)]
    pub care_team_required: Option<bool>,
}

impl ClinicPatch {
    /// Whether it names something that central knows too.
    pub(super) const fn is_told_to_central(&self) -> bool {
        self.name.is_some() || self.language.is_some() || self.time_zone.is_some()
    }

    /// The settings after these changes.
    ///
    /// # Errors
    /// 422 for a language that the application has no texts in, opening hours that overlap, and a part of another country.
    pub(super) fn apply(self, to: &mut ClinicSettings) -> Result<()> {
        fn set<T>(field: &mut T, change: Option<T>) {
            if let Some(value) = change {
                *field = value;
            }
        }
        if let Some(asked) = &self.language {
            to.language = spoken(asked)?;
        }
        if let Some(hours) = self.opening_hours {
            to.opening_hours = Hours::checked(hours, "/openingHours")?.0;
        }
        self.holiday_subdivision.update_to(&mut to.holiday_subdivision);
        let part = to.holiday_subdivision.as_ref().map(Subdivision::as_str);
        if part.is_some_and(|part| !holidays::is_part(to.country.as_str(), part)) {
            let detail = "is not a part of the clinic's country whose public holidays are known";
            return Err(ApiError::invalid("/holidaySubdivision", "unknown_subdivision", detail));
        }
        set(&mut to.name, self.name);
        set(&mut to.time_zone, self.time_zone);
        self.business_number.update_to(&mut to.business_number);
        self.vat_number.update_to(&mut to.vat_number);
        self.email.update_to(&mut to.email);
        self.phone.update_to(&mut to.phone);
        match self.address {
            MaybeUndefined::Undefined => {}
            MaybeUndefined::Null => to.address = None,
            MaybeUndefined::Value(change) => {
                let address = to.address.get_or_insert_default();
                change.line1.update_to(&mut address.line1);
                change.line2.update_to(&mut address.line2);
                change.postal_code.update_to(&mut address.postal_code);
                change.city.update_to(&mut address.city);
            }
        }
        set(&mut to.patient_number_prefix, self.patient_number_prefix);
        set(&mut to.quote_number_prefix, self.quote_number_prefix);
        set(&mut to.invoice_number_prefix, self.invoice_number_prefix);
        set(&mut to.credit_note_number_prefix, self.credit_note_number_prefix);
        set(&mut to.closed_on_holidays, self.closed_on_holidays);
        set(&mut to.confirmation_mails, self.confirmation_mails);
        self.reminder_hours.update_to(&mut to.reminder_hours);
        set(&mut to.cancellation_hours, self.cancellation_hours);
        set(&mut to.hold_minutes, self.hold_minutes);
        set(&mut to.first_weekday, self.first_weekday);
        set(&mut to.care_team_required, self.care_team_required);
        Ok(())
    }
}

/// The application's own tag for a language that is asked for: `fr` for `fr-BE`.
fn spoken(asked: &LanguageTag) -> Result<LanguageTag> {
    let known = Language::lookup(asked.as_str()).and_then(|language| language.tag().parse().ok());
    known.ok_or_else(|| {
        let all: Vec<&str> = Language::all().map(Language::tag).collect();
        ApiError::invalid("/language", "not_allowed", format!("must be one of: {}", all.join(", ")))
    })
}
