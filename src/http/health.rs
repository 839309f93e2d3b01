//! Whether the server lives, and whether it can work.

use poem::web::Data;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};

use crate::api::Tag;
use crate::api::answer::Listed;
use crate::central::Central;
use crate::error::Result;
use crate::sql;
use crate::sql::CentralLogin;

sql! { Central;
    /// Whether central answers.
    PING by [CentralLogin::Api]; "SELECT 1";
}

/// How the server is.
#[derive(Debug, Object)]
#[oai(example)]
pub struct HealthReport {
    /// `ok`.
    pub status: String,
}

/// Health checks.
#[derive(Clone, Copy, Debug)]
pub struct Health;

impl Example for HealthReport {
    fn example() -> Self {
        Self { status: "ok".to_owned() }
    }
}

#[OpenApi(prefix_path = "/health", tag = "Tag::Health")]
impl Health {
    /// Whether the process lives (public)
    ///
    /// Asks nothing else: when it does not answer, restart it.
    #[oai(path = "/live", method = "get", operation_id = "health_live")]
    async fn live(&self) -> Result<Listed<HealthReport>> {
        Ok(Listed(HealthReport { status: "ok".to_owned() }))
    }

    /// Whether the server can work: the central database answers (public)
    ///
    /// When it fails, send requests elsewhere.
    #[oai(path = "/ready", method = "get", operation_id = "health_ready")]
    async fn ready(&self, central: Data<&Central>) -> Result<Listed<HealthReport>> {
        central.rows(&PING, &[]).await?;
        Ok(Listed(HealthReport { status: "ok".to_owned() }))
    }
}
