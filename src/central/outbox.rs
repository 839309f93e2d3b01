//! `email_outbox`: account mail to be sent; `delivery` sends it. A row says which mail is due to whom; its text and its token are made when it
//! is sent, so that no table ever holds a token in the clear.

use uuid::Uuid;

use super::CentralTx;
use crate::error::Result;
use crate::ids::{ClinicId, UserId};
use crate::sql;
use crate::sql::CentralLogin;

const WORKER: [CentralLogin; 1] = [CentralLogin::Provisioner];

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Is this address yours? With a one-time token.
    Verification,
    /// A link by which to set another password. With a one-time token.
    PasswordReset,
    /// The password was changed: was it you?
    PasswordChanged,
    /// Somebody logged in from a device that was not seen before: was it you? `payload`: `device`, `at`.
    NewDevice,
    /// Will you work with us? With a one-time token.
    Invitation,
    /// The address is proven, the clinic is ready.
    Welcome,
    /// The clinic was suspended.
    Suspended,
    /// To the old address: may the account move to another? With a one-time token.
    EmailChangeOld,
    /// To the new address: is it yours? With a one-time token.
    EmailChangeNew,
    /// To the old address: the account has moved. `payload`: `oldEmail`.
    EmailChanged,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Verification,
        Self::PasswordReset,
        Self::PasswordChanged,
        Self::NewDevice,
        Self::Invitation,
        Self::Welcome,
        Self::Suspended,
        Self::EmailChangeOld,
        Self::EmailChangeNew,
        Self::EmailChanged,
    ];

    /// As in `email_outbox.kind`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verification => "verification",
            Self::PasswordReset => "password_reset",
            Self::PasswordChanged => "password_changed",
            Self::NewDevice => "new_device",
            Self::Invitation => "invitation",
            Self::Welcome => "welcome",
            Self::Suspended => "suspended",
            Self::EmailChangeOld => "email_change_old",
            Self::EmailChangeNew => "email_change_new",
            Self::EmailChanged => "email_changed",
        }
    }

    /// From `email_outbox.kind`.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// To whom a mail goes.
#[derive(Clone, Copy, Debug)]
pub enum To {
    /// A person, at their address as it is when the mail is sent.
    User(UserId),
    /// Whoever an invitation names.
    Invitation(Uuid),
    /// Whose change of address this is.
    EmailChange(Uuid),
}

sql! { Central;
    /// Queues a mail.
    QUEUE_MAIL by [CentralLogin::Api, CentralLogin::Provisioner];
        "INSERT INTO email_outbox (kind, user_id, invitation_id, email_change_id, company_id, payload) VALUES ($1, $2, $3, $4, $5, $6)";
    /// Queues a verification for an address that is not proven yet, unless one is queued already or three were sent just now.
    QUEUE_VERIFICATION by [CentralLogin::Api];
        "INSERT INTO email_outbox (kind, user_id, company_id)
         SELECT 'verification', u.id, m.company_id
           FROM users u JOIN memberships m ON m.user_id = u.id JOIN companies c ON c.id = m.company_id AND c.status = 'active'
          WHERE u.email_normalized = $1 AND u.email_verified_at IS NULL AND u.status = 'active'
            AND NOT EXISTS (SELECT FROM email_outbox o WHERE o.user_id = u.id AND o.kind = 'verification' AND o.status = 'queued')
            AND (SELECT count(*) FROM email_outbox o WHERE o.user_id = u.id AND o.kind = 'verification' AND o.created_at > now() - interval '10 minutes') < 3
          ORDER BY m.created_at LIMIT 1
         RETURNING user_id, company_id";
    /// Queues a clinic's verifications, as it becomes active.
    QUEUE_CLINICS_VERIFICATIONS by WORKER;
        "INSERT INTO email_outbox (kind, user_id, company_id)
         SELECT 'verification', u.id, m.company_id
           FROM memberships m JOIN users u ON u.id = m.user_id
          WHERE m.company_id = $1 AND u.email_verified_at IS NULL AND u.status = 'active'
            AND NOT EXISTS (SELECT FROM email_outbox o WHERE o.user_id = u.id AND o.kind = 'verification' AND o.company_id = m.company_id)";
}

/// Queues a mail, in the transaction that causes it. `payload` is what its text says beyond the rows it is about: never a token.
///
/// # Errors
/// As the database refuses.
pub async fn queue_mail(
    tx: &mut CentralTx,
    kind: Kind,
    to: To,
    clinic: Option<ClinicId>,
    payload: &serde_json::Value,
) -> Result<()> {
    let (user, invitation, change) = match to {
        To::User(user) => (Some(user.0), None, None),
        To::Invitation(invitation) => (None, Some(invitation), None),
        To::EmailChange(change) => (None, None, Some(change)),
    };
    let clinic = clinic.map(|id| id.0);
    tx.rows(&QUEUE_MAIL, &[&kind.name(), &user, &invitation, &change, &clinic, payload]).await?;
    Ok(())
}

/// Queues another verification mail, if the address has an account that needs one; to whom and about which clinic.
///
/// # Errors
/// As the database refuses.
pub async fn queue_verification(tx: &mut CentralTx, email_normalized: &str) -> Result<Option<(UserId, ClinicId)>> {
    let Some(row) = tx.row(&QUEUE_VERIFICATION, &[&email_normalized]).await? else { return Ok(None) };
    Ok(Some((UserId(row.try_get(0)?), ClinicId(row.try_get(1)?))))
}

/// Queues the verification mails of a clinic that becomes active, in that same transaction.
///
/// # Errors
/// As the database refuses.
pub async fn queue_clinics_verifications(tx: &mut CentralTx, clinic: Uuid) -> Result<()> {
    tx.rows(&QUEUE_CLINICS_VERIFICATIONS, &[&clinic]).await?;
    Ok(())
}
