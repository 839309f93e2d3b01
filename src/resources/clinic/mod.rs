//! The clinic itself: its settings, its country's public holidays, its subscription.
//!
//! Invariant: name, language and time zone lie in central too, where mail about accounts, sessions and problems read them. A change writes central's
//! copy while it holds the clinic's row, after PostgreSQL has let it change that: copies are written in the order of changes, and by nobody who may
//! not. Where central refuses, nothing has changed. Where the clinic's COMMIT fails after it, central is ahead, until the same change, repeated, mends it.

mod examples;
mod model;
mod statements;

use chrono::{DateTime, Days, Utc};
use chrono_tz::Tz;
use poem::web::Data;
use poem_openapi::param::{Header, Query};
use poem_openapi::{Object, OpenApi};

use crate::api::Tag;
use crate::api::answer::{Found, Listed, Read, expect_version};
use crate::api::body::Body;
use crate::api::day::Day;
use crate::api::hours::Hours;
use crate::api::text::EntityTags;
use crate::auth::caller::Bearer;
use crate::central::{Central, companies, subscriptions};
use crate::clinic::{ClinicTx, Clinics, Write};
use crate::error::{ApiError, Result};
use crate::ids::Role;
use crate::region::{Locality, clock, holidays};
use crate::transaction;

pub use model::{ClinicAddress, ClinicAddressPatch, ClinicPatch, ClinicSettings, ClinicTaxRate};
pub use statements::STATEMENTS;
use statements::{FIND, FIND_FOR_UPDATE, HOLIDAYS_OF, UPDATE};

/// The most days that one look at public holidays spans.
const MOST_DAYS: i64 = 1100;

/// A public holiday.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct HolidayView {
    /// The day.
    pub day: Day,
    /// What it is, the same in all languages, such as `easter_monday`.
    pub key: String,
    /// What it is called in the reader's language.
    pub name: String,
}

/// Public holidays, in their order; two may share a day.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Holidays {
    /// The holidays.
    pub data: Vec<HolidayView>,
}

/// What a clinic has subscribed to.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Subscription {
    /// `trial`, `solo`, `practice` or `group`.
    pub plan: String,
    /// `trialing`, `active`, `past_due` or `cancelled`.
    pub status: String,
    /// When the trial ends, or has ended.
    #[oai(skip_serializing_if_is_none)]
    pub trial_ends_at: Option<DateTime<Utc>>,
    /// When the present period began.
    pub period_start: DateTime<Utc>,
    /// When it ends.
    #[oai(skip_serializing_if_is_none)]
    pub period_end: Option<DateTime<Utc>>,
    /// How many people may work here.
    pub seats: i32,
    /// How many do, or are invited to.
    pub seats_used: i64,
}

/// The operations on the clinic itself.
#[derive(Clone, Copy, Debug)]
pub struct ClinicItself;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Clinic")]
impl ClinicItself {
    /// Read the clinic's settings
    ///
    /// Its name, hours, rules and numbering; country, currency, tax and retention are as they were registered.
    #[oai(path = "/clinic", method = "get", operation_id = "clinic_find")]
    async fn find(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The version that the client has: answered 304 if it is the newest.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<EntityTags>>,
    ) -> Result<Read<ClinicSettings>> {
        let settings =
            transaction!(clinics.read(&bearer.0), |tx| ClinicSettings::try_from(&tx.only(&FIND, &[]).await?))?;
        Ok(Read::of(settings, if_none_match.as_ref()))
    }

    /// Change the clinic's settings
    ///
    /// For admins and managers. A JSON merge patch: what is absent stays, `null` clears. Opening hours are given as a whole and must not overlap on a
    /// weekday.
    #[oai(path = "/clinic", method = "patch", operation_id = "clinic_update")]
    async fn update(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        central: Data<&Central>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
        body: Body<ClinicPatch>,
    ) -> Result<Found<ClinicSettings>> {
        let caller = &bearer.0;
        let settings = transaction!(clinics.write(caller), |tx| {
            let mut settings = ClinicSettings::try_from(&tx.one(&FIND_FOR_UPDATE, &[]).await?)?;
            expect_version(if_match.as_ref(), settings.version)?;
            body.value.clone().apply(&mut settings)?;
            let settings = store(tx, settings).await?;
            if body.value.is_told_to_central() {
                let (name, language) = (settings.name.as_str(), settings.language.as_str());
                companies::update(&central, caller.clinic(), name, language, settings.time_zone.as_str()).await?;
            }
            Ok(settings)
        })?;
        Ok(Found(settings))
    }

    /// List public holidays
    ///
    /// Of the clinic's country, and of its part of it (`holidaySubdivision`), named in the language of `Accept-Language`, else the clinic's. Whether they are
    /// closed days is said by `closedOnHolidays` and by closures of kind `open`.
    #[oai(path = "/clinic/holidays", method = "get", operation_id = "clinic_holidays")]
    async fn holidays(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        locality: Data<&Locality>,
        /// From this day on; today when absent.
        from: Query<Option<Day>>,
        /// Until this day, at most three years later; a year later when absent.
        to: Query<Option<Day>>,
    ) -> Result<Listed<Holidays>> {
        let row = transaction!(clinics.read(&bearer.0), |tx| tx.only(&HOLIDAYS_OF, &[]).await)?;
        let zone: Tz = row.try_get::<_, &str>("time_zone")?.parse().unwrap_or(Tz::UTC);
        let from = from.0.map_or_else(|| clock::day(Utc::now(), zone), |day| day.0);
        let to = to.0.map_or_else(|| from.checked_add_days(Days::new(365)).unwrap_or(from), |day| day.0);
        if !(0..=MOST_DAYS).contains(&(to - from).num_days()) {
            let detail = "must lie on the first day or at most three years later";
            return Err(ApiError::invalid("/query/to", "range", detail));
        }
        let (country, part): (&str, Option<&str>) = (row.try_get("country")?, row.try_get("holiday_subdivision")?);
        let language = locality.language();
        let named = |holiday: holidays::Holiday| HolidayView {
            day: Day(holiday.day),
            key: holiday.key.to_owned(),
            name: holidays::name(holiday.key, language).to_owned(),
        };
        Ok(Listed(Holidays { data: holidays::between(country, part, from, to).into_iter().map(named).collect() }))
    }

    /// Read the clinic's subscription
    ///
    /// For admins and managers: plan, status, when trial and period end, and how many of the seats are taken, by staff or by open invitations.
    #[oai(path = "/clinic/subscription", method = "get", operation_id = "clinic_subscription")]
    async fn subscription(&self, bearer: Bearer, central: Data<&Central>) -> Result<Listed<Subscription>> {
        let caller = &bearer.0;
        // It lies in central, where PostgreSQL knows no role of the clinic's.
        if !matches!(caller.role(), Role::Admin | Role::Manager) {
            return Err(ApiError::FORBIDDEN);
        }
        let subscriptions::Subscription { plan, status, trial_ends_at, period_start, period_end, seats, seats_used } =
            subscriptions::find(&central, caller.clinic()).await?;
        Ok(Listed(Subscription { plan, status, trial_ends_at, period_start, period_end, seats, seats_used }))
    }
}

/// Writes all that a client may change.
async fn store(tx: &mut ClinicTx<Write>, settings: ClinicSettings) -> Result<ClinicSettings> {
    let address = settings.address.unwrap_or_default();
    let row = tx
        .one(
            &UPDATE,
            &[
                &settings.name,
                &settings.language,
                &settings.time_zone,
                &settings.business_number,
                &settings.vat_number,
                &settings.email,
                &settings.phone,
                &address.line1,
                &address.line2,
                &address.postal_code,
                &address.city,
                &settings.patient_number_prefix,
                &settings.quote_number_prefix,
                &settings.invoice_number_prefix,
                &settings.credit_note_number_prefix,
                &Hours(settings.opening_hours),
                &settings.holiday_subdivision,
                &settings.closed_on_holidays,
                &settings.confirmation_mails,
                &settings.reminder_hours,
                &settings.cancellation_hours,
                &settings.hold_minutes,
                &settings.first_weekday,
                &settings.care_team_required,
            ],
        )
        .await?;
    ClinicSettings::try_from(&row)
}
