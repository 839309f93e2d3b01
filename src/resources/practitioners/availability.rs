//! When practitioners work, and when they are away: weekly hours, extra hours, absences.
//!
//! Invariant, kept by the table's trigger: weekly hours of one practitioner never overlap in a week that both have. Hours are plans,
//! not history: they are truly deleted, and the audit trail keeps that there were some.

mod model;

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use uuid::Uuid;

use super::statements::WRITERS;
use super::works_at;
use crate::api::Tag;
use crate::api::answer::{Created, Done, Found, Listed, Read, expect_version};
use crate::api::body::Body;
use crate::api::day::Day;
use crate::api::idempotency::Once;
use crate::api::list::{After, Cursors, LIMITS, Limit, Page, seen};
use crate::api::text::{CursorText, EntityTags, IdempotencyKey};
use crate::auth::caller::Bearer;
use crate::clinic::{ClinicTx, Clinics, Write};
use crate::error::{ApiError, ConstraintMessage, Result};
use crate::ids::Role;
use crate::sql;
use crate::sql::{Clinic, Statement};
use crate::transaction;

pub use model::{AvailabilityKind, Hours, HoursPatch, NewHours};

/// Weekly hours exclude each other.
pub const OVERLAP: ConstraintMessage = ConstraintMessage {
    constraint: "practitioner_availability_overlap",
    code: "hours_overlap",
    detail: "The practitioner has other hours at this time of the week.",
    pointer: "/starts",
};

macro_rules! columns {
    () => {
        "id, practitioner_id, kind, facility_id, weekday, interval_weeks, valid_from, valid_until, starts, ends, reason, created_at,
         updated_at, version"
    };
}

sql! { Clinic;
    /// A page of a practitioner's, as they were entered; with `$4` and `$5` those that fall between these days.
    LIST by Role::ALL;
        (concat!("WITH page AS MATERIALIZED (SELECT ", columns!(), " FROM practitioner_availability
                   WHERE company_id = $1 AND practitioner_id = $2 AND ($3::text IS NULL OR kind = $3)
                     AND ($4::date IS NULL OR valid_until IS NULL OR valid_until >= $4)
                     AND ($5::date IS NULL OR valid_from IS NULL OR valid_from <= $5)
                     AND ($6::text IS NULL OR (created_at, id) > ($6::text::timestamptz, $7::uuid))
                   ORDER BY created_at, id LIMIT ")),
        [LIMITS[0], LIMITS[1], LIMITS[2], LIMITS[3], LIMITS[4]],
        // $8: the rows of the page.
        (seen!("practitioner_availability", 8,
               of "EXISTS (SELECT FROM practitioners WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL)"));
    /// One, and the audit row of its being read.
    FIND by Role::ALL;
        (concat!("SELECT ", columns!(), ", app.record_access('read', 'practitioner_availability', ARRAY[id], '{}')
                    FROM practitioner_availability WHERE company_id = $1 AND id = $2"));
    /// One, held until the transaction ends.
    FIND_FOR_UPDATE by WRITERS;
        (concat!("SELECT ", columns!(), " FROM practitioner_availability WHERE company_id = $1 AND id = $2 FOR UPDATE"));
    /// New ones, of a practitioner who is here.
    INSERT by WRITERS;
        (concat!(
            "INSERT INTO practitioner_availability (company_id, id, practitioner_id, kind, facility_id, weekday, interval_weeks,
                                                    valid_from, valid_until, starts, ends, reason)
             SELECT $1, $2, id, $4, $5, $6, $7, $8, $9, $10, $11, $12
               FROM practitioners WHERE company_id = $1 AND id = $3 AND deleted_at IS NULL
             RETURNING ", columns!()
        ));
    /// Everything that a client may change.
    UPDATE by WRITERS;
        (concat!(
            "UPDATE practitioner_availability
                SET facility_id = $5, weekday = $6, interval_weeks = $7, valid_from = $8, valid_until = $9, starts = $10, ends = $11,
                    reason = $12
              WHERE company_id = $1 AND id = $2 AND practitioner_id = $3 AND kind = $4
             RETURNING ", columns!()
        ));
    /// Takes one away; no row where row security keeps it.
    DELETE by WRITERS;
        "DELETE FROM practitioner_availability WHERE company_id = $1 AND id = $2 RETURNING id";
}

/// The operations on practitioners' hours.
#[derive(Clone, Copy, Debug)]
pub struct Availability;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Practitioners")]
impl Availability {
    /// List a practitioner's hours and absences
    ///
    /// First entered first. Absences win over extra hours, extra hours over those of the week.
    #[oai(path = "/practitioners/:id/availability", method = "get", operation_id = "availability_list")]
    #[expect(clippy::too_many_arguments, reason = "one for each query parameter")]
    async fn list(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        cursors: Data<&Cursors>,
        /// The practitioner.
        id: Path<Uuid>,
        /// Only of this kind.
        kind: Query<Option<AvailabilityKind>>,
        /// Only those that are not over on this day.
        from: Query<Option<Day>>,
        /// Only those that have begun on this day.
        to: Query<Option<Day>>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<Hours>>> {
        let caller = &bearer.0;
        let kind = kind.0.map(AvailabilityKind::name);
        let shape = format!("{} {kind:?} {:?} {:?}", id.0, from.0, to.0);
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &[&shape])?;
        let (key, last) = page.after.clone().map(|after| (after.key, after.id)).unzip();
        let statement = LIST.pick(&[page.bucket()]);
        let answer = transaction!(clinics.read(caller), |tx| {
            let params: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
                [&id.0, &kind, &from.0, &to.0, &key, &last, &page.rows()];
            let rows = tx.page(statement.clone(), &params).await?;
            let found = rows.iter().map(Hours::try_from).collect::<Result<_, _>>()?;
            page.answer(found, |hours| After { key: hours.created_at.to_rfc3339(), id: hours.id })
        })?;
        Ok(Listed(answer))
    }

    /// Enter hours or an absence
    ///
    /// `weekly` hours have a weekday; with `intervalWeeks` they alternate, from the week of `validFrom` on. `extra` hours and an
    /// `absence` have a first and a last day; an absence without times lasts whole days. A weekday may have several blocks; blocks that
    /// overlap in a week that both have: 409 `hours_overlap`. Practitioners enter their own only.
    #[oai(path = "/practitioners/:id/availability", method = "post", operation_id = "availability_create")]
    async fn create(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The practitioner.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike and nothing is entered twice.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        body: Body<NewHours>,
    ) -> Result<Created<Hours>> {
        let caller = &bearer.0;
        body.value.check()?;
        let once = Once::new(caller, key.as_ref(), &[id.0.as_bytes(), &body.raw]);
        let hours = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            works_at(tx, body.value.facility_id).await?;
            let hours = store(tx, &INSERT, Uuid::now_v7(), id.0, &body.value).await?;
            once.remember(tx, hours).await
        })?;
        Ok(Created(hours))
    }

    /// Read hours or an absence
    ///
    /// By their own id, as listed.
    #[oai(path = "/availability/:id", method = "get", operation_id = "availability_find")]
    async fn find(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The hours.
        id: Path<Uuid>,
        /// The version that the client has: answered 304 if it is the newest.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<EntityTags>>,
    ) -> Result<Read<Hours>> {
        let hours = transaction!(clinics.read(&bearer.0), |tx| Ok(Hours::try_from(&tx.only(&FIND, &[&id.0]).await?)?))?;
        Ok(Read::of(hours, if_none_match.as_ref()))
    }

    /// Change hours or an absence
    ///
    /// A JSON merge patch: what is absent stays, `null` clears. What must hold of new ones holds of the result.
    #[oai(path = "/availability/:id", method = "patch", operation_id = "availability_update")]
    async fn update(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The hours.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
        body: Body<HoursPatch>,
    ) -> Result<Found<Hours>> {
        let hours = transaction!(clinics.write(&bearer.0), |tx| {
            let found = Hours::try_from(&tx.one(&FIND_FOR_UPDATE, &[&id.0]).await?)?;
            expect_version(if_match.as_ref(), found.version)?;
            let practitioner = found.practitioner_id;
            let mut changed = NewHours::from(found);
            body.value.clone().apply(&mut changed);
            changed.check()?;
            if !body.value.facility_id.is_undefined() {
                works_at(tx, changed.facility_id).await?;
            }
            store(tx, &UPDATE, id.0, practitioner, &changed).await
        })?;
        Ok(Found(hours))
    }

    /// Take hours or an absence away
    ///
    /// What was booked meanwhile stays.
    #[oai(path = "/availability/:id", method = "delete", operation_id = "availability_delete")]
    async fn delete(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The hours.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
    ) -> Result<Done> {
        transaction!(clinics.write(&bearer.0), |tx| {
            let found = Hours::try_from(&tx.one(&FIND_FOR_UPDATE, &[&id.0]).await?)?;
            expect_version(if_match.as_ref(), found.version)?;
            // It is there: row security alone can have kept it.
            tx.row(&DELETE, &[&id.0]).await?.map(|_| ()).ok_or(ApiError::FORBIDDEN)
        })?;
        Ok(Done)
    }
}

/// Writes all columns, by [`INSERT`] or [`UPDATE`].
async fn store(
    tx: &mut ClinicTx<Write>,
    statement: &'static Statement<Clinic>,
    id: Uuid,
    practitioner: Uuid,
    hours: &NewHours,
) -> Result<Hours> {
    let row = tx
        .one(
            statement,
            &[
                &id,
                &practitioner,
                &hours.kind.name(),
                &hours.facility_id,
                &hours.weekday,
                &hours.interval_weeks.unwrap_or(1),
                &hours.valid_from,
                &hours.valid_until,
                &hours.starts,
                &hours.ends,
                &hours.reason,
            ],
        )
        .await?;
    Ok(Hours::try_from(&row)?)
}
