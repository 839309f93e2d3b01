//! What the worker throws away at a clinic: what is of no more use there, and content that need not be kept longer.
//!
//! It is done as the clinic's mail is looked at, which is every few hours at least, a batch of each kind at a time.

use super::outbox::WORKER;
use super::{ClinicTx, Write};
use crate::error::Result;
use crate::sql;

/// Rows of a batch, as the statement says.
const BATCH: i64 = 1000;

/// Hours for which an answer is kept, to be given again.
const ANSWER_HOURS: i32 = 24;
/// Days for which a mail is kept that was sent, closed or given up.
const MAIL_DAYS: i32 = 30;
/// Days for which a patient's link is kept after it has expired: with the beginning of its appointment.
const LINK_DAYS: i32 = 30;

sql! { Clinic;
    /// A batch of each kind, and how many rows went of the kind of which most did. What the worker may not read is found by its age alone.
    PURGE by WORKER;
        "WITH answers AS (
             DELETE FROM idempotency_keys
              WHERE company_id = $1
                AND created_at <= (SELECT max(b.created_at) FROM (SELECT created_at FROM idempotency_keys
                                    WHERE company_id = $1 AND created_at < now() - $2::int4 * interval '1 hour' ORDER BY created_at LIMIT 1000) b)
             RETURNING created_at
         ), mails AS (
             DELETE FROM email_outbox
              WHERE company_id = $1 AND status <> 'pending'
                AND updated_at <= (SELECT max(b.updated_at) FROM (SELECT updated_at FROM email_outbox
                                    WHERE company_id = $1 AND status <> 'pending' AND updated_at < now() - $3::int4 * interval '1 day'
                                    ORDER BY updated_at LIMIT 1000) b)
             RETURNING id
         ), links AS (
             DELETE FROM appointment_links
              WHERE company_id = $1
                AND starts_at <= (SELECT max(b.starts_at) FROM (SELECT starts_at FROM appointment_links
                                   WHERE company_id = $1 AND starts_at < now() - $4::int4 * interval '1 day' ORDER BY starts_at LIMIT 1000) b)
             RETURNING starts_at
         ), holds AS (
             DELETE FROM slot_holds
              WHERE company_id = $1
                AND expires_at <= (SELECT max(b.expires_at) FROM (SELECT expires_at FROM slot_holds
                                    WHERE company_id = $1 AND expires_at < now() ORDER BY expires_at LIMIT 1000) b)
             RETURNING expires_at
         )
         SELECT greatest((SELECT count(*) FROM answers), (SELECT count(*) FROM mails), (SELECT count(*) FROM links), (SELECT count(*) FROM holds))";
}

/// Throws a batch of each kind away; whether there may be more.
///
/// # Errors
/// As the database refuses.
pub async fn purge(tx: &mut ClinicTx<Write>) -> Result<bool> {
    let row = tx.one(&PURGE, &[&ANSWER_HOURS, &MAIL_DAYS, &LINK_DAYS]).await?;
    Ok(row.try_get::<_, i64>(0)? >= BATCH)
}
