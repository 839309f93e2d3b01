//! For the platform's own people: which clinics there are, who is let in, and whether they were found apart. Nothing of it reaches a
//! clinic's database.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use poem::Request;
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::{Done, Listed, Tagged};
use crate::api::list::{After, Cursors, Limit, Page};
use crate::api::text::CursorText;
use crate::auth::operator::Operator;
use crate::auth::visitor::Visitor;
use crate::central::audit::{self, Event};
use crate::central::platform::{self, ClinicSeen};
use crate::central::{Central, isolation_reports, suspension};
use crate::error::{ApiError, Result};
use crate::ids::ClinicId;

/// A clinic, as the platform's people see it.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct PlatformCompany {
    /// The clinic.
    pub id: Uuid,
    /// Its name.
    pub name: String,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// ISO 639-1.
    pub language: String,
    /// `pending`, `provisioning`, `active` or `suspended`.
    pub status: String,
    /// When it was registered.
    pub created_at: DateTime<Utc>,
}

impl From<ClinicSeen> for PlatformCompany {
    fn from(seen: ClinicSeen) -> Self {
        let ClinicSeen { id, name, country, language, status, created_at } = seen;
        Self { id, name, country, language, status, created_at }
    }
}

/// How many attempts ended how.
#[derive(Debug, Deserialize, Object)]
#[serde(rename_all = "camelCase")]
#[oai(rename_all = "camelCase")]
pub struct IsolationFigures {
    /// All of them.
    pub attempts: u64,
    /// As they must.
    pub held: u64,
    /// Not as they must.
    pub failed: u64,
    /// Not as they should, where a managed PostgreSQL does not let them.
    pub warned: u64,
    /// Not at all, so that nothing is known of them.
    pub not_run: u64,
}

/// What `medicalpro verify --keep` found.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct IsolationReport {
    /// When it was finished.
    pub finished: DateTime<Utc>,
    /// `held`, `failed` or `incomplete`.
    pub ending: String,
    /// How many attempts ended how.
    pub figures: IsolationFigures,
    /// The report itself: versions, what was expected, every check with what did not hold and how to mend it, and which clinic's login got where. Clinics
    /// stand in it by their ids.
    pub report: BTreeMap<String, Value>,
    /// SHA-256 over `report`, keys sorted, without spaces: `jq -jcS .report | sha256sum`, or `medicalpro verify --check` with this answer.
    pub sha256: String,
}

/// What a report says of itself.
#[derive(Deserialize)]
struct Head {
    finished: DateTime<Utc>,
    ending: String,
    figures: IsolationFigures,
}

impl TryFrom<isolation_reports::Kept> for IsolationReport {
    type Error = ApiError;

    fn try_from(kept: isolation_reports::Kept) -> Result<Self> {
        let Head { finished, ending, figures } = serde_json::from_str(&kept.report).map_err(ApiError::internal)?;
        let report = serde_json::from_str(&kept.report).map_err(ApiError::internal)?;
        Ok(Self { finished, ending, figures, report, sha256: kept.sha256 })
    }
}

/// The operations of the platform.
#[derive(Clone, Copy, Debug)]
pub struct Platform;

#[OpenApi(prefix_path = "/api/v1/platform", tag = "Tag::Platform")]
impl Platform {
    /// List the clinics
    ///
    /// For the platform's own people. First registered first.
    #[oai(path = "/companies", method = "get", operation_id = "platform_companies_list")]
    async fn list(
        &self,
        // That it is one is all that is asked for.
        _operator: Operator,
        central: Data<&Central>,
        cursors: Data<&Cursors>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<PlatformCompany>>> {
        let page = cursors.page_in("platform|companies", limit.0, cursor.0.as_ref(), &[])?;
        let after = page.after.clone().map(|after| (after.key, after.id));
        let clinics = platform::clinics(&central, after, page.rows() + 1).await?;
        let found = clinics.into_iter().map(PlatformCompany::from).collect();
        let after = |clinic: &PlatformCompany| After { key: clinic.created_at.to_rfc3339(), id: clinic.id };
        Ok(Listed(page.answer(found, after)?))
    }

    /// Read a clinic
    ///
    /// For the platform's own people: who it is and how it stands, and nothing of what it holds.
    #[oai(path = "/companies/:id", method = "get", operation_id = "platform_companies_find")]
    async fn find(
        &self,
        _operator: Operator,
        central: Data<&Central>,
        /// The clinic.
        id: Path<Uuid>,
    ) -> Result<Listed<PlatformCompany>> {
        Ok(Listed(platform::clinic(&central, ClinicId(id.0)).await?.into()))
    }

    /// Suspend a clinic
    ///
    /// For super admins. Its data is kept; within a second nobody gets in, and its admins are written to. 409 where it is not active.
    #[oai(path = "/companies/:id/suspend", method = "post", operation_id = "platform_companies_suspend")]
    async fn suspend(
        &self,
        request: &Request,
        operator: Operator,
        central: Data<&Central>,
        /// The clinic.
        id: Path<Uuid>,
    ) -> Result<Done> {
        set(request, &operator, &central, id.0, true).await
    }

    /// Let a suspended clinic go on
    ///
    /// For super admins. 409 where it is not suspended.
    #[oai(path = "/companies/:id/resume", method = "post", operation_id = "platform_companies_resume")]
    async fn resume(
        &self,
        request: &Request,
        operator: Operator,
        central: Data<&Central>,
        /// The clinic.
        id: Path<Uuid>,
    ) -> Result<Done> {
        set(request, &operator, &central, id.0, false).await
    }

    /// Read the newest isolation report
    ///
    /// For the platform's own people: what `medicalpro verify --keep` found last, by which anybody sees whether each clinic is apart from the others. Its
    /// hash tells that it is as it was written, not by whom. 404 `no_isolation_report` where none was kept yet.
    #[oai(path = "/isolation-report", method = "get", operation_id = "platform_isolation_report")]
    async fn isolation_report(&self, _operator: Operator, central: Data<&Central>) -> Result<Tagged<IsolationReport>> {
        let newest = IsolationReport::try_from(isolation_reports::newest(&central).await?)?;
        let tag = format!("\"{}\"", newest.sha256);
        Ok(Tagged(newest, tag))
    }
}

async fn set(request: &Request, operator: &Operator, central: &Central, id: Uuid, suspended: bool) -> Result<Done> {
    let (clinic, visitor) = (ClinicId(id), Visitor::of(request));
    let action = if suspended { "clinic_suspended" } else { "clinic_resumed" };
    let event = Event { clinic: Some(clinic), actor: Some(operator.0.user()), ..visitor.event(action) };
    audit::record_refusal(central, &event, operator.0.may_change()).await?;
    suspension::set(central, clinic, suspended, &event).await?;
    Ok(Done)
}

impl Example for PlatformCompany {
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0001),
            name: "Cabinet du Parc".to_owned(),
            country: "FR".to_owned(),
            language: "fr".to_owned(),
            status: "active".to_owned(),
            created_at: DateTime::<Utc>::UNIX_EPOCH + chrono::Duration::seconds(1_767_225_600),
        }
    }
}

impl Example for IsolationReport {
    fn example() -> Self {
        let report = [("ending", Value::from("held")), ("finished", Value::from("2026-01-01T00:00:00Z"))];
        Self {
            finished: DateTime::<Utc>::UNIX_EPOCH + chrono::Duration::seconds(1_767_225_600),
            ending: "held".to_owned(),
            figures: IsolationFigures { attempts: 412, held: 412, failed: 0, warned: 0, not_run: 0 },
            report: report.map(|(name, value)| (name.to_owned(), value)).into(),
            sha256: "8f130df38e0527d938e6b717e2948a4658ed84fb6af9a645de66380645bcd002".to_owned(),
        }
    }
}
