//! Suspending a clinic, and letting it go on: its data is kept, and nobody gets in. Servers hear of it as it is committed.

use uuid::Uuid;

use super::audit::{self, Event};
use super::outbox::{Kind, To, queue_mail};
use super::{Central, CentralTx};
use crate::error::{ApiError, Result};
use crate::ids::{ClinicId, UserId};
use crate::sql;
use crate::sql::CentralLogin;
use crate::transaction;

const BOTH: [CentralLogin; 2] = [CentralLogin::Api, CentralLogin::Provisioner];

sql! { Central;
    /// From active to suspended, or back; no row where it was neither.
    SUSPEND by BOTH;
        "SELECT id FROM suspend_company($1, $2) AS id";
    /// Whether there is such a clinic.
    EXISTS by BOTH;
        "SELECT count(*) > 0 FROM companies WHERE id = $1";
    /// Who is told.
    ADMINS by BOTH;
        "SELECT m.user_id FROM memberships m JOIN users u ON u.id = m.user_id AND u.status = 'active'
          WHERE m.company_id = $1 AND m.role = 'admin' AND m.status = 'active' ORDER BY m.user_id";
}

/// Suspends a clinic and writes to its admins, or lets it go on.
///
/// # Errors
/// 409 where it is not active, or not suspended; [`ApiError::NotFound`].
pub async fn set(central: &Central, clinic: ClinicId, suspended: bool, by: &Event<'_>) -> Result<()> {
    let action = if suspended { "clinic_suspended" } else { "clinic_resumed" };
    let event = Event { action, clinic: Some(clinic), ..*by };
    let outcome = transaction!(central.work(), |tx| change(tx, clinic, suspended, &event).await);
    audit::record_refusal(central, &event, outcome).await
}

async fn change(tx: &mut CentralTx, clinic: ClinicId, suspended: bool, event: &Event<'_>) -> Result<()> {
    if tx.row(&SUSPEND, &[&clinic.0, &suspended]).await?.is_none() {
        let known = tx.row(&EXISTS, &[&clinic.0]).await?.map(|row| row.try_get(0)).transpose()?;
        if known != Some(true) {
            return Err(ApiError::NotFound);
        }
        let (code, detail) = if suspended {
            ("clinic_not_active", "The clinic is not active.")
        } else {
            ("clinic_not_suspended", "The clinic is not suspended.")
        };
        return Err(ApiError::Conflict { code, detail: detail.into(), pointer: None });
    }
    if suspended {
        for row in tx.rows(&ADMINS, &[&clinic.0]).await? {
            let admin = To::User(UserId(row.try_get::<_, Uuid>(0)?));
            queue_mail(tx, Kind::Suspended, admin, Some(clinic), &serde_json::json!({})).await?;
        }
    }
    audit::record(tx, event).await
}
