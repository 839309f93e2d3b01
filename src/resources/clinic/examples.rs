//! Examples of a clinic's settings, for the spec.

use chrono::DateTime;
use poem_openapi::types::{Example, MaybeUndefined};
use uuid::Uuid;

use super::model::{ClinicAddress, ClinicPatch, ClinicSettings, ClinicTaxRate};
use super::{HolidayView, Holidays, Subscription};
use crate::api::hours::OpeningHours;

#[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
fn sample<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().expect("an example that the type's own check accepts")
}

fn mornings() -> Vec<OpeningHours> {
    (1..=2).map(|weekday| OpeningHours { weekday, starts: sample("08:30"), ends: sample("12:00") }).collect()
}

impl Example for ClinicSettings {
    fn example() -> Self {
        let at = sample::<DateTime<chrono::Utc>>("2026-01-01T00:00:00Z");
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0002),
            name: sample("Cabinet du Parc"),
            country: sample("FR"),
            language: sample("fr"),
            time_zone: sample("Europe/Paris"),
            currency: "EUR".into(),
            business_number: Some(sample("73282932000074")),
            vat_number: None,
            email: Some(sample("accueil@cabinet-du-parc.example")),
            phone: Some(sample("+33 1 42 68 53 00")),
            address: Some(ClinicAddress {
                line1: Some(sample("12 rue de la Paix")),
                line2: None,
                postal_code: Some(sample("75002")),
                city: Some(sample("Paris")),
            }),
            tax_label: sample("TVA"),
            tax_rates: vec![ClinicTaxRate {
                category: "exempt_healthcare".into(),
                basis_points: 0,
                source: "Code général des impôts, art. 261, 4, 1°".into(),
            }],
            patient_number_prefix: sample("PAT"),
            quote_number_prefix: sample("DEV"),
            invoice_number_prefix: sample("FAC"),
            credit_note_number_prefix: sample("AVO"),
            opening_hours: mornings(),
            holiday_subdivision: Some(sample("FR-75C")),
            closed_on_holidays: true,
            confirmation_mails: true,
            reminder_hours: Some(24),
            cancellation_hours: 24,
            hold_minutes: 5,
            first_weekday: 1,
            retention_years: 20,
            care_team_required: false,
            created_at: at,
            updated_at: at,
            version: 1,
        }
    }
}

impl Example for ClinicPatch {
    fn example() -> Self {
        Self {
            name: None,
            language: None,
            time_zone: None,
            business_number: MaybeUndefined::Undefined,
            vat_number: MaybeUndefined::Undefined,
            email: MaybeUndefined::Undefined,
            phone: MaybeUndefined::Undefined,
            address: MaybeUndefined::Undefined,
            patient_number_prefix: None,
            quote_number_prefix: None,
            invoice_number_prefix: None,
            credit_note_number_prefix: None,
            opening_hours: None,
            holiday_subdivision: MaybeUndefined::Undefined,
            closed_on_holidays: None,
            confirmation_mails: None,
            reminder_hours: MaybeUndefined::Value(48),
            cancellation_hours: None,
            hold_minutes: None,
            first_weekday: None,
            care_team_required: None,
        }
    }
}

impl Example for Holidays {
    fn example() -> Self {
        Self {
            data: vec![HolidayView {
                day: sample("2026-04-06"),
                key: "easter_monday".into(),
                name: "Lundi de Pâques".into(),
            }],
        }
    }
}

impl Example for Subscription {
    fn example() -> Self {
        let at = sample("2026-01-01T00:00:00Z");
        Self {
            plan: "trial".into(),
            status: "trialing".into(),
            trial_ends_at: Some(sample("2026-01-31T00:00:00Z")),
            period_start: at,
            period_end: None,
            seats: 5,
            seats_used: 2,
        }
    }
}
