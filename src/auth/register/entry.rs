//! What a registration enters in central: the clinic, `pending`, the person who runs it, and a trial.
//!
//! The registration adds the job that makes the clinic. `dev::demo`, which leaves most of its clinics pending, is the only
//! other caller: who calls chooses the clinic's id, so no request may reach this in any other way.

use poem_openapi::types::ToJSON as _;

use super::model::NewRegistration;
use crate::api::text::{BusinessNumber, Language, PersonName, PhoneNumber, TimeZone, VatNumber};
use crate::auth::fields::ServedCountry;
use crate::central::CentralTx;
use crate::central::audit::{self, Event};
use crate::central::companies::{self, NewCompany};
use crate::central::users::{self, NewUser};
use crate::error::Result;
use crate::ids::{ClinicId, Role, UserId};
use crate::region;

/// A clinic and its first person, to be entered.
#[derive(Debug)]
pub struct Entry {
    company: NewCompany,
    user: NewUser,
}

impl Entry {
    /// Of a registration whose password was hashed; what it leaves open is its region's.
    #[must_use]
    pub fn of(new: NewRegistration, clinic: ClinicId, password_hash: String) -> Self {
        let ServedCountry(region) = new.country;
        let language = region::language_for(new.language.as_ref().map(Language::as_str), region).tag().to_owned();
        let company = NewCompany {
            id: clinic,
            name: new.company_name.into_string(),
            email_normalized: new.company_email.normalized(),
            email: new.company_email.into_string(),
            phone: new.company_phone.map(PhoneNumber::into_string),
            address: new.address.and_then(|address| address.to_json()).unwrap_or_else(|| serde_json::json!({})),
            country: region.country.to_owned(),
            language: language.clone(),
            time_zone: new.time_zone.map_or_else(|| region.time_zone.name().to_owned(), TimeZone::into_string),
            currency: region.currency.to_owned(),
            business_number: new.business_number.map(BusinessNumber::into_string),
            vat_number: new.vat_number.map(VatNumber::into_string),
        };
        let user = NewUser {
            id: UserId::generate(),
            email_normalized: new.email.normalized(),
            email: new.email.into_string(),
            password_hash,
            first_name: new.first_name.map(PersonName::into_string),
            last_name: new.last_name.map(PersonName::into_string),
            language,
        };
        Self { company, user }
    }

    /// The person.
    #[must_use]
    pub const fn user(&self) -> UserId {
        self.user.id
    }

    /// Enters company, person, place and trial, and the event that they were.
    ///
    /// # Errors
    /// Conflict when an address is taken.
    pub async fn write(&self, tx: &mut CentralTx, event: &Event<'_>) -> Result<()> {
        let clinic = self.company.id;
        companies::insert(tx, &self.company).await?;
        users::insert(tx, &self.user, clinic, Role::Admin).await?;
        companies::open_trial(tx, clinic).await?;
        let (clinic, user) = (Some(clinic), Some(self.user.id));
        audit::record(tx, &Event { clinic, user, ..*event }).await
    }
}
