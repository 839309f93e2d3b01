//! Logging in and out.

use std::sync::Arc;

use poem::Request;
use poem::web::Data;
use poem_openapi::{Object, OpenApi};
use uuid::Uuid;

use super::caller::{Bearer, Callers};
use super::password::Passwords;
use super::register::{CompanyView, UserView};
use super::throttle::Throttle;
use super::token::{LIFETIME, Tokens};
use crate::api::Tag;
use crate::api::answer::{Done, Listed};
use crate::api::body::Body;
use crate::api::text::{Email, Password};
use crate::central::audit::{self, Event};
use crate::central::sessions;
use crate::central::users::{self, Membership, User};
use crate::central::{Central, CentralTx};
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, RequestId, Role, SessionId, UserId};
use crate::secrets::{random_text, sha256};
use crate::transaction;

/// Credentials.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct Credentials {
    /// The address that was registered.
    pub email: Email,
    /// The password.
    pub password: Password,
    /// At which clinic, for people who work at several; the first they joined when absent.
    pub company_id: Option<Uuid>,
}

/// A log-in.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct LoggedIn {
    /// For `Authorization: Bearer …`.
    pub access_token: String,
    /// For `POST /auth/refresh`, once.
    pub refresh_token: String,
    /// Seconds that the access token is good for.
    pub expires_in: i64,
    /// Who logged in.
    pub user: UserView,
    /// Where.
    pub company: CompanyView,
}

/// Who is logged in.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Me {
    /// The person.
    pub user: UserView,
    /// The clinic.
    pub company: CompanyView,
}

/// Logging in and out.
#[derive(Clone, Copy, Debug)]
pub struct Login;

#[OpenApi(tag = "Tag::Auth")]
impl Login {
    /// Log in (public)
    ///
    /// An unknown address and a wrong password are answered alike.
    #[oai(path = "/api/v1/auth/login", method = "post", operation_id = "auth_login")]
    async fn login(
        &self,
        request: &Request,
        central: Data<&Central>,
        tokens: Data<&Arc<Tokens>>,
        passwords: Data<&Passwords>,
        throttle: Data<&Arc<Throttle>>,
        body: Body<Credentials>,
    ) -> Result<Listed<LoggedIn>> {
        throttle.login(request.remote_addr().as_socket_addr().map(std::net::SocketAddr::ip))?;
        let credentials = body.value;
        let user = users::by_email(&central, &credentials.email.normalized()).await?;
        let stored = user.as_ref().map(|user| user.password_hash.as_str());
        let matches = passwords.verify(credentials.password.as_str(), stored).await?;
        let request_id = request.data::<RequestId>().map(|id| id.0);
        let known = user.as_ref().map(|user| UserId(user.id));
        let Some(user) = user.filter(|_| matches) else {
            let event = Event { action: "login", failed: true, user: known, request: request_id, ..Event::default() };
            transaction!(central.work(), |tx| audit::record(tx, &event).await)?;
            return Err(ApiError::Unauthenticated {
                code: "credentials_invalid",
                detail: "The address or the password is wrong.",
            });
        };
        if !user.email_verified {
            return Err(ApiError::Forbidden {
                code: "email_not_verified",
                detail: "The e-mail address is not verified yet.",
            });
        }
        let membership = choose(users::memberships(&central, UserId(user.id)).await?, credentials.company_id)?;
        let (clinic, id) = (ClinicId(membership.company_id), UserId(user.id));
        let holder = Holder::of(&central, user, clinic, membership.role).await?;
        let (session, refresh_token) = (SessionId::generate(), random_text());
        let hash = sha256(refresh_token.as_bytes());
        let agent: Option<String> = request.header("user-agent").map(|text| text.chars().take(400).collect());
        transaction!(central.work(), |tx| {
            sessions::open(tx, session, id, clinic, agent.as_deref(), &hash).await?;
            users::touch_login(tx, id).await?;
            let (clinic, user) = (Some(clinic), Some(id));
            audit::record(tx, &Event { action: "login", clinic, user, request: request_id, ..Event::default() }).await
        })?;
        holder.log_in(&tokens, session, &refresh_token)
    }

    /// Log out
    ///
    /// Ends the session: its access and refresh tokens are worth nothing within a second.
    #[oai(path = "/api/v1/auth/logout", method = "post", operation_id = "auth_logout")]
    async fn logout(&self, bearer: Bearer, central: Data<&Central>, callers: Data<&Callers>) -> Result<Done> {
        let caller = &bearer.0;
        transaction!(central.work(), |tx| end(tx, caller.session(), caller.user(), caller.clinic(), caller.request())
            .await)?;
        callers.forget(caller.session()).await;
        Ok(Done)
    }

    /// Who is logged in
    ///
    /// The person, the role, and the clinic that the access token is for.
    #[oai(path = "/api/v1/auth/me", method = "get", operation_id = "auth_me")]
    async fn me(&self, bearer: Bearer, central: Data<&Central>) -> Result<Listed<Me>> {
        let caller = &bearer.0;
        let user = users::by_id(&central, caller.user()).await?.ok_or(ApiError::NotFound)?;
        let company = CompanyView::of(&central, caller.clinic()).await?;
        Ok(Listed(Me { user: view(user, caller.role().name()), company }))
    }
}

async fn end(tx: &mut CentralTx, session: SessionId, user: UserId, clinic: ClinicId, request: RequestId) -> Result<()> {
    sessions::revoke(tx, session, "logout").await?;
    let (clinic, user) = (Some(clinic), Some(user));
    audit::record(tx, &Event { action: "logout", clinic, user, request: Some(request.0), ..Event::default() }).await
}

/// The clinic that was asked for, or the first that was joined and is not suspended.
pub(super) fn choose(memberships: Vec<Membership>, wanted: Option<Uuid>) -> Result<Membership> {
    let mut candidates: Vec<Membership> = memberships
        .into_iter()
        .filter(|membership| wanted.is_none_or(|clinic| clinic == membership.company_id))
        .collect();
    candidates.sort_by_key(|membership| membership.status == "suspended");
    let membership = candidates
        .into_iter()
        .next()
        .ok_or(ApiError::Forbidden { code: "no_such_membership", detail: "You do not work at this clinic." })?;
    if membership.status == "suspended" {
        return Err(ApiError::Forbidden { code: "clinic_suspended", detail: "The clinic is suspended." });
    }
    Ok(membership)
}

/// Who holds a session, as answered.
pub(super) struct Holder {
    user: UserView,
    company: CompanyView,
    role: Role,
}

impl Holder {
    pub(super) async fn of(central: &Central, user: User, clinic: ClinicId, role: String) -> Result<Self> {
        let company = CompanyView::of(central, clinic).await?;
        let known = role.parse().map_err(ApiError::internal)?;
        Ok(Self { user: view(user, &role), company, role: known })
    }

    pub(super) fn log_in(self, tokens: &Tokens, session: SessionId, refresh_token: &str) -> Result<Listed<LoggedIn>> {
        let Self { user, company, role } = self;
        let now = chrono::Utc::now().timestamp();
        let access_token = tokens.issue(UserId(user.id), &user.email, ClinicId(company.id), role, session, now)?;
        let refresh_token = refresh_token.to_owned();
        Ok(Listed(LoggedIn { access_token, refresh_token, expires_in: LIFETIME, user, company }))
    }
}

fn view(user: User, role: &str) -> UserView {
    UserView {
        id: user.id,
        email: user.email,
        first_name: user.first_name,
        last_name: user.last_name,
        language: user.language,
        role: role.to_owned(),
        email_verified: user.email_verified,
    }
}
