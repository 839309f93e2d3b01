//! `isolation_reports`: what `medicalpro verify --keep` found. Append-only by trigger.
//!
//! Invariant: the server's login reads reports and writes none; PostgreSQL keeps none whose hash is not that of its text.

use super::Central;
use crate::error::{ApiError, Result};
use crate::sql;
use crate::sql::CentralLogin;

/// As the table has it.
const MOST_BYTES: usize = 16 * 1024 * 1024;

sql! { Central;
    /// One more.
    KEEP by [CentralLogin::Provisioner];
        "INSERT INTO isolation_reports (report, sha256) VALUES ($1, $2)";
    /// The one that was kept last.
    NEWEST by [CentralLogin::Api];
        "SELECT report, sha256 FROM isolation_reports ORDER BY id DESC LIMIT 1";
}

/// A report that was kept.
#[derive(Debug)]
pub struct Kept {
    /// JSON: the bytes that were hashed.
    pub report: String,
    /// In hexadecimal.
    pub sha256: String,
}

crate::from_row!(Kept { report, sha256 });

/// Keeps a report: the bytes that were hashed, and their hash.
///
/// # Errors
/// It is too large, or as the database refuses.
pub async fn keep(central: &Central, report: &str, sha256: &str) -> Result<()> {
    let bytes = report.len();
    if bytes > MOST_BYTES {
        return Err(ApiError::internal(anyhow::anyhow!("it has {bytes} bytes, and at most {MOST_BYTES} are kept")));
    }
    central.rows(&KEEP, &[&report, &sha256]).await?;
    Ok(())
}

/// The newest.
///
/// # Errors
/// 404 `no_isolation_report` where none was kept yet.
pub async fn newest(central: &Central) -> Result<Kept> {
    let row = central.row(&NEWEST, &[]).await?.ok_or(ApiError::NotYet {
        code: "no_isolation_report",
        detail: "No isolation report was kept yet: `medicalpro verify --keep` keeps one.",
    })?;
    Ok(Kept::try_from(&row)?)
}
