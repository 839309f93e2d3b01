//! `subscriptions`: what clinics have subscribed to.

use chrono::{DateTime, Utc};

use super::Central;
use crate::error::{ApiError, Result};
use crate::ids::ClinicId;
use crate::sql;
use crate::sql::CentralLogin;

sql! { Central;
    /// The present one, and who takes its seats: staff, and invitations that are open.
    FIND by [CentralLogin::Api];
        "SELECT plan, status, trial_ends_at, period_start, period_end, seats,
                (SELECT count(*) FROM memberships WHERE company_id = $1 AND status = 'active')
              + (SELECT count(*) FROM invitations
                  WHERE company_id = $1 AND accepted_at IS NULL AND withdrawn_at IS NULL AND expires_at > now()) AS seats_used
           FROM subscriptions WHERE company_id = $1 AND ended_at IS NULL";
}

/// What a clinic has subscribed to.
#[derive(Debug)]
pub struct Subscription {
    /// Which plan.
    pub plan: String,
    /// Where it stands.
    pub status: String,
    /// When the trial ends, or has ended.
    pub trial_ends_at: Option<DateTime<Utc>>,
    /// When the present period began.
    pub period_start: DateTime<Utc>,
    /// When it ends.
    pub period_end: Option<DateTime<Utc>>,
    /// How many people may work there.
    pub seats: i32,
    /// How many do, or are invited to.
    pub seats_used: i64,
}

crate::from_row!(Subscription { plan, status, trial_ends_at, period_start, period_end, seats, seats_used });

/// A clinic's present subscription.
///
/// # Errors
/// [`ApiError::NotFound`] where it has none.
pub async fn find(central: &Central, clinic: ClinicId) -> Result<Subscription> {
    let row = central.row(&FIND, &[&clinic.0]).await?.ok_or(ApiError::NotFound)?;
    Ok(Subscription::try_from(&row)?)
}
