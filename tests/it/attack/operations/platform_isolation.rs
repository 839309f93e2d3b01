//! The newest isolation report.

use medicalpro::secrets::sha256;
use serde_json::json;

use super::{Entry, Right, Valid, entry};
use crate::support::World;

/// So that there is one to read, as `medicalpro verify --keep` would leave it.
pub async fn keep_a_report(world: &World) {
    let figures = json!({ "attempts": 1, "held": 1, "failed": 0, "warned": 0, "notRun": 0 });
    let report = json!({ "finished": "2026-01-01T00:00:00Z", "ending": "held", "figures": figures }).to_string();
    let insert = "INSERT INTO medicalpro_central.isolation_reports (report, sha256) VALUES ($1, $2)";
    let hash = hex::encode(sha256(report.as_bytes()));
    world.central().await.execute(insert, &[&report, &hash]).await.unwrap();
}

pub const ENTRIES: &[Entry] = &[entry("platform_isolation_report", Right::Operator, Valid::None, &[])];
