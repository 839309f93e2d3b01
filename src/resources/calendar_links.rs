//! Links by which calendar programs fetch a practitioner's calendar: made, listed and revoked by staff; `links` answers the programs.
//!
//! The link's address is answered once, as it is made. It bears a sealed token and no row of it, so that the database gives
//! none away.

use chrono::{DateTime, Utc};
use poem::web::Data;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::types::Example;
use poem_openapi::{Enum, Object, OpenApi};
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::{Created, Done, Listed, Resource, expect_version};
use crate::api::idempotency::{Kept, Once};
use crate::api::list::{After, Cursors, LIMITS, Limit, Page};
use crate::api::text::{CursorText, EntityTags, IdempotencyKey};
use crate::auth::caller::Bearer;
use crate::auth::link::Links;
use crate::clinic::{Access, Clinics};
use crate::error::Result;
use crate::ids::Role;
use crate::sql;
use crate::transaction;

const HOLDERS: [Role; 4] = [Role::Admin, Role::Manager, Role::Practitioner, Role::Secretary];

macro_rules! columns {
    () => {
        "id, practitioner_id, created_by, created_at, version"
    };
}

sql! { Clinic;
    /// A link to the calendar of a practitioner who is there.
    INSERT by HOLDERS;
        (concat!(
            "INSERT INTO calendar_links (company_id, id, practitioner_id)
             SELECT $1, $2, p.id FROM practitioners p WHERE p.company_id = $1 AND p.id = $3 AND p.deleted_at IS NULL
             RETURNING ", columns!()
        ));
    /// Whether a practitioner is there, whose links are asked for.
    PRACTITIONER by HOLDERS;
        "SELECT FROM practitioners WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL";
    /// A page of a practitioner's links that stand, and the audit row of their being seen.
    LIST by HOLDERS;
        (concat!("WITH page AS MATERIALIZED (SELECT ", columns!(), " FROM calendar_links
                   WHERE company_id = $1 AND practitioner_id = $2 AND revoked_at IS NULL")),
        [
            " AND $3::text IS NULL AND $4::uuid IS NULL ORDER BY created_at ASC, id ASC",
            " AND (created_at, id) > ($3::text::timestamptz, $4::uuid) ORDER BY created_at ASC, id ASC",
            " AND $3::text IS NULL AND $4::uuid IS NULL ORDER BY created_at DESC, id DESC",
            " AND (created_at, id) < ($3::text::timestamptz, $4::uuid) ORDER BY created_at DESC, id DESC",
        ],
        " LIMIT ",
        [LIMITS[0], LIMITS[1], LIMITS[2], LIMITS[3], LIMITS[4]],
        // $5: the rows of the page. They are of no patient.
        "), seen AS MATERIALIZED (
              SELECT app.record_access('list', 'calendar_links', ARRAY(SELECT id FROM page LIMIT $5::int8), NULL))
         SELECT page.* FROM seen LEFT JOIN page ON true";
    /// The link opens nothing any more.
    REVOKE by HOLDERS;
        "UPDATE calendar_links SET revoked_at = now() WHERE company_id = $1 AND id = $2 AND revoked_at IS NULL RETURNING version - 1";
}

/// The order of a list of links; a minus turns it round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum CalendarLinkSort {
    /// First made first.
    #[oai(rename = "createdAt")]
    Created,
    /// Last made first.
    #[oai(rename = "-createdAt")]
    CreatedDescending,
}

/// A link by which calendar programs fetch a practitioner's calendar.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct CalendarLink {
    /// Identifies the link in this clinic.
    pub id: Uuid,
    /// Whose calendar it opens.
    pub practitioner_id: Uuid,
    /// Who made it.
    pub created_by: Uuid,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Grows with each change; the `ETag`.
    pub version: i32,
    /// What to give to the calendar program: answered once, as the link is made. Whoever has it sees the calendar.
    #[oai(skip_serializing_if_is_none)]
    pub url: Option<String>,
}

impl TryFrom<&tokio_postgres::Row> for CalendarLink {
    type Error = tokio_postgres::Error;

    fn try_from(row: &tokio_postgres::Row) -> Result<Self, Self::Error> {
        Ok(Self {
            id: row.try_get("id")?,
            practitioner_id: row.try_get("practitioner_id")?,
            created_by: row.try_get("created_by")?,
            created_at: row.try_get("created_at")?,
            version: row.try_get("version")?,
            url: None,
        })
    }
}

impl Resource for CalendarLink {
    const PATH: &'static str = "/api/v1/calendar-links";

    fn id(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

impl Kept for CalendarLink {
    fn shown(&self) -> Access {
        Access::read("calendar_links", self.id, None)
    }
}

/// The operations on calendar links.
#[derive(Clone, Copy, Debug)]
pub struct CalendarLinks;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Links")]
impl CalendarLinks {
    /// List the links to a practitioner's calendar
    ///
    /// Those that stand, newest first unless `sort` says otherwise. Practitioners see their own.
    #[oai(path = "/practitioners/:id/calendar-links", method = "get", operation_id = "calendar_links_list")]
    #[expect(clippy::too_many_arguments, reason = "one for each query parameter")]
    async fn list(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        cursors: Data<&Cursors>,
        /// The practitioner.
        id: Path<Uuid>,
        /// The order.
        sort: Query<Option<CalendarLinkSort>>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<CalendarLink>>> {
        let caller = &bearer.0;
        let sort = sort.0.unwrap_or(CalendarLinkSort::CreatedDescending);
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &[&format!("{} {sort:?}", id.0)])?;
        let statement = LIST.pick(&[2 * sort as usize + usize::from(page.after.is_some()), page.bucket()]);
        let (key, after) = page.after.clone().map(|after| (after.key, after.id)).unzip();
        let answer = transaction!(clinics.read(caller), |tx| {
            tx.one(&PRACTITIONER, &[&id.0]).await?;
            let rows = tx.page(statement.clone(), &[&id.0, &key, &after, &page.rows()]).await?;
            let found = rows.iter().map(CalendarLink::try_from).collect::<Result<_, _>>()?;
            page.answer(found, |link| After { key: link.created_at.to_rfc3339(), id: link.id })
        })?;
        Ok(Listed(answer))
    }

    /// Make a link to a practitioner's calendar
    ///
    /// Its `url` is answered here and nowhere else: give it to a calendar program. It is good until it is revoked, or whoever made it may do
    /// so no more.
    /// Practitioners make links to their own calendar only.
    #[oai(path = "/practitioners/:id/calendar-links", method = "post", operation_id = "calendar_links_create")]
    async fn create(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        links: Data<&Links>,
        /// The practitioner.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered with the same link, and no second one is made.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
    ) -> Result<Created<CalendarLink>> {
        let caller = &bearer.0;
        let once = Once::new(caller, key.as_ref(), &[id.0.as_bytes()]);
        let link = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            let link = CalendarLink::try_from(&tx.one(&INSERT, &[&Uuid::now_v7(), &id.0]).await?)?;
            // Without its address, which is stored nowhere: it is sealed anew.
            once.remember(tx, link).await
        })?;
        let url = Some(links.calendar_url(caller.clinic(), link.id)?);
        Ok(Created(CalendarLink { url, ..link }))
    }

    /// Revoke a link to a calendar
    ///
    /// Calendar programs that have it get nothing any more. Practitioners revoke their own.
    #[oai(path = "/calendar-links/:id", method = "delete", operation_id = "calendar_links_delete")]
    async fn delete(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The link.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
    ) -> Result<Done> {
        transaction!(clinics.write(&bearer.0), |tx| {
            let row = tx.one(&REVOKE, &[&id.0]).await?;
            expect_version(if_match.as_ref(), row.try_get(0)?)
        })?;
        Ok(Done)
    }
}

impl Example for CalendarLink {
    #[expect(clippy::expect_used, reason = "a constant, checked as the spec is made")]
    fn example() -> Self {
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0021),
            practitioner_id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0007),
            created_by: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0005),
            created_at: DateTime::from_timestamp(1_767_225_600, 0).expect("a time"),
            version: 1,
            url: Some("https://medicalpro.invalid/api/v1/calendar.ics?token=v1.k20260101.q80".to_owned()),
        }
    }
}
