//! For the platform's own people: which clinics there are, and who is let in. Nothing of it reaches a clinic's database.

use chrono::{DateTime, Utc};
use poem::Request;
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::{Done, Listed};
use crate::api::list::{After, Cursors, Limit, Page};
use crate::api::text::CursorText;
use crate::auth::operator::Operator;
use crate::auth::visitor::Visitor;
use crate::central::audit::{self, Event};
use crate::central::platform::{self, ClinicSeen};
use crate::central::{Central, suspension};
use crate::error::Result;
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
