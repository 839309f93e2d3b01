//! A person's own second factor: enrolled, confirmed, removed, its recovery codes replaced.
//!
//! Whoever changes it shows the password again, and, where there is one, the second factor; what was opened before the change ends.

use std::sync::Arc;

use poem::Request;
use poem::web::Data;
use poem_openapi::{Object, OpenApi};

use super::account::{Owners, PasswordOnly};
use super::caller::{Account, Callers, Owner};
use super::proxies::client_address;
use super::second_factor::{Secret, Shown, qr, recovery_codes, show};
use super::throttle::Throttle;
use super::visitor::Visitor;
use crate::api::Tag;
use crate::api::answer::{Done, Listed};
use crate::api::body::Body;
use crate::api::text::{Password, SecondFactorCode};
use crate::central::audit::{self, Event};
use crate::central::sessions::{self, Which};
use crate::central::{Central, CentralTx, second_factor};
use crate::error::{ApiError, Result};
use crate::secrets::MasterKeys;
use crate::transaction;

/// A second factor to be.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct NewSecondFactor {
    /// To be typed into an authenticator app, base32.
    pub secret: String,
    /// The same, as apps read it.
    pub otpauth_uri: String,
    /// The same, as a QR code: an SVG element.
    pub qr_svg: String,
}

/// What the app shows.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct AppCode {
    /// Six digits.
    pub code: SecondFactorCode,
}

/// Who changes a second factor.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct PasswordAndCode {
    /// The password that the person logs in with.
    pub password: Password,
    /// What the app shows, or a recovery code.
    pub code: SecondFactorCode,
}

/// Shown this once.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct RecoveryCodes {
    /// Each stands in once for a second factor that is lost.
    pub recovery_codes: Vec<String>,
}

/// A person's own second factor.
#[derive(Clone, Copy, Debug)]
pub struct SecondFactor;

#[OpenApi(prefix_path = "/api/v1/auth", tag = "Tag::Auth")]
impl SecondFactor {
    /// Begin with a second factor
    ///
    /// Answers what an authenticator app needs. It counts once it is confirmed by a code; begun again, what was answered before counts no more.
    #[oai(path = "/totp", method = "post", operation_id = "auth_totp_begin")]
    async fn begin(
        &self,
        request: &Request,
        account: Account,
        central: Data<&Central>,
        keys: Data<&Arc<MasterKeys>>,
        owners: Data<&Owners>,
        body: Body<PasswordOnly>,
    ) -> Result<Listed<NewSecondFactor>> {
        let (caller, visitor) = (&account.0, Visitor::of(request));
        let event = event(caller, &visitor, "totp_begun");
        let proof = owners.attempt(request, caller, &body.value.password, "/password").await;
        let (user, attempt) = audit::record_refusal(&central, &event, proof).await?;
        let secret = Secret::generate();
        let sealed = secret.seal(&keys, caller.user())?;
        transaction!(central.work(), |tx| {
            if !second_factor::start(tx, caller.user(), &sealed).await? {
                return Err(enabled());
            }
            audit::record(tx, &event).await
        })?;
        attempt.succeeded(&central).await?;
        let otpauth_uri = secret.uri(&user.email);
        Ok(Listed(NewSecondFactor { secret: secret.base32(), qr_svg: qr(&otpauth_uri)?, otpauth_uri }))
    }

    /// Confirm a second factor
    ///
    /// By a code of the app. From then on it is asked for at every log-in; sessions that were opened without it end, but for this one.
    #[oai(path = "/totp/confirm", method = "post", operation_id = "auth_totp_confirm")]
    #[expect(clippy::too_many_arguments, reason = "what it works with")]
    async fn confirm(
        &self,
        request: &Request,
        account: Account,
        central: Data<&Central>,
        keys: Data<&Arc<MasterKeys>>,
        callers: Data<&Callers>,
        throttle: Data<&Arc<Throttle>>,
        body: Body<AppCode>,
    ) -> Result<Listed<RecoveryCodes>> {
        throttle.login(client_address(request))?;
        let (caller, visitor, code) = (&account.0, Visitor::of(request), &body.value.code);
        let event = event(caller, &visitor, "totp_enabled");
        let (codes, hashes) = recovery_codes();
        let confirmed = transaction!(central.work(), |tx| {
            let enrolment = second_factor::find(tx, caller.user())
                .await?
                .ok_or_else(|| conflict("totp_not_begun", "Begin with a second factor first."))?;
            if enrolment.confirmed {
                return Err(enabled());
            }
            let time = chrono::Utc::now().timestamp().unsigned_abs();
            let Some(step) = Secret::open(&keys, caller.user(), &enrolment.sealed)?.step_of(code.as_str(), time)?
            else {
                return refuse(tx, &event).await;
            };
            if !second_factor::confirm(tx, caller.user(), &enrolment.sealed, step).await? {
                return Err(enabled());
            }
            second_factor::replace_recovery_codes(tx, caller.user(), &hashes).await?;
            sessions::revoke_of(tx, caller.user(), Which::Others(caller.session()), "second_factor", &event).await?;
            audit::record(tx, &event).await?;
            Ok(true)
        })?;
        callers.forget(caller.session());
        if confirmed { Ok(Listed(RecoveryCodes { recovery_codes: codes })) } else { Err(wrong_code()) }
    }

    /// Give up the second factor
    ///
    /// With a code of it, or a recovery code: so does whoever has another app begin anew. All other sessions end; a clinic that asks for
    /// one is closed until there is one again.
    #[oai(path = "/totp/disable", method = "post", operation_id = "auth_totp_disable")]
    #[expect(clippy::too_many_arguments, reason = "what it works with")]
    async fn disable(
        &self,
        request: &Request,
        account: Account,
        central: Data<&Central>,
        keys: Data<&Arc<MasterKeys>>,
        callers: Data<&Callers>,
        owners: Data<&Owners>,
        body: Body<PasswordAndCode>,
    ) -> Result<Done> {
        let (caller, visitor, given) = (&account.0, Visitor::of(request), &body.value);
        let event = event(caller, &visitor, "totp_disabled");
        let proof = owners.attempt(request, caller, &given.password, "/password").await;
        let (_, attempt) = audit::record_refusal(&central, &event, proof).await?;
        let disabled = transaction!(central.work(), |tx| {
            if !shows(tx, &keys, caller, &given.code, &event).await? {
                return refuse(tx, &event).await;
            }
            second_factor::remove(tx, caller.user()).await?;
            sessions::revoke_of(tx, caller.user(), Which::Others(caller.session()), "second_factor", &event).await?;
            audit::record(tx, &event).await?;
            Ok(true)
        })?;
        if !disabled {
            return Err(wrong_code());
        }
        callers.forget(caller.session());
        attempt.succeeded(&central).await?;
        Ok(Done)
    }

    /// Get new recovery codes
    ///
    /// Those from before count no more.
    #[oai(path = "/totp/recovery-codes", method = "post", operation_id = "auth_totp_recovery_codes")]
    async fn recovery_codes(
        &self,
        request: &Request,
        account: Account,
        central: Data<&Central>,
        keys: Data<&Arc<MasterKeys>>,
        owners: Data<&Owners>,
        body: Body<PasswordAndCode>,
    ) -> Result<Listed<RecoveryCodes>> {
        let (caller, visitor, given) = (&account.0, Visitor::of(request), &body.value);
        let event = event(caller, &visitor, "recovery_codes_replaced");
        let proof = owners.attempt(request, caller, &given.password, "/password").await;
        let (_, attempt) = audit::record_refusal(&central, &event, proof).await?;
        let (codes, hashes) = recovery_codes();
        let replaced = transaction!(central.work(), |tx| {
            if !shows(tx, &keys, caller, &given.code, &event).await? {
                return refuse(tx, &event).await;
            }
            second_factor::replace_recovery_codes(tx, caller.user(), &hashes).await?;
            audit::record(tx, &event).await?;
            Ok(true)
        })?;
        if !replaced {
            return Err(wrong_code());
        }
        attempt.succeeded(&central).await?;
        Ok(Listed(RecoveryCodes { recovery_codes: codes }))
    }
}

fn event<'a>(caller: &Owner, visitor: &'a Visitor, action: &'static str) -> Event<'a> {
    Event { clinic: caller.clinic(), user: Some(caller.user()), ..visitor.event(action) }
}

/// Whether the caller shows their second factor; who has none cannot change it.
async fn shows(
    tx: &mut CentralTx,
    keys: &MasterKeys,
    caller: &Owner,
    code: &SecondFactorCode,
    event: &Event<'_>,
) -> Result<bool> {
    match show(tx, keys, caller.user(), Some(code), event).await? {
        Shown::None => Err(conflict("totp_not_enabled", "You have no second factor.")),
        Shown::Code | Shown::RecoveryCode => Ok(true),
        Shown::Missing | Shown::Wrong => Ok(false),
    }
}

/// Writes down that a code was wrong: the transaction goes on, and changes nothing else.
async fn refuse(tx: &mut CentralTx, event: &Event<'_>) -> Result<bool> {
    audit::record(tx, &Event { failed: true, detail: Some("code_invalid"), ..*event }).await?;
    Ok(false)
}

fn wrong_code() -> ApiError {
    ApiError::invalid("/code", "code_invalid", "is wrong, or was used already")
}

fn conflict(code: &'static str, detail: &'static str) -> ApiError {
    ApiError::Conflict { code, detail: detail.into(), pointer: None }
}

fn enabled() -> ApiError {
    conflict("totp_enabled", "You have a second factor already: disable it first.")
}
