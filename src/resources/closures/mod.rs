//! Closures: days on which nobody is booked, at the whole clinic or at one facility; or, `open`, public holidays on which work goes on.

mod model;

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::{Created, Done, Found, Listed, Read, expect_version};
use crate::api::body::Body;
use crate::api::day::Day;
use crate::api::idempotency::Once;
use crate::api::list::{After, Cursors, LIMITS, Limit, Page, order, seen};
use crate::api::text::{CursorText, EntityTags, IdempotencyKey};
use crate::auth::caller::Bearer;
use crate::clinic::{ClinicTx, Clinics, Write};
use crate::error::{ApiError, ConstraintMessage, Result};
use crate::ids::Role;
use crate::sql;
use crate::sql::{Clinic, Statement};
use crate::transaction;

pub use model::{Closure, ClosureKind, ClosurePatch, ClosureSort, NewClosure};

/// A closure ends on the day that it begins, or later.
pub const ORDER: ConstraintMessage = ConstraintMessage {
    constraint: "closures_order_check",
    code: "order",
    detail: "must not lie before the first day",
    pointer: "/endsOn",
};

const WRITERS: [Role; 2] = [Role::Admin, Role::Manager];

macro_rules! columns {
    () => {
        "id, facility_id, kind, starts_on, ends_on, reason, created_at, updated_at, version"
    };
}

sql! { Clinic;
    /// A page of closures, and the audit row of their being seen: by facility, beginning and end of what is asked for, order with its beginning, and
    /// size.
    LIST by Role::ALL;
        (concat!("WITH page AS MATERIALIZED (SELECT ", columns!(), " FROM closures WHERE company_id = $1 AND deleted_at IS NULL")),
        [" AND $2::uuid IS NULL", " AND facility_id = $2::uuid"],
        [" AND $3::date IS NULL", " AND ends_on >= $3::date"],
        [" AND $4::date IS NULL", " AND starts_on <= $4::date"],
        [
            order!(5, 6; first, "starts_on", "ASC"),
            order!(5, 6; after, "starts_on", "date", ">", "ASC"),
            order!(5, 6; first, "starts_on", "DESC"),
            order!(5, 6; after, "starts_on", "date", "<", "DESC"),
        ],
        " LIMIT ",
        [LIMITS[0], LIMITS[1], LIMITS[2], LIMITS[3], LIMITS[4]],
        // $7: the rows of the page.
        (seen!("closures", 7));
    /// One closure, and the audit row of its being read.
    FIND by Role::ALL;
        (concat!("SELECT ", columns!(), ", app.record_access('read', 'closures', ARRAY[id], '{}')
                    FROM closures WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL"));
    /// One closure, held until the transaction ends.
    FIND_FOR_UPDATE by WRITERS;
        (concat!("SELECT ", columns!(), " FROM closures WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE"));
    /// The facility of a closure to be.
    HOLD_FACILITY by WRITERS;
        "SELECT id FROM medical_facilities WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL FOR SHARE";
    /// A new closure.
    INSERT by WRITERS;
        (concat!(
            "INSERT INTO closures (company_id, id, facility_id, kind, starts_on, ends_on, reason) VALUES ($1, $2, $3, $4, $5, $6, $7)
             RETURNING ", columns!()
        ));
    /// Everything that a client may change.
    UPDATE by WRITERS;
        (concat!(
            "UPDATE closures SET facility_id = $3, kind = $4, starts_on = $5, ends_on = $6, reason = $7 WHERE company_id = $1 AND id = $2
             RETURNING ", columns!()
        ));
    /// Lifts a closure.
    DELETE by WRITERS;
        "UPDATE closures SET deleted_at = now() WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL RETURNING version - 1";
}

/// The operations on closures.
#[derive(Clone, Copy, Debug)]
pub struct Closures;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Clinic")]
impl Closures {
    /// List closures
    ///
    /// By their first day unless `sort` says otherwise; public holidays are `/clinic/holidays`.
    #[oai(path = "/closures", method = "get", operation_id = "closures_list")]
    #[expect(clippy::too_many_arguments, reason = "one for each query parameter")]
    async fn list(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        cursors: Data<&Cursors>,
        /// Only those of this facility; not those of the whole clinic, which hold there too.
        #[oai(name = "facilityId")]
        facility_id: Query<Option<Uuid>>,
        /// Only those that last until this day or later.
        from: Query<Option<Day>>,
        /// Only those that begin on this day or earlier.
        to: Query<Option<Day>>,
        /// The order.
        sort: Query<Option<ClosureSort>>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<Closure>>> {
        let (caller, sort) = (&bearer.0, sort.0.unwrap_or(ClosureSort::Starts));
        let shape = format!("{:?} {:?} {:?} {sort:?}", facility_id.0, from.0, to.0);
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &[&shape])?;
        let order = 2 * sort as usize + usize::from(page.after.is_some());
        let filters = [facility_id.is_some(), from.is_some(), to.is_some()].map(usize::from);
        let statement = LIST.pick(&[filters[0], filters[1], filters[2], order, page.bucket()]);
        let (key, id) = page.after.clone().map(|after| (after.key, after.id)).unzip();
        let answer = transaction!(clinics.read(caller), |tx| {
            let asked: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
                [&facility_id.0, &from.0, &to.0, &key, &id, &page.rows()];
            let rows = tx.page(statement.clone(), &asked).await?;
            let found = rows.iter().map(Closure::try_from).collect::<Result<_, _>>()?;
            page.answer(found, |closure: &Closure| After { key: closure.starts_on.0.to_string(), id: closure.id })
        })?;
        Ok(Listed(answer))
    }

    /// Enter a closure
    ///
    /// Appointments that are there already stay: the calendar shows them, and people move them.
    #[oai(path = "/closures", method = "post", operation_id = "closures_create")]
    async fn create(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// Names this attempt: repeated, it is answered alike and nothing is entered twice.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        body: Body<NewClosure>,
    ) -> Result<Created<Closure>> {
        let caller = &bearer.0;
        let once = Once::new(caller, key.as_ref(), &[&body.raw]);
        let closure = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            hold_facility(tx, body.value.facility_id).await?;
            let closure = store(tx, &INSERT, Uuid::now_v7(), &body.value).await?;
            once.remember(tx, closure).await
        })?;
        Ok(Created(closure))
    }

    /// Read a closure
    ///
    /// One that was deleted is not found.
    #[oai(path = "/closures/:id", method = "get", operation_id = "closures_find")]
    async fn find(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The closure.
        id: Path<Uuid>,
        /// The version that the client has: answered 304 if it is the newest.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<EntityTags>>,
    ) -> Result<Read<Closure>> {
        let closure =
            transaction!(clinics.read(&bearer.0), |tx| Ok(Closure::try_from(&tx.only(&FIND, &[&id.0]).await?)?))?;
        Ok(Read::of(closure, if_none_match.as_ref()))
    }

    /// Change a closure
    ///
    /// A JSON merge patch: what is absent stays, `null` clears.
    #[oai(path = "/closures/:id", method = "patch", operation_id = "closures_update")]
    async fn update(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The closure.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
        body: Body<ClosurePatch>,
    ) -> Result<Found<Closure>> {
        let closure = transaction!(clinics.write(&bearer.0), |tx| {
            let closure = Closure::try_from(&tx.one(&FIND_FOR_UPDATE, &[&id.0]).await?)?;
            expect_version(if_match.as_ref(), closure.version)?;
            let mut changed = NewClosure::from(closure);
            body.value.clone().apply(&mut changed);
            hold_facility(tx, body.value.facility_id.value().copied()).await?;
            store(tx, &UPDATE, id.0, &changed).await
        })?;
        Ok(Found(closure))
    }

    /// Delete a closure
    ///
    /// The days can be booked again.
    #[oai(path = "/closures/:id", method = "delete", operation_id = "closures_delete")]
    async fn delete(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The closure.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
    ) -> Result<Done> {
        transaction!(clinics.write(&bearer.0), |tx| {
            let row = tx.one(&DELETE, &[&id.0]).await?;
            expect_version(if_match.as_ref(), row.try_get(0)?)
        })?;
        Ok(Done)
    }
}

/// Holds that a facility that is named is there, and not archived meanwhile.
async fn hold_facility(tx: &mut ClinicTx<Write>, facility: Option<Uuid>) -> Result<()> {
    let Some(facility) = facility else { return Ok(()) };
    if tx.row(&HOLD_FACILITY, &[&facility]).await?.is_some() {
        return Ok(());
    }
    Err(ApiError::missing(Some("/facilityId")))
}

/// Writes all of a closure's columns, by [`INSERT`] or [`UPDATE`].
async fn store(
    tx: &mut ClinicTx<Write>,
    statement: &'static Statement<Clinic>,
    id: Uuid,
    closure: &NewClosure,
) -> Result<Closure> {
    let kind = closure.kind.unwrap_or(ClosureKind::Closed).name();
    let ends_on = closure.ends_on.unwrap_or(closure.starts_on);
    let row =
        tx.one(statement, &[&id, &closure.facility_id, &kind, &closure.starts_on, &ends_on, &closure.reason]).await?;
    Ok(Closure::try_from(&row)?)
}
