//! Registering a clinic and proving an address.
//!
//! A registration writes company, person, place, trial and job in one transaction; the worker makes the clinic; its verification
//! mail is queued as it becomes active. Where the clinic cannot be made, the worker undoes all of it.

mod entry;
mod model;

use std::sync::Arc;

use poem::Request;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::Header;

use super::account::token_invalid;
use super::alike::alike;
use super::password::Passwords;
use super::proxies::client_address;
use super::throttle::Throttle;
use super::visitor::Visitor;
use crate::api::Tag;
use crate::api::answer::Done;
use crate::api::body::Body;
use crate::api::text::{City, IdempotencyKey, PersonName};
use crate::central::audit::{self, Event};
use crate::central::journal::{self, Reason, Requests};
use crate::central::outbox::{Kind, To, queue_mail};
use crate::central::{Central, outbox, profiles, users};
use crate::error::{ApiError, Result};
use crate::ids::ClinicId;
use crate::secrets::{MasterKeys, sha256};
use crate::sql;
use crate::sql::CentralLogin;
use crate::transaction;

pub use entry::Entry;
pub use model::{
    AddressOnly, CompanyAddress, CompanyView, NewRegistration, Registered, RegistrationAnswer, UserView, Verification,
};

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
        throttle.registration(client_address(request))?;
        let new = body.value;
        throttle.registration_of(&new.email.normalized())?;
        // Keyed: the body holds a password, which a plain hash would give to whoever reads the table.
        let hash = keys.fingerprint(&body.raw);
        if let Some(key) = &key.0
            && let Some(clinic) = registered_by(&central, key, &hash).await?
        {
            return answer(&central, &requests, clinic).await;
        }
        let visitor = Visitor::of(request);
        let event = visitor.event("registered");
        let clinic = match write(&central, &passwords, new, key.0.as_ref().zip(Some(&hash)), &event).await {
            // A request with the same key was quicker: what it registered is what this one asks for.
            Err(conflict @ ApiError::Conflict { .. }) => match &key.0 {
                Some(key) => registered_by(&central, key, &hash).await?.ok_or(conflict),
                None => Err(conflict),
            },
            written => written,
        };
        let clinic = audit::record_refusal(&central, &event, clinic).await?;
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
        throttle.login(client_address(request))?;
        let hash = sha256(body.value.token.as_str().as_bytes());
        throttle.login_of(hash)?;
        let visitor = Visitor::of(request);
        let event = visitor.event("email_verified");
        let outcome = transaction!(central.work(), |tx| {
            let user = users::verify_email(tx, &hash).await?.ok_or_else(token_invalid)?;
            let profile = profiles::within(tx, user, None).await?;
            if let Some(place) = profile.as_ref().and_then(|profile| profile.clinics.first()) {
                let clinic = Some(ClinicId(place.id));
                queue_mail(tx, Kind::Welcome, To::User(user), clinic, &serde_json::json!({})).await?;
            }
            audit::record(tx, &Event { user: Some(user), ..event }).await
        });
        audit::record_refusal(&central, &event, outcome).await?;
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
        throttle.registration(client_address(request))?;
        let email = body.value.email.normalized();
        // Whoever asks too often for somebody else must not keep them from asking: the mail is on its way by then.
        let goes_on = throttle.registration_of(&email).is_ok();
        let visitor = Visitor::of(request);
        let asked = async {
            transaction!(central.work(), |tx| {
                let queued = if goes_on { outbox::queue_verification(tx, &email).await? } else { None };
                // Also where there is none to send: what is answered then has taken the same statements and waited for the disk.
                let (user, clinic) = queued.unzip();
                let failed = queued.is_none();
                audit::record(tx, &Event { failed, clinic, user, ..visitor.event("verification_requested") }).await
            })
        };
        alike(asked).await?;
        Ok(Done)
    }
}

/// Writes company, person, place, trial and job, in one transaction.
async fn write(
    central: &Central,
    passwords: &Passwords,
    new: NewRegistration,
    key: Option<(&IdempotencyKey, &[u8; 32])>,
    event: &Event<'_>,
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
    let password_hash = passwords.accept(&new.password, "/password", &hints(&new)).await?;
    let clinic = ClinicId::generate();
    let entry = Entry::of(new, clinic, password_hash);
    transaction!(central.work(), |tx| {
        entry.write(tx, event).await?;
        if let Some((key, hash)) = key
            && tx.row(&TAKE_KEY, &[&key.as_str(), &&hash[..], &clinic.0]).await?.is_none()
        {
            return Err(ApiError::Conflict {
                code: "request_in_progress",
                detail: "A request with this key is being answered.".into(),
                pointer: None,
            });
        }
        journal::request(tx, clinic, Reason::Registration).await
    })?;
    Ok(clinic)
}

/// What whoever knows the person and the clinic would try as a password.
fn hints(new: &NewRegistration) -> Vec<&str> {
    let mut hints = vec![new.company_name.as_str(), new.company_email.as_str(), new.email.as_str()];
    hints.extend([&new.first_name, &new.last_name].into_iter().flatten().map(PersonName::as_str));
    hints.extend(new.address.iter().filter_map(|address| address.city.as_ref()).map(City::as_str));
    hints
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
