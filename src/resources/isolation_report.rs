//! `GET /platform/isolation-report`: what `medicalpro verify --keep` found last, for the platform's own people.
//!
//! It is answered as it lies in central: nothing is read out of it, so that nothing is said beside what its hash covers.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use poem::web::Data;
use poem_openapi::param::Header;
use poem_openapi::types::{Example, ToJSON as _};
use poem_openapi::{Object, OpenApi};
use serde_json::Value;

use crate::api::Tag;
use crate::api::answer::Verbatim;
use crate::api::text::EntityTags;
use crate::auth::operator::Operator;
use crate::central::{Central, isolation_reports};
use crate::error::Result;
use crate::secrets::sha256;

/// An isolation report with its hash, as `medicalpro verify --json` prints it.
#[derive(Debug, Object)]
#[oai(example)]
pub struct IsolationReport {
    /// What was found.
    pub report: IsolationFindings,
    /// SHA-256 over `report`, keys sorted, without spaces: `jq -jcS .report | sha256sum`, or `medicalpro verify --check` with this answer.
    pub sha256: String,
}

/// What was tried, when, on which versions, and what came of it. Clinics stand in it by their ids.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct IsolationFindings {
    /// Every check, with what did not hold and how to mend it.
    pub checks: Vec<BTreeMap<String, Value>>,
    /// `held`, `failed` or `incomplete`.
    pub ending: String,
    /// Versions and hashes of what the migrations give.
    pub expected: BTreeMap<String, Value>,
    /// How many attempts ended how.
    pub figures: IsolationFigures,
    /// When it was finished.
    pub finished: DateTime<Utc>,
    /// Of this form.
    pub format: u8,
    /// Which clinic's login got where: `columns` are databases, `rows` clinics, and a cell `=` its own, `x` refused, `!` open, `#` its own and closed,
    /// `?` not known.
    pub matrix: BTreeMap<String, Value>,
    /// The version of `medicalpro`.
    pub medicalpro: String,
    /// The version of PostgreSQL.
    pub postgresql: String,
    /// How much was tried.
    pub scope: BTreeMap<String, Value>,
    /// When it was begun.
    pub started: DateTime<Utc>,
}

/// How many attempts ended how.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct IsolationFigures {
    /// All of them.
    pub attempts: u64,
    /// Not as they must.
    pub failed: u64,
    /// As they must.
    pub held: u64,
    /// Not at all, so that nothing is known of them.
    pub not_run: u64,
    /// Not as they should, where a managed PostgreSQL does not let them.
    pub warned: u64,
}

/// The operation.
#[derive(Clone, Copy, Debug)]
pub struct NewestReport;

#[OpenApi(prefix_path = "/api/v1/platform", tag = "Tag::Platform")]
impl NewestReport {
    /// Read the newest isolation report
    ///
    /// For the platform's own people: what `medicalpro verify --keep` found last, by which anybody sees whether each clinic is apart from the others. Its
    /// hash tells that it is as it was written, not by whom. 404 `no_isolation_report` where none was kept yet.
    #[oai(path = "/isolation-report", method = "get", operation_id = "platform_isolation_report")]
    async fn find(
        &self,
        // That it is one is all that is asked for.
        _operator: Operator,
        central: Data<&Central>,
        /// The report that the client has: answered 304 if it is the newest.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<EntityTags>>,
    ) -> Result<Verbatim<IsolationReport>> {
        let isolation_reports::Kept { report, sha256 } = isolation_reports::newest(&central).await?;
        let (json, tag) = (format!(r#"{{"report":{report},"sha256":"{sha256}"}}"#), format!("\"{sha256}\""));
        Ok(Verbatim::of(json, tag, if_none_match.0.as_ref()))
    }
}

impl Example for IsolationReport {
    fn example() -> Self {
        let object =
            |fields: &[(&str, Value)]| fields.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        let at = |minute: i64| DateTime::<Utc>::UNIX_EPOCH + chrono::Duration::seconds(1_767_225_600 + 60 * minute);
        let report = IsolationFindings {
            checks: vec![object(&[("name", "other-clinics".into()), ("ending", "held".into())])],
            ending: "held".to_owned(),
            expected: object(&[("schemaVersion", 9.into())]),
            figures: IsolationFigures { attempts: 412, failed: 0, held: 412, not_run: 0, warned: 0 },
            finished: at(1),
            format: 1,
            matrix: object(&[("columns", Value::Array(vec![])), ("rows", Value::Array(vec![]))]),
            medicalpro: "0.1.0".to_owned(),
            postgresql: "15.18".to_owned(),
            scope: object(&[("clinics", 2.into()), ("pairs", "all".into())]),
            started: at(0),
        };
        let sha256 = report.to_json().map(|report| hex::encode(sha256(report.to_string().as_bytes())));
        Self { report, sha256: sha256.unwrap_or_default() }
    }
}
