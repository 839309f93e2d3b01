//! Registering a clinic and proving an address.
//!
//! A registration writes company, person, place, trial and job in one transaction; the worker makes the clinic; its verification
//! mail is queued as it becomes active. Where the clinic cannot be made, the worker undoes all of it.

use std::sync::Arc;

use poem::Request;
use poem::http::StatusCode;
use poem::web::Data;
use poem::{IntoResponse, Response};
use poem_openapi::param::Header;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::{ToJSON, Type as _};
use poem_openapi::{ApiResponse, Object, OpenApi};
use uuid::Uuid;

use super::fields::{Accepted, ServedCountry};
use super::password::Passwords;
use super::throttle::Throttle;
use crate::api::Tag;
use crate::api::answer::Done;
use crate::api::body::Body;
use crate::api::text::{
    AddressLine, City, Email, IdempotencyKey, Language, NewPassword, OpaqueToken, OrganisationName, PersonName,
    PhoneNumber, PostalCode, RegisterNumber, TimeZone,
};
use crate::central::audit::{self, Event};
use crate::central::companies::{self, NewCompany};
use crate::central::journal::{self, Reason, Requests};
use crate::central::users::{self, NewUser};
use crate::central::{Central, outbox};
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, RequestId, Role, UserId};
use crate::region;
use crate::secrets::{MasterKeys, sha256};
use crate::sql;
use crate::sql::CentralLogin;
use crate::transaction;

sql! { Central;
    /// Takes a key for a registration.
    TAKE_KEY by [CentralLogin::Api];
        "INSERT INTO idempotency_keys (operation, key, request_hash, company_id) VALUES ('auth_register', $1, $2, $3)
         ON CONFLICT DO NOTHING RETURNING key";
    /// What a key was used for.
    KEY by [CentralLogin::Api];
        "SELECT request_hash, company_id FROM idempotency_keys WHERE operation = 'auth_register' AND key = $1";
    /// Who registered a clinic.
    REGISTRANT by [CentralLogin::Api];
        "SELECT u.id, u.email, u.first_name, u.last_name, u.language, u.email_verified_at IS NOT NULL AS email_verified, m.role
           FROM memberships m JOIN users u ON u.id = m.user_id
          WHERE m.company_id = $1 ORDER BY m.created_at, u.id LIMIT 1";
}

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
    /// The number in the country's register of businesses.
    pub business_number: Option<RegisterNumber>,
    /// The VAT number.
    pub vat_number: Option<RegisterNumber>,
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
pub struct RegistrationAnswer(Registered);

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

/// Registering and proving an address.
#[derive(Clone, Copy, Debug)]
pub struct Registration;

#[OpenApi(prefix_path = "/api/v1/auth", tag = "Tag::Auth")]
impl Registration {
    /// Register a clinic (public)
    ///
    /// Makes the clinic's own database at once, and sends a mail by which to prove the person's address.
    #[oai(path = "/register", method = "post", operation_id = "auth_register")]
    #[expect(clippy::too_many_arguments, reason = "what a registration works with")]
    async fn register(
        &self,
        request: &Request,
        central: Data<&Central>,
        keys: Data<&Arc<MasterKeys>>,
        passwords: Data<&Passwords>,
        throttle: Data<&Arc<Throttle>>,
        requests: Data<&Requests>,
        /// Names this attempt: repeated, it is answered alike and nothing is made twice.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        body: Body<NewRegistration>,
    ) -> Result<RegistrationAnswer> {
        throttle.registration(request.remote_addr().as_socket_addr().map(std::net::SocketAddr::ip))?;
        let new = body.value;
        // Keyed: the body holds a password, which a plain hash would give to whoever reads the table.
        let hash = keys.fingerprint(&body.raw);
        if let Some(key) = &key.0
            && let Some(clinic) = registered_by(&central, key, &hash).await?
        {
            return answer(&central, &requests, clinic).await;
        }
        let request_id = request.data::<RequestId>().map(|id| id.0);
        let clinic = match write(&central, &passwords, new, key.0.as_ref().zip(Some(&hash)), request_id).await {
            // A request with the same key was quicker: what it registered is what this one asks for.
            Err(conflict @ ApiError::Conflict { .. }) => match &key.0 {
                Some(key) => registered_by(&central, key, &hash).await?.ok_or(conflict)?,
                None => return Err(conflict),
            },
            written => written?,
        };
        answer(&central, &requests, clinic).await
    }

    /// Prove an e-mail address (public)
    ///
    /// With the token of the mail. A token works once, within 24 hours.
    #[oai(path = "/verify-email", method = "post", operation_id = "auth_verify_email")]
    async fn verify_email(
        &self,
        request: &Request,
        central: Data<&Central>,
        throttle: Data<&Arc<Throttle>>,
        body: Body<Verification>,
    ) -> Result<Done> {
        throttle.login(request.remote_addr().as_socket_addr().map(std::net::SocketAddr::ip))?;
        let hash = sha256(body.value.token.as_str().as_bytes());
        let request_id = request.data::<RequestId>().map(|id| id.0);
        transaction!(central.work(), |tx| {
            let user = users::verify_email(tx, &hash).await?.ok_or_else(|| {
                ApiError::invalid("/token", "token_invalid", "is not valid, was used already, or has expired")
            })?;
            let event = Event { action: "email_verified", user: Some(user), request: request_id, ..Event::default() };
            audit::record(tx, &event).await
        })?;
        Ok(Done)
    }

    /// Ask for another verification mail (public)
    ///
    /// Answered alike whether or not the address has an account.
    #[oai(path = "/resend-verification", method = "post", operation_id = "auth_resend_verification")]
    async fn resend_verification(
        &self,
        request: &Request,
        central: Data<&Central>,
        throttle: Data<&Arc<Throttle>>,
        body: Body<AddressOnly>,
    ) -> Result<Done> {
        throttle.registration(request.remote_addr().as_socket_addr().map(std::net::SocketAddr::ip))?;
        let email = body.value.email.normalized();
        transaction!(central.work(), |tx| outbox::queue_verification(tx, &email).await)?;
        Ok(Done)
    }
}

/// Writes company, person, place, trial and job, in one transaction.
async fn write(
    central: &Central,
    passwords: &Passwords,
    new: NewRegistration,
    key: Option<(&IdempotencyKey, &[u8; 32])>,
    request_id: Option<Uuid>,
) -> Result<ClinicId> {
    let (email, company_email) = (new.email.normalized(), new.company_email.normalized());
    match users::taken(central, &email, &company_email).await? {
        (true, _) => {
            return Err(taken("email_taken", "An account with this e-mail address exists already.", "/email"));
        }
        (_, true) => {
            return Err(taken(
                "company_email_taken",
                "A clinic with this e-mail address exists already.",
                "/companyEmail",
            ));
        }
        _ => {}
    }
    let password_hash = passwords.hash(new.password.as_str()).await?;
    let ServedCountry(region) = new.country;
    let clinic = ClinicId::generate();
    let language = region::language_for(new.language.as_ref().map(Language::as_str), region).tag().to_owned();
    let company = NewCompany {
        id: clinic,
        name: new.company_name.into_string(),
        email: new.company_email.into_string(),
        email_normalized: company_email,
        phone: new.company_phone.map(PhoneNumber::into_string),
        address: new.address.and_then(|address| address.to_json()).unwrap_or_else(|| serde_json::json!({})),
        country: region.country.to_owned(),
        language: language.clone(),
        time_zone: new.time_zone.map_or_else(|| region.time_zone.name().to_owned(), TimeZone::into_string),
        currency: region.currency.to_owned(),
        business_number: new.business_number.map(RegisterNumber::into_string),
        vat_number: new.vat_number.map(RegisterNumber::into_string),
    };
    let user = NewUser {
        id: UserId::generate(),
        email: new.email.into_string(),
        email_normalized: email,
        password_hash,
        first_name: new.first_name.map(PersonName::into_string),
        last_name: new.last_name.map(PersonName::into_string),
        language,
    };
    transaction!(central.work(), |tx| {
        companies::insert(tx, &company).await?;
        users::insert(tx, &user, clinic, Role::Admin).await?;
        companies::open_trial(tx, clinic).await?;
        if let Some((key, hash)) = key
            && tx.row(&TAKE_KEY, &[&key.as_str(), &&hash[..], &clinic.0]).await?.is_none()
        {
            return Err(ApiError::Conflict {
                code: "request_in_progress",
                detail: "A request with this key is being answered.".into(),
                pointer: None,
            });
        }
        journal::request(tx, clinic, Reason::Registration).await?;
        let (clinic, user) = (Some(clinic), Some(user.id));
        audit::record(tx, &Event { action: "registered", clinic, user, request: request_id, detail: None }).await
    })?;
    Ok(clinic)
}

fn taken(code: &'static str, detail: &'static str, pointer: &'static str) -> ApiError {
    ApiError::Conflict { code, detail: detail.into(), pointer: Some(pointer) }
}

/// The clinic that this key made, if it was used with the same body.
async fn registered_by(central: &Central, key: &IdempotencyKey, hash: &[u8; 32]) -> Result<Option<ClinicId>> {
    let Some(row) = central.row(&KEY, &[&key.as_str()]).await? else { return Ok(None) };
    if row.try_get::<_, &[u8]>(0)? != hash {
        return Err(ApiError::invalid(
            "/header/Idempotency-Key",
            "idempotency_key_reused",
            "was used with another request",
        ));
    }
    Ok(Some(ClinicId(row.try_get(1)?)))
}

/// Waits for the clinic and tells what became of it.
async fn answer(central: &Central, requests: &Requests, clinic: ClinicId) -> Result<RegistrationAnswer> {
    let clinic_provisioned = requests.wait(clinic).await?;
    let row = central.row(&REGISTRANT, &[&clinic.0]).await?.ok_or(ApiError::NotFound)?;
    let user = UserView {
        id: row.try_get("id")?,
        email: row.try_get("email")?,
        first_name: row.try_get("first_name")?,
        last_name: row.try_get("last_name")?,
        language: row.try_get("language")?,
        role: row.try_get("role")?,
        email_verified: row.try_get("email_verified")?,
    };
    let company = CompanyView::of(central, clinic).await?;
    Ok(RegistrationAnswer(Registered { user, company, clinic_provisioned, next_step: "verify_email".to_owned() }))
}
