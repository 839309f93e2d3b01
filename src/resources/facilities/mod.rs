//! Facilities: the places of a clinic, where its people are seen.
//!
//! Invariant: what is still needed is not archived: a facility has no appointment to come, no hours, no practitioner and no room.

mod model;
mod statements;

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::{Created, Done, Found, Listed, Read, expect_version};
use crate::api::body::Body;
use crate::api::idempotency::Once;
use crate::api::list::{After, Cursors, Limit, Page};
use crate::api::text::{CursorText, EntityTags, IdempotencyKey};
use crate::auth::caller::Bearer;
use crate::clinic::{ClinicTx, Clinics, Write};
use crate::error::{ApiError, Result};
use crate::region::Locality;
use crate::sql::{Clinic, Statement};
use crate::transaction;

pub use model::{Facility, FacilityPatch, FacilitySort, NewFacility};
pub use statements::STATEMENTS;
use statements::{ARCHIVE, FIND, FIND_FOR_UPDATE, INSERT, LIST, NEEDED, RESTORE, UPDATE};

/// The operations on facilities.
#[derive(Clone, Copy, Debug)]
pub struct Facilities;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Clinic")]
impl Facilities {
    /// List the facilities
    ///
    /// By name unless `sort` says otherwise.
    #[oai(path = "/facilities", method = "get", operation_id = "facilities_list")]
    #[expect(clippy::too_many_arguments, reason = "one for each query parameter")]
    async fn list(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        cursors: Data<&Cursors>,
        /// `true` lists the archived facilities instead.
        archived: Query<Option<bool>>,
        /// The order.
        sort: Query<Option<FacilitySort>>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<Facility>>> {
        let caller = &bearer.0;
        let (archived, sort) = (archived.0.unwrap_or(false), sort.0.unwrap_or(FacilitySort::Name));
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &[&format!("{archived} {sort:?}")])?;
        let order = 2 * sort as usize + usize::from(page.after.is_some());
        let statement = LIST.pick(&[usize::from(archived), order, page.bucket()]);
        let (key, id) = page.after.clone().map(|after| (after.key, after.id)).unzip();
        let answer = transaction!(clinics.read(caller), |tx| {
            let rows = tx.page(statement.clone(), &[&key, &id, &page.rows()]).await?;
            let found = rows.iter().map(Facility::try_from).collect::<Result<_, _>>()?;
            page.answer(found, |facility: &Facility| After { key: facility.name.as_str().to_owned(), id: facility.id })
        })?;
        Ok(Listed(answer))
    }

    /// Enter a facility
    ///
    /// Opening hours must not overlap on a weekday; those of the clinic hold where a facility has none.
    #[oai(path = "/facilities", method = "post", operation_id = "facilities_create")]
    async fn create(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// Names this attempt: repeated, it is answered alike and nothing is entered twice.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        body: Body<NewFacility>,
    ) -> Result<Created<Facility>> {
        let caller = &bearer.0;
        let once = Once::new(caller, key.as_ref(), &[&body.raw]);
        let facility = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            let facility = store(tx, &INSERT, Uuid::now_v7(), &body.value).await?;
            once.remember(tx, facility).await
        })?;
        Ok(Created(facility))
    }

    /// Read a facility
    ///
    /// An archived one is not found: see the list with `archived=true`.
    #[oai(path = "/facilities/:id", method = "get", operation_id = "facilities_find")]
    async fn find(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The facility.
        id: Path<Uuid>,
        /// The version that the client has: answered 304 if it is the newest.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<EntityTags>>,
    ) -> Result<Read<Facility>> {
        let facility =
            transaction!(clinics.read(&bearer.0), |tx| Ok(Facility::try_from(&tx.only(&FIND, &[&id.0]).await?)?))?;
        Ok(Read::of(facility, if_none_match.as_ref()))
    }

    /// Change a facility
    ///
    /// A JSON merge patch: what is absent stays, `null` clears.
    #[oai(path = "/facilities/:id", method = "patch", operation_id = "facilities_update")]
    async fn update(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The facility.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
        locality: Data<&Locality>,
        body: Body<FacilityPatch>,
    ) -> Result<Found<Facility>> {
        let facility = transaction!(clinics.write(&bearer.0), |tx| {
            let facility = Facility::try_from(&tx.one(&FIND_FOR_UPDATE, &[&id.0]).await?)?;
            expect_version(if_match.as_ref(), facility.version)?;
            let mut changed = NewFacility::from(facility);
            let moves = body.value.moves();
            body.value.clone().apply(&mut changed);
            if let Some(address) = changed.address.as_mut().filter(|_| moves) {
                address.check(locality.region())?;
            }
            store(tx, &UPDATE, id.0, &changed).await
        })?;
        Ok(Found(facility))
    }

    /// Archive a facility
    ///
    /// 409 where it is needed still: `facility_has_appointments` to come, `facility_has_hours` of practitioners, `facility_has_practitioners` who
    /// mostly work there, `facility_has_rooms`. Archived, it can be restored.
    #[oai(path = "/facilities/:id", method = "delete", operation_id = "facilities_delete")]
    async fn delete(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The facility.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
    ) -> Result<Done> {
        transaction!(clinics.write(&bearer.0), |tx| {
            let row = tx.one(&ARCHIVE, &[&id.0]).await?;
            expect_version(if_match.as_ref(), row.try_get(0)?)?;
            let needed = tx.one(&NEEDED, &[&id.0]).await?;
            for (by, code, detail) in [
                ("appointments", "facility_has_appointments", "The facility has appointments to come."),
                ("hours", "facility_has_hours", "Practitioners have hours at the facility."),
                ("practitioners", "facility_has_practitioners", "Practitioners mostly work at the facility."),
                ("rooms", "facility_has_rooms", "The facility has rooms: delete them first."),
            ] {
                if needed.try_get(by)? {
                    return Err(ApiError::Conflict { code, detail: detail.into(), pointer: None });
                }
            }
            Ok(())
        })?;
        Ok(Done)
    }

    /// Restore an archived facility
    ///
    /// It can be booked again.
    #[oai(path = "/facilities/:id/restore", method = "post", operation_id = "facilities_restore")]
    async fn restore(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The facility.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
    ) -> Result<Found<Facility>> {
        let caller = &bearer.0;
        let once = Once::new(caller, key.as_ref(), &[id.0.as_bytes()]);
        let facility = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            let facility = Facility::try_from(&tx.one(&RESTORE, &[&id.0]).await?)?;
            once.remember(tx, facility).await
        })?;
        Ok(Found(facility))
    }
}

/// Writes all of a facility's columns, by [`INSERT`] or [`UPDATE`].
async fn store(
    tx: &mut ClinicTx<Write>,
    statement: &'static Statement<Clinic>,
    id: Uuid,
    facility: &NewFacility,
) -> Result<Facility> {
    let (address, hours) = (facility.address.clone().unwrap_or_default(), facility.hours()?);
    let row = tx
        .one(
            statement,
            &[
                &id,
                &facility.name,
                &address.line1,
                &address.line2,
                &address.postal_code,
                &address.city,
                &address.country,
                &facility.phone,
                &facility.email,
                &hours,
                &facility.active.unwrap_or(true),
            ],
        )
        .await?;
    Ok(Facility::try_from(&row)?)
}
