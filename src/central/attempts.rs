//! `login_failures`: how often in a row somebody failed to show who they are, and until when they must wait.
//!
//! Invariant: an attempt is counted before it is looked at, in one statement, and as a failure until it is known to be none: of many
//! at once, no more are looked at than of as many one after the other.

use super::{Central, CentralTx};
use crate::error::Result;
use crate::sql;
use crate::sql::CentralLogin;

const API: [CentralLogin; 1] = [CentralLogin::Api];

sql! { Central;
    /// Counts an attempt, if the wait for it is over. Five are free; behind each further one comes a wait, the first of a second, each
    /// twice as long as the one before, at most a quarter of an hour. What is a day old is forgotten.
    COUNT by API;
        "INSERT INTO login_failures AS f (subject, failures, next_attempt_at) VALUES ($1, 1, '-infinity')
         ON CONFLICT (subject) DO UPDATE
            SET (failures, next_attempt_at, updated_at) = (
                SELECT n.failures,
                       CASE WHEN n.failures < 5 THEN '-infinity'::timestamptz
                            ELSE clock_timestamp() + least(interval '15 minutes', interval '1 second' * power(2, least(n.failures, 30) - 5)) END,
                       now()
                  FROM (SELECT CASE WHEN f.updated_at < now() - interval '1 day' THEN 1 ELSE least(f.failures, 1000000) + 1 END) AS n (failures))
          WHERE f.next_attempt_at <= clock_timestamp()
         RETURNING failures";
    /// Seconds to wait.
    WAIT by API;
        "SELECT greatest(ceil(extract(epoch FROM next_attempt_at - clock_timestamp())), 1)::bigint FROM login_failures WHERE subject = $1";
    /// It was no failure: the row is over.
    FORGIVE by API;
        "DELETE FROM login_failures WHERE subject = $1";
}

/// What became of asking for an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It is counted, and may be looked at.
    Granted,
    /// It may not, for so many seconds.
    Wait(u64),
}

/// Counts an attempt.
///
/// # Errors
/// As the database refuses.
pub async fn ask(central: &Central, subject: &[u8; 32]) -> Result<Asked> {
    let subject = subject.as_slice();
    if central.row(&COUNT, &[&subject]).await?.is_some() {
        return Ok(Asked::Granted);
    }
    // Without a row, it was forgiven this very moment.
    let seconds: i64 = central.row(&WAIT, &[&subject]).await?.map_or(Ok(1), |row| row.try_get(0))?;
    Ok(Asked::Wait(seconds.unsigned_abs()))
}

/// Forgets the failures.
///
/// # Errors
/// As the database refuses.
pub async fn forgive_in(tx: &mut CentralTx, subject: &[u8; 32]) -> Result<()> {
    tx.rows(&FORGIVE, &[&subject.as_slice()]).await?;
    Ok(())
}

/// Forgets the failures, by itself.
///
/// # Errors
/// As the database refuses.
pub async fn forgive(central: &Central, subject: &[u8; 32]) -> Result<()> {
    central.rows(&FORGIVE, &[&subject.as_slice()]).await?;
    Ok(())
}
