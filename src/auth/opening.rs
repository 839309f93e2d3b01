//! Opening a session: the one place. Whoever has been let in, and however, goes through [`open`] and is answered by [`answer`].

use chrono::{DateTime, Utc};
use poem_openapi::Object;
use uuid::Uuid;
use zeroize::Zeroizing;

use super::register::{CompanyView, UserView};
use super::token::{Scope, Subject, Tokens};
use super::visitor::Visitor;
use crate::central::CentralTx;
use crate::central::profiles::{Here, Place, Profile};
use crate::central::sessions::{self, Limits, NewSession};
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, SessionId, UserId};
use crate::secrets::{random_text, sha256};

/// A log-in.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none, example)]
pub struct LoggedIn {
    /// For `Authorization: Bearer …`.
    pub access_token: String,
    /// For `POST /auth/refresh`, once.
    pub refresh_token: String,
    /// Seconds that the access token is good for.
    pub expires_in: i64,
    /// By which the device is known at the next log-in, where it was not yet: keep it, and send it with the credentials.
    pub device_token: Option<String>,
    /// Who logged in.
    pub user: UserView,
    /// Where; absent for the platform's own people.
    pub company: Option<CompanyView>,
    /// The clinics to choose from, first joined first.
    pub clinics: Vec<ClinicView>,
}

/// A clinic that a person works at.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", skip_serializing_if_is_none)]
pub struct ClinicView {
    /// The clinic.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// The person's role there.
    pub role: String,
    /// `pending`, `provisioning`, `active` or `suspended`.
    pub status: String,
    /// When they were there last, as far as it is still known.
    pub last_used_at: Option<DateTime<Utc>>,
}

/// For whom and what a session is opened.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The person.
    pub user: UserId,
    /// Where; nowhere for the platform's own people.
    pub clinic: Option<ClinicId>,
    /// Whether a second factor was shown.
    pub second_factor: bool,
    /// No later than this, where it goes on from another session.
    pub until: Option<DateTime<Utc>>,
}

/// What a session goes on with.
pub struct Opened {
    /// The session.
    pub session: SessionId,
    /// Its first, or next, refresh token.
    pub refresh_token: Zeroizing<String>,
    /// When it ends at the latest.
    pub expires_at: DateTime<Utc>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opened({})", self.session)
    }
}

/// Opens a session.
///
/// # Errors
/// As the database refuses.
pub async fn open(tx: &mut CentralTx, limits: Limits, entry: &Entry, visitor: &Visitor) -> Result<Opened> {
    let (session, refresh_token) = (SessionId::generate(), random_text());
    let new = NewSession {
        user: entry.user,
        clinic: entry.clinic,
        device: visitor.device,
        user_agent: visitor.user_agent.as_deref(),
        network: visitor.network.as_deref(),
        second_factor: entry.second_factor,
        until: entry.until,
    };
    let expires_at = sessions::open(tx, session, &new, limits, &sha256(refresh_token.as_bytes())).await?;
    Ok(Opened { session, refresh_token, expires_at })
}

/// Answers a log-in, a refresh or a change of clinic: the tokens, and whose they are.
///
/// # Errors
/// 403 when the person has no place there (any more), or the clinic is suspended.
pub fn answer(tokens: &Tokens, opened: &Opened, profile: Profile, device_token: Option<String>) -> Result<LoggedIn> {
    let scope = match (&profile.here, &profile.platform_role) {
        (Some(here), None) if here.status == "suspended" => return Err(SUSPENDED),
        (Some(here), None) => Scope::Clinic(ClinicId(here.id), here.role.parse().map_err(ApiError::internal)?),
        (None, Some(role)) => Scope::Platform(role.parse().map_err(ApiError::internal)?),
        (None, None) | (Some(_), Some(_)) => return Err(NO_MEMBERSHIP),
    };
    let subject = Subject {
        user: UserId(profile.user_id),
        email: &profile.email,
        scope,
        session: opened.session,
        session_ends: opened.expires_at.timestamp(),
    };
    let now = Utc::now().timestamp();
    let (access_token, expires_in) = (tokens.issue(&subject, now)?, subject.lifetime(now));
    let refresh_token = opened.refresh_token.to_string();
    let (user, company, clinics) = views(profile);
    Ok(LoggedIn { access_token, refresh_token, expires_in, device_token, user, company, clinics })
}

/// Whoever does not work there, or no longer.
pub const NO_MEMBERSHIP: ApiError =
    ApiError::Forbidden { code: "no_such_membership", detail: "You do not work at this clinic." };
/// Whoever works at a clinic that is suspended.
pub const SUSPENDED: ApiError = ApiError::Forbidden { code: "clinic_suspended", detail: "The clinic is suspended." };

/// A profile, as answered.
#[must_use]
pub fn views(profile: Profile) -> (UserView, Option<CompanyView>, Vec<ClinicView>) {
    let Profile { user_id, email, first_name, last_name, language, email_verified, platform_role, here, clinics } =
        profile;
    let (role, company) = here.map(company).unzip();
    let role = role.or(platform_role).unwrap_or_default();
    let user = UserView { id: user_id, email, first_name, last_name, language, role, email_verified };
    let clinic = |Place { id, name, role, status, last_used_at }| ClinicView { id, name, role, status, last_used_at };
    (user, company, clinics.into_iter().map(clinic).collect())
}

fn company(here: Here) -> (String, CompanyView) {
    let Here { role, id, name, country, language, time_zone, currency, status } = here;
    (role, CompanyView { id, name, country, language, time_zone, currency, status })
}
