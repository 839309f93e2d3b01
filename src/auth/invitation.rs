//! Accepting an invitation to work at a clinic, with the one-time token that was mailed.
//!
//! Invariant: who holds the token has read mail to that address, so that it is proven; an account counts as theirs only if its own
//! address was proven before and they show its password: a stranger may have registered it, and its owner merely clicked the link.
//! One that never was proven gets the new password.

use std::sync::Arc;

use poem::Request;
use poem::web::Data;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use super::account::token_invalid;
use super::attempts::Attempt;
use super::examples::checked;
use super::fields::Accepted;
use super::password::Passwords;
use super::proxies::client_address;
use super::throttle::Throttle;
use super::visitor::Visitor;
use crate::api::Tag;
use crate::api::answer::{Done, Listed};
use crate::api::body::Body;
use crate::api::text::{NewPassword, OpaqueToken, PersonName};
use crate::central::audit::{self, Event};
use crate::central::invitations::{self, Offer};
use crate::central::outbox::{Kind, To, queue_mail};
use crate::central::staff;
use crate::central::users::{self, NewUser};
use crate::central::{Central, CentralTx};
use crate::error::{ApiError, FieldError, Result};
use crate::ids::{ClinicId, UserId};
use crate::secrets::{MasterKeys, sha256};
use crate::transaction;

/// The one-time token of an invitation.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct InvitationToken {
    /// As in the mail's link.
    pub token: OpaqueToken,
}

/// What an invitation offers.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct InvitationOffer {
    /// The clinic's name.
    pub company_name: String,
    /// The role: `admin`, `manager`, `practitioner`, `nurse`, `secretary` or `readonly`.
    pub role: String,
    /// To whom it was sent.
    pub email: String,
    /// Given name, as the inviter has it.
    #[oai(skip_serializing_if_is_none)]
    pub first_name: Option<String>,
    /// Family name, as the inviter has it.
    #[oai(skip_serializing_if_is_none)]
    pub last_name: Option<String>,
    /// Whether this address has an account: then its password is asked for, and no new one.
    pub account_exists: bool,
}

/// An invitation that is accepted.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct Acceptance {
    /// As in the mail's link.
    pub token: OpaqueToken,
    /// The password to log in with: the one of the account that this address has, else a new one.
    pub password: Option<NewPassword>,
    /// Given name; the inviter's when absent. An account that exists keeps its own.
    pub first_name: Option<PersonName>,
    /// Family name; the inviter's when absent. An account that exists keeps its own.
    pub last_name: Option<PersonName>,
    /// Whether the terms of service are accepted: required of whoever has no account.
    pub accept_terms: Option<Accepted>,
}

/// Accepting invitations.
#[derive(Clone, Copy, Debug)]
pub struct Invitation;

#[OpenApi(prefix_path = "/api/v1/auth", tag = "Tag::Auth")]
impl Invitation {
    /// See what an invitation offers (public)
    ///
    /// With the token of the mail; it can still be accepted afterwards.
    #[oai(path = "/invitation", method = "post", operation_id = "auth_invitation")]
    async fn offer(
        &self,
        request: &Request,
        central: Data<&Central>,
        throttle: Data<&Arc<Throttle>>,
        body: Body<InvitationToken>,
    ) -> Result<Listed<InvitationOffer>> {
        throttle.login(client_address(request))?;
        let hash = sha256(body.value.token.as_str().as_bytes());
        throttle.login_of(hash)?;
        let offer = invitations::offer(&central, &hash).await?;
        let offer = offer.ok_or_else(token_invalid)?;
        Ok(Listed(InvitationOffer {
            account_exists: offer.verified,
            company_name: offer.company_name,
            role: offer.role,
            email: offer.email,
            first_name: offer.first_name,
            last_name: offer.last_name,
        }))
    }

    /// Accept an invitation (public)
    ///
    /// Whoever has no account chooses a password and accepts the terms; the mail has proven the address. Whoever has one shows its
    /// password, and gets a further place to work at. A token works once. It opens no session: log in.
    #[oai(path = "/accept-invitation", method = "post", operation_id = "auth_accept_invitation")]
    async fn accept(
        &self,
        request: &Request,
        central: Data<&Central>,
        passwords: Data<&Passwords>,
        throttle: Data<&Arc<Throttle>>,
        keys: Data<&Arc<MasterKeys>>,
        body: Body<Acceptance>,
    ) -> Result<Done> {
        throttle.login(client_address(request))?;
        let hash = sha256(body.value.token.as_str().as_bytes());
        throttle.login_of(hash)?;
        let visitor = Visitor::of(request);
        let mut event = visitor.event("invitation_accepted");
        let outcome = match invitations::offer(&central, &hash).await? {
            None => Err(token_invalid()),
            Some(offer) => {
                event.clinic = Some(ClinicId(offer.company_id));
                event.user = offer.user_id.map(UserId);
                let entrant = admitted(&central, &passwords, &keys, &offer, &body.value).await;
                match entrant {
                    Ok(entrant) => accepted(&central, &hash, &offer, &entrant, event).await,
                    Err(refusal) => Err(refusal),
                }
            }
        };
        audit::record_refusal(&central, &event, outcome).await?;
        Ok(Done)
    }
}

/// Who accepts, if they may.
async fn admitted(
    central: &Central,
    passwords: &Passwords,
    keys: &MasterKeys,
    offer: &Offer,
    acceptance: &Acceptance,
) -> Result<Entrant> {
    let conflict = |code, detail: &'static str| Err(ApiError::Conflict { code, detail: detail.into(), pointer: None });
    if offer.company_status == "suspended" {
        return conflict("clinic_suspended", "The clinic is suspended.");
    }
    if offer.platform {
        return conflict("platform_account", "Who runs the platform works at no clinic: use another address.");
    }
    if offer.user_status.as_deref() == Some("deactivated") {
        return conflict("account_deactivated", "The account of this address is deactivated.");
    }
    match offer.user_id.filter(|_| offer.verified) {
        Some(user) => Entrant::known(central, passwords, keys, UserId(user), offer, acceptance).await,
        None => Entrant::of(passwords, offer, acceptance).await,
    }
}

async fn accepted(
    central: &Central,
    token_hash: &[u8],
    offer: &Offer,
    entrant: &Entrant,
    event: Event<'_>,
) -> Result<()> {
    transaction!(central.work(), |tx| {
        // Whoever invited is neither demoted nor deactivated meanwhile.
        staff::lock(tx, ClinicId(offer.company_id)).await?;
        // The only statement that decides: of many at once, one goes on.
        if !invitations::accept(tx, token_hash).await? {
            return Err(token_invalid());
        }
        let (clinic, user) = (ClinicId(offer.company_id), entrant.enter(tx, offer).await?);
        queue_mail(tx, Kind::Welcome, To::User(user), Some(clinic), &serde_json::json!({})).await?;
        audit::record(tx, &Event { user: Some(user), ..event }).await
    })
}

/// Who accepts.
enum Entrant {
    /// Has a proven account, with this hash of the password that was shown.
    Known(UserId, String),
    /// Has an account that nobody has proven: it becomes theirs.
    Unproven(UserId, NewUser),
    /// Has none.
    New(NewUser),
}

impl Entrant {
    /// Whoever shows the account's password, with no more attempts than at a log-in.
    async fn known(
        central: &Central,
        passwords: &Passwords,
        keys: &MasterKeys,
        user: UserId,
        offer: &Offer,
        acceptance: &Acceptance,
    ) -> Result<Self> {
        let Some(password) = &acceptance.password else {
            return Err(ApiError::invalid("/password", "missing", "is required: the one that you log in with"));
        };
        let attempt = Attempt::on(central, keys, &offer.email_normalized, None).await?;
        let account = users::by_id(central, user).await?.ok_or_else(token_invalid)?;
        if !passwords.verify(password.as_str(), Some(&account.password_hash)).await? {
            return Err(ApiError::invalid("/password", "password_wrong", "is not your password"));
        }
        attempt.succeeded(central).await?;
        Ok(Self::Known(user, account.password_hash))
    }

    async fn of(passwords: &Passwords, offer: &Offer, acceptance: &Acceptance) -> Result<Self> {
        let Acceptance { password, accept_terms, .. } = acceptance;
        let missing = |pointer| FieldError::new(pointer, "missing", "is required: this address has no account yet");
        let (Some(password), Some(Accepted)) = (password, accept_terms) else {
            let required = [(password.is_none(), "/password"), (accept_terms.is_none(), "/acceptTerms")];
            let errors = required.into_iter().filter(|(is_missing, _)| *is_missing);
            return Err(ApiError::Invalid(errors.map(|(_, pointer)| missing(pointer)).collect()));
        };
        let chosen = |own: &Option<PersonName>, theirs: &Option<String>| {
            own.as_ref().map(|name| name.as_str().to_owned()).or_else(|| theirs.clone())
        };
        let first_name = chosen(&acceptance.first_name, &offer.first_name);
        let last_name = chosen(&acceptance.last_name, &offer.last_name);
        let hints = [
            first_name.as_deref().unwrap_or_default(),
            last_name.as_deref().unwrap_or_default(),
            &offer.email,
            &offer.company_name,
        ];
        let password_hash = passwords.accept(password, "/password", &hints).await?;
        let new = NewUser {
            id: UserId::generate(),
            email: offer.email.clone(),
            email_normalized: offer.email_normalized.clone(),
            password_hash,
            first_name,
            last_name,
            language: offer.language.clone(),
        };
        Ok(match offer.user_id {
            Some(user) => Self::Unproven(UserId(user), new),
            None => Self::New(new),
        })
    }

    /// Gives them their place, and an account where they have none.
    async fn enter(&self, tx: &mut CentralTx, offer: &Offer) -> Result<UserId> {
        let clinic = ClinicId(offer.company_id);
        match self {
            Self::Known(user, shown) => {
                if !invitations::still(tx, *user, shown, &offer.email).await? {
                    return Err(ApiError::unavailable("account_changed"));
                }
                invitations::join(tx, *user, clinic, &offer.role).await?;
                Ok(*user)
            }
            Self::Unproven(user, new) => {
                let (first, last) = (new.first_name.as_deref(), new.last_name.as_deref());
                if !invitations::claim(tx, *user, &new.password_hash, first, last).await? {
                    // Proven in this very moment: asked again, there is an account.
                    return Err(ApiError::unavailable("account_changed"));
                }
                invitations::join(tx, *user, clinic, &offer.role).await?;
                Ok(*user)
            }
            Self::New(new) => {
                users::insert(tx, new, clinic, offer.role.parse().map_err(ApiError::internal)?).await?;
                invitations::prove(tx, new.id).await?;
                Ok(new.id)
            }
        }
    }
}

impl Example for InvitationToken {
    fn example() -> Self {
        Self { token: checked("SRzBGTqZxXyH0u7Vw0a1lJ9cP2nD3mK4sR5tU6vW7xY") }
    }
}

impl Example for InvitationOffer {
    fn example() -> Self {
        Self {
            company_name: "Cabinet du Parc".to_owned(),
            role: "nurse".to_owned(),
            email: "jo@cabinet-du-parc.example".to_owned(),
            first_name: Some("Jo".to_owned()),
            last_name: Some("Martin".to_owned()),
            account_exists: false,
        }
    }
}

impl Example for Acceptance {
    fn example() -> Self {
        Self {
            token: checked("SRzBGTqZxXyH0u7Vw0a1lJ9cP2nD3mK4sR5tU6vW7xY"),
            password: Some(checked("correct horse battery staple")),
            first_name: Some(checked("Jo")),
            last_name: Some(checked("Martin")),
            accept_terms: Some(Accepted),
        }
    }
}
