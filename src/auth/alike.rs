//! What is answered alike is answered after alike a time: for an account there is a mail to queue, for none there is not, and a
//! stopwatch would tell them apart.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::Result;

/// Longer than either takes by far, unless the database is in distress.
const FLOOR: Duration = Duration::from_millis(60);

/// The outcome of some work, not before its time.
pub(super) async fn alike<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let due = Instant::now() + FLOOR;
    let outcome = work.await;
    tokio::time::sleep_until(due).await;
    outcome
}
