//! Central's audit log: who did what to accounts and clinics. Append-only by trigger.

use uuid::Uuid;

use super::CentralTx;
use crate::error::Result;
use crate::ids::{ClinicId, UserId};
use crate::sql;
use crate::sql::CentralLogin;

sql! { Central;
    /// One event.
    RECORD by [CentralLogin::Api, CentralLogin::Provisioner];
        "INSERT INTO audit_logs (action, company_id, user_id, request_id, detail) VALUES ($1, $2, $3, $4, $5)";
}

/// One event, to be written in the transaction that it is about.
#[derive(Debug, Default)]
pub struct Event {
    /// What happened, such as `login`.
    pub action: &'static str,
    /// The clinic, where it is known.
    pub clinic: Option<ClinicId>,
    /// The person, where known.
    pub user: Option<UserId>,
    /// The HTTP request; none for the worker.
    pub request: Option<Uuid>,
    /// A few words, no secret, no address.
    pub detail: Option<&'static str>,
}

/// Writes an event.
///
/// # Errors
/// As the database refuses.
pub async fn record(tx: &mut CentralTx, event: &Event) -> Result<()> {
    let (clinic, user) = (event.clinic.map(|id| id.0), event.user.map(|id| id.0));
    tx.rows(&RECORD, &[&event.action, &clinic, &user, &event.request, &event.detail]).await?;
    Ok(())
}
