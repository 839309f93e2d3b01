//! What a registration says, and what is answered.

use poem::http::StatusCode;
use poem::{IntoResponse, Response};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::{ToJSON, Type as _};
use poem_openapi::{ApiResponse, Object};
use uuid::Uuid;

use crate::api::text::{
    AddressLine, BusinessNumber, City, Email, Language, NewPassword, OpaqueToken, OrganisationName, PersonName,
    PhoneNumber, PostalCode, TimeZone, VatNumber,
};
use crate::auth::fields::{Accepted, ServedCountry};
use crate::central::{Central, companies};
use crate::error::Result;
use crate::ids::ClinicId;

/// A clinic and the person who registers it.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct NewRegistration {
    /// The clinic's name.
    pub company_name: OrganisationName,
    /// The clinic's country, ISO 3166-1 alpha-2: one of the supported regions. Decides currency, tax and numbering.
    pub country: ServedCountry,
    /// The clinic's language; its region's when absent.
    pub language: Option<Language>,
    /// The clinic's time zone, IANA; its region's when absent.
    pub time_zone: Option<TimeZone>,
    /// The number in the country's register of businesses, such as a SIRET.
    pub business_number: Option<BusinessNumber>,
    /// The VAT number.
    pub vat_number: Option<VatNumber>,
    /// The clinic's e-mail address.
    pub company_email: Email,
    /// The clinic's telephone number, international form.
    pub company_phone: Option<PhoneNumber>,
    /// The clinic's postal address.
    pub address: Option<CompanyAddress>,
    /// The person's e-mail address, with which to log in.
    pub email: Email,
    /// The password to log in with: 12 characters or more.
    pub password: NewPassword,
    /// Given name.
    pub first_name: Option<PersonName>,
    /// Family name.
    pub last_name: Option<PersonName>,
    /// Whether the terms of service are accepted: must be true.
    pub accept_terms: Accepted,
}

/// A clinic's postal address.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields)]
pub struct CompanyAddress {
    /// Street and number.
    pub line1: Option<AddressLine>,
    /// What does not fit the first line.
    pub line2: Option<AddressLine>,
    /// Postal code.
    pub postal_code: Option<PostalCode>,
    /// Town.
    pub city: Option<City>,
}

/// A person with an account.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase")]
pub struct UserView {
    /// The person.
    pub id: Uuid,
    /// E-mail address.
    pub email: String,
    /// Given name.
    #[oai(skip_serializing_if_is_none)]
    pub first_name: Option<String>,
    /// Family name.
    #[oai(skip_serializing_if_is_none)]
    pub last_name: Option<String>,
    /// ISO 639-1.
    pub language: String,
    /// The role at the clinic.
    pub role: String,
    /// Whether the address is proven.
    pub email_verified: bool,
}

/// A clinic.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase")]
pub struct CompanyView {
    /// The clinic.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// ISO 639-1.
    pub language: String,
    /// IANA.
    pub time_zone: String,
    /// ISO 4217.
    pub currency: String,
    /// `pending`, `provisioning`, `active` or `suspended`.
    pub status: String,
}

impl CompanyView {
    /// Reads a clinic.
    ///
    /// # Errors
    /// Not found.
    pub async fn of(central: &Central, clinic: ClinicId) -> Result<Self> {
        let company = companies::find(central, clinic).await?;
        Ok(Self {
            id: company.id,
            name: company.name,
            country: company.country,
            language: company.language,
            time_zone: company.time_zone,
            currency: company.currency,
            status: company.status,
        })
    }
}

/// What became of a registration.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Registered {
    /// Who registered.
    pub user: UserView,
    /// The clinic.
    pub company: CompanyView,
    /// Whether the clinic's database is ready.
    pub clinic_provisioned: bool,
    /// What to do now: `verify_email`.
    pub next_step: String,
}

/// 201 with the clinic ready, or 202 while it is still being made.
#[derive(Debug)]
pub struct RegistrationAnswer(pub Registered);

impl IntoResponse for RegistrationAnswer {
    fn into_response(self) -> Response {
        let status = if self.0.clinic_provisioned { StatusCode::CREATED } else { StatusCode::ACCEPTED };
        Response::builder().status(status).content_type("application/json").body(self.0.to_json_string())
    }
}

impl ApiResponse for RegistrationAnswer {
    fn meta() -> MetaResponses {
        let answer = |status, description| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content: vec![MetaMediaType { content_type: "application/json", schema: Registered::schema_ref() }],
            headers: vec![],
        };
        MetaResponses {
            responses: vec![
                answer(201, "Registered; the clinic is ready."),
                answer(202, "Registered; the clinic is being made, and its mail follows when it is ready."),
            ],
        }
    }

    fn register(registry: &mut Registry) {
        Registered::register(registry);
    }
}

/// The one-time token of a verification mail.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct Verification {
    /// As in the mail's link.
    pub token: OpaqueToken,
}

/// An e-mail address.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct AddressOnly {
    /// The address with which the person registered.
    pub email: Email,
}
