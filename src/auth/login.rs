//! Logging in and out. A log-in is a row of steps, each in one place: limits, credentials, second factor, clinic, session.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use poem::Request;
use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use serde_json::json;
use uuid::Uuid;

use super::attempts::Attempt;
use super::caller::{Account, Callers};
use super::opening::{self, ClinicView, Entry, LoggedIn, NO_MEMBERSHIP, SUSPENDED};
use super::password::Passwords;
use super::proxies::client_address;
use super::register::{CompanyView, UserView};
use super::second_factor;
use super::throttle::Throttle;
use super::token::Tokens;
use super::visitor::Visitor;
use crate::api::Tag;
use crate::api::answer::{Done, Listed};
use crate::api::body::Body;
use crate::api::text::{Email, OpaqueToken, Password, SecondFactorCode};
use crate::central::audit::{self, Event};
use crate::central::outbox::{Kind, To, queue_mail};
use crate::central::profiles::{self, Place, Profile};
use crate::central::sessions::{self, Limits};
use crate::central::users::{self, User};
use crate::central::{Central, CentralTx, accounts, devices};
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, UserId};
use crate::secrets::{MasterKeys, random_text, sha256};
use crate::transaction;

/// Whatever is wrong with them.
const WRONG: ApiError =
    ApiError::Unauthenticated { code: "credentials_invalid", detail: "The address or the password is wrong." };

/// Credentials.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct Credentials {
    /// The address that was registered.
    pub email: Email,
    /// The password.
    pub password: Password,
    /// At which clinic, for people who work at several; when absent, where they were last, or else the first they joined.
    pub company_id: Option<Uuid>,
    /// The `deviceToken` that an earlier log-in on this device was answered with.
    pub device_token: Option<OpaqueToken>,
    /// Of the second factor, for people who have one: what the app shows, or a recovery code.
    pub code: Option<SecondFactorCode>,
}

/// Who is logged in.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none, example)]
pub struct Me {
    /// The person.
    pub user: UserView,
    /// The clinic; absent for the platform's own people.
    pub company: Option<CompanyView>,
    /// The clinics to choose from, first joined first.
    pub clinics: Vec<ClinicView>,
}

/// Logging in and out.
#[derive(Clone, Copy, Debug)]
pub struct Login;

#[OpenApi(tag = "Tag::Auth")]
impl Login {
    /// Log in (public)
    ///
    /// An unknown address and a wrong password are answered alike. Who has a second factor is asked for its `code` once the password is right: 401 `code_required`.
    #[oai(path = "/api/v1/auth/login", method = "post", operation_id = "auth_login")]
    #[expect(clippy::too_many_arguments, reason = "what each step needs")]
    async fn login(
        &self,
        request: &Request,
        central: Data<&Central>,
        tokens: Data<&Arc<Tokens>>,
        passwords: Data<&Passwords>,
        throttle: Data<&Arc<Throttle>>,
        keys: Data<&Arc<MasterKeys>>,
        limits: Data<&Limits>,
        body: Body<Credentials>,
    ) -> Result<Listed<LoggedIn>> {
        throttle.login(client_address(request))?;
        let (given, visitor) = (body.value, Visitor::of(request));
        let attempt = wait_after_failures(&central, &keys, &throttle, &given).await?;
        let user = check_password(&central, &passwords, &given, &visitor).await?;
        let (id, failed) = (UserId(user.id), visitor.event("login"));
        let second_factor = second_factor::check(&central, &keys, id, given.code.as_ref(), failed).await?;
        attempt.succeeded(&central).await?;
        let clinic = check_place(&central, &user, given.company_id, &visitor).await?;
        let entry = Entry { user: UserId(user.id), clinic, second_factor, until: None };
        let password_of = user.password_changed_at;
        enter(&central, &tokens, **limits, &entry, password_of, visitor, given.device_token.as_ref()).await.map(Listed)
    }

    /// Log out
    ///
    /// Ends the session: its access and refresh tokens are worth nothing within a second.
    #[oai(path = "/api/v1/auth/logout", method = "post", operation_id = "auth_logout")]
    async fn logout(
        &self,
        request: &Request,
        account: Account,
        central: Data<&Central>,
        callers: Data<&Callers>,
    ) -> Result<Done> {
        let (caller, visitor) = (&account.0, Visitor::of(request));
        let event = Event { clinic: caller.clinic(), user: Some(caller.user()), ..visitor.event("logout") };
        transaction!(central.work(), |tx| {
            sessions::revoke(tx, caller.session(), "logout").await?;
            audit::record(tx, &event).await
        })?;
        callers.forget(caller.session());
        Ok(Done)
    }

    /// Who is logged in
    ///
    /// The person, the role, the clinic that the access token is for, and the clinics to choose from.
    #[oai(path = "/api/v1/auth/me", method = "get", operation_id = "auth_me")]
    async fn me(&self, account: Account, central: Data<&Central>) -> Result<Listed<Me>> {
        let caller = &account.0;
        let profile = profiles::find(&central, caller.user(), caller.clinic()).await?;
        let (user, company, clinics) = opening::views(profile.ok_or(ApiError::NotFound)?);
        Ok(Listed(Me { user, company, clinics }))
    }
}

/// The delay after failures, which a device that is known for this address does not share with strangers.
async fn wait_after_failures(
    central: &Central,
    keys: &MasterKeys,
    throttle: &Throttle,
    given: &Credentials,
) -> Result<Attempt> {
    let account = given.email.normalized();
    let device = match &given.device_token {
        Some(token) => devices::known(central, &account, &sha256(token.as_str().as_bytes())).await?,
        None => None,
    };
    // Strangers must not use up the quota of a device that is known, either.
    match device {
        Some(device) => throttle.login_of(device)?,
        None => throttle.login_of(&account)?,
    }
    Attempt::on(central, keys, &account, device).await
}

/// The credentials: whose they are, if they are right.
async fn check_password(
    central: &Central,
    passwords: &Passwords,
    given: &Credentials,
    visitor: &Visitor,
) -> Result<User> {
    let user = users::by_email(central, &given.email.normalized()).await?;
    let stored = user.as_ref().map(|user| user.password_hash.as_str());
    let matches = passwords.verify(given.password.as_str(), stored).await?;
    let known = user.as_ref().map(|user| UserId(user.id));
    let Some(user) = user.filter(|_| matches) else {
        return refuse(central, visitor, known, "credentials_invalid", WRONG).await;
    };
    if let Some(renewed) = passwords.renewed(given.password.as_str(), &user.password_hash).await? {
        accounts::renew_hash(central, UserId(user.id), &user.password_hash, &renewed).await?;
    }
    Ok(user)
}

/// Where to: the address is proven, and there is a clinic for them; the platform's own people go nowhere else.
async fn check_place(
    central: &Central,
    user: &User,
    wanted: Option<Uuid>,
    visitor: &Visitor,
) -> Result<Option<ClinicId>> {
    let id = UserId(user.id);
    if !user.email_verified {
        let unproven =
            ApiError::Forbidden { code: "email_not_verified", detail: "The e-mail address is not verified yet." };
        return refuse(central, visitor, Some(id), "email_not_verified", unproven).await;
    }
    let profile = profiles::find(central, id, None).await?.ok_or(ApiError::NotFound)?;
    if profile.platform_role.is_some() && wanted.is_none() {
        return Ok(None);
    }
    match choose(&profile.clinics, wanted) {
        Ok(clinic) => Ok(Some(clinic)),
        Err(error) => refuse(central, visitor, Some(id), "no_clinic", error).await,
    }
}

/// Refuses a log-in, and writes down why.
async fn refuse<T>(
    central: &Central,
    visitor: &Visitor,
    user: Option<UserId>,
    why: &'static str,
    refusal: ApiError,
) -> Result<T> {
    let event = Event { failed: true, user, detail: Some(why), ..visitor.event("login") };
    transaction!(central.work(), |tx| audit::record(tx, &event).await)?;
    Err(refusal)
}

/// The clinic that was asked for; or where the person was last, or else the first that they joined, a suspended one only if there is
/// no other.
pub(super) fn choose(clinics: &[Place], wanted: Option<Uuid>) -> Result<ClinicId> {
    let candidates = clinics.iter().filter(|place| wanted.is_none_or(|clinic| clinic == place.id));
    // Stable: of those that were never used, the first joined is first.
    let chosen = candidates
        .min_by_key(|place| (place.status == "suspended", std::cmp::Reverse(place.last_used_at)))
        .ok_or(NO_MEMBERSHIP)?;
    if chosen.status == "suspended" { Err(SUSPENDED) } else { Ok(ClinicId(chosen.id)) }
}

/// Lets somebody in who has shown all that is asked: their device, their session, and who is told of it.
pub(super) async fn enter(
    central: &Central,
    tokens: &Tokens,
    limits: Limits,
    entry: &Entry,
    password_of: DateTime<Utc>,
    mut visitor: Visitor,
    device_token: Option<&OpaqueToken>,
) -> Result<LoggedIn> {
    let fresh = random_text();
    let (opened, profile, is_new) = transaction!(central.work(), |tx| {
        let before = users::touch_login(tx, entry.user, password_of).await?.ok_or(WRONG)?;
        let is_new = recognise(tx, entry, before, &mut visitor, device_token, &fresh).await?;
        let opened = opening::open(tx, limits, entry, &visitor).await?;
        let event = Event { clinic: entry.clinic, user: Some(entry.user), ..visitor.event("login") };
        audit::record(tx, &event).await?;
        let profile = profiles::within(tx, entry.user, entry.clinic).await?.ok_or(NO_MEMBERSHIP)?;
        Ok::<(opening::Opened, Profile, bool), ApiError>((opened, profile, is_new))
    })?;
    opening::answer(tokens, &opened, profile, is_new.then(|| fresh.to_string()))
}

/// The device, known or new; whether it is new. Who has been here before is written to about a new one.
async fn recognise(
    tx: &mut CentralTx,
    entry: &Entry,
    before: bool,
    visitor: &mut Visitor,
    device_token: Option<&OpaqueToken>,
    fresh: &str,
) -> Result<bool> {
    let (user, agent) = (entry.user, visitor.user_agent.clone());
    let known = match device_token {
        Some(token) => devices::seen(tx, user, &sha256(token.as_str().as_bytes()), agent.as_deref()).await?,
        None => None,
    };
    visitor.device = match known {
        Some(device) => Some(device),
        None => Some(devices::insert(tx, user, &sha256(fresh.as_bytes()), agent.as_deref()).await?),
    };
    if known.is_none() && before {
        let payload = json!({ "device": visitor.device_name(), "network": visitor.network, "at": Utc::now() });
        queue_mail(tx, Kind::NewDevice, To::User(user), entry.clinic, &payload).await?;
    }
    Ok(known.is_none())
}
