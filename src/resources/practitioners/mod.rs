//! Practitioners: those who treat patients, each with a calendar of their own; when they work, and what they offer.
//!
//! Who may is decided by PostgreSQL, as for patients: a practitioner changes their own row and hours only. Whose account a practitioner
//! is says an admin or a manager, of somebody who works here by central's word.

pub mod availability;
mod model;
mod of_staff;
pub mod services;
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
use crate::api::text::{CursorText, EntityTags, IdempotencyKey, Speciality};
use crate::auth::caller::Bearer;
use crate::central::Central;
use crate::central::staff;
use crate::clinic::{Caller, ClinicTx, Clinics, Write};
use crate::error::{ApiError, ConstraintMessage, Result};
use crate::ids::UserId;
use crate::sql::{Clinic, Picked};
use crate::transaction;

use model::sort_name;
pub use model::{NewPractitioner, Practitioner, PractitionerPatch, Sort};
pub use of_staff::OfStaff;
pub use statements::STATEMENTS;
use statements::{ARCHIVE, EXPECTED, FIND, FIND_FOR_UPDATE, HOLD_FACILITY, INSERT, LIST, RESTORE, UPDATE};

/// The operations on practitioners, their hours and what they offer.
pub type Api = (Practitioners, OfStaff, availability::Availability, services::Services);

/// See [`Api`].
#[must_use]
pub const fn api() -> Api {
    (Practitioners, OfStaff, availability::Availability, services::Services)
}

/// A person is one practitioner.
pub const USER_TAKEN: ConstraintMessage = ConstraintMessage {
    constraint: "practitioners_user_id_key",
    code: "practitioner_exists",
    detail: "This person is a practitioner already.",
    pointer: "/userId",
};

/// A registration number is one practitioner's.
pub const REGISTRATION_TAKEN: ConstraintMessage = ConstraintMessage {
    constraint: "practitioners_registration_number_key",
    code: "registration_number_taken",
    detail: "Another practitioner has this number.",
    pointer: "/registrationNumber",
};

/// The operations on practitioners.
#[derive(Clone, Copy, Debug)]
pub struct Practitioners;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Practitioners")]
impl Practitioners {
    /// List practitioners
    ///
    /// Sorted by name unless `sort` says otherwise.
    #[oai(path = "/practitioners", method = "get", operation_id = "practitioners_list")]
    #[expect(clippy::too_many_arguments, reason = "one for each query parameter")]
    async fn list(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        cursors: Data<&Cursors>,
        /// Only those who treat this, case aside.
        speciality: Query<Option<Speciality>>,
        /// Only those who mostly work there.
        #[oai(name = "facilityId")]
        facility_id: Query<Option<Uuid>>,
        /// Only those who offer this service.
        #[oai(name = "serviceId")]
        service_id: Query<Option<Uuid>>,
        /// Only those who can be booked, or with `false` those who cannot.
        active: Query<Option<bool>>,
        /// `true` lists the archived practitioners instead.
        archived: Query<Option<bool>>,
        /// The order.
        sort: Query<Option<Sort>>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<Practitioner>>> {
        let caller = &bearer.0;
        let archived = archived.0.unwrap_or(false);
        let sort = sort.0.unwrap_or(Sort::Name);
        let speciality = speciality.0.as_ref().map(Speciality::as_str);
        let shape = format!("{archived} {:?} {:?} {:?} {sort:?}", active.0, facility_id.0, service_id.0);
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &[&shape, speciality.unwrap_or_default()])?;

        let statement = LIST.pick(&[2 * sort as usize + usize::from(page.after.is_some()), page.bucket()]);
        let (key, id) = page.after.clone().map(|after| (after.key, after.id)).unzip();
        let answer = transaction!(clinics.read(caller), |tx| {
            let rows = tx
                .page(
                    statement.clone(),
                    &[&archived, &active.0, &speciality, &facility_id.0, &service_id.0, &key, &id, &page.rows()],
                )
                .await?;
            let found = rows.iter().map(Practitioner::try_from).collect::<Result<_, _>>()?;
            page.answer(found, |one| After { key: sort.key_of(one), id: one.id })
        })?;
        Ok(Listed(answer))
    }

    /// Enter a practitioner
    ///
    /// Somebody without an account; for who has one, see `POST /staff/{id}/practitioner`.
    #[oai(path = "/practitioners", method = "post", operation_id = "practitioners_create")]
    async fn create(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// Names this attempt: repeated, it is answered alike and nothing is entered twice.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        body: Body<NewPractitioner>,
    ) -> Result<Created<Practitioner>> {
        let caller = &bearer.0;
        let once = Once::new(caller, key.as_ref(), &[&body.raw]);
        let practitioner = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            works_at(tx, body.value.facility_id).await?;
            let stored = store(tx, &INSERT, Uuid::now_v7(), &body.value, None).await?;
            once.remember(tx, stored).await
        })?;
        Ok(Created(practitioner))
    }

    /// Read a practitioner
    ///
    /// An archived practitioner is not found: see the list with `archived=true`.
    #[oai(path = "/practitioners/:id", method = "get", operation_id = "practitioners_find")]
    async fn find(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The practitioner.
        id: Path<Uuid>,
        /// The version that the client has: answered 304 if it is the newest.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<EntityTags>>,
    ) -> Result<Read<Practitioner>> {
        let found =
            transaction!(clinics.read(&bearer.0), |tx| Ok(Practitioner::try_from(&tx.only(&FIND, &[&id.0]).await?)?))?;
        Ok(Read::of(found, if_none_match.as_ref()))
    }

    /// Change a practitioner
    ///
    /// A JSON merge patch: what is absent stays, `null` clears. Practitioners change their own entry only. Whose account it is
    /// (`userId`) says an admin or a manager: 409 `member_deactivated` or `reference_missing` for whoever does not work here, and
    /// `practitioner_exists` for whoever is another practitioner.
    #[oai(path = "/practitioners/:id", method = "patch", operation_id = "practitioners_update")]
    async fn update(
        &self,
        bearer: Bearer,
        central: Data<&Central>,
        clinics: Data<&Clinics>,
        /// The practitioner.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
        body: Body<PractitionerPatch>,
    ) -> Result<Found<Practitioner>> {
        let (caller, user) = (&bearer.0, &body.value.user_id);
        // Asked before there is a connection to hold, and told once PostgreSQL has said that the caller may.
        let mut refusal = match user.value() {
            Some(user) => no_account(&central, caller, *user).await?,
            None => None,
        };
        let practitioner = transaction!(clinics.write(caller), |tx| {
            let found = Practitioner::try_from(&tx.one(&FIND_FOR_UPDATE, &[&id.0]).await?)?;
            expect_version(if_match.as_ref(), found.version)?;
            let mut changed = NewPractitioner::from(found);
            body.value.clone().apply(&mut changed);
            if !body.value.facility_id.is_undefined() {
                works_at(tx, changed.facility_id).await?;
            }
            let statement = UPDATE.pick(&[usize::from(user.is_undefined())]);
            let stored = store(tx, statement, id.0, &changed, user.value().copied()).await?;
            refusal.take().map_or(Ok(stored), Err)
        })?;
        Ok(Found(practitioner))
    }

    /// Archive a practitioner
    ///
    /// What they did stays theirs: an archived practitioner is listed with `archived=true` and can be restored. 409
    /// `practitioner_has_appointments` while somebody is still to be seen by them.
    #[oai(path = "/practitioners/:id", method = "delete", operation_id = "practitioners_delete")]
    async fn delete(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The practitioner.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
    ) -> Result<Done> {
        transaction!(clinics.write(&bearer.0), |tx| {
            let row = tx.one(&ARCHIVE, &[&id.0]).await?;
            expect_version(if_match.as_ref(), row.try_get(0)?)?;
            if tx.row(&EXPECTED, &[&id.0]).await?.is_some() {
                return Err(ApiError::Conflict {
                    code: "practitioner_has_appointments",
                    detail: "The practitioner has appointments to come.".into(),
                    pointer: None,
                });
            }
            Ok(())
        })?;
        Ok(Done)
    }

    /// Restore an archived practitioner
    ///
    /// They are found, changed and booked again. 409 where their number or account is another's by now, or their facility is archived:
    /// `reference_missing`.
    #[oai(path = "/practitioners/:id/restore", method = "post", operation_id = "practitioners_restore")]
    async fn restore(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The practitioner.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
    ) -> Result<Found<Practitioner>> {
        let caller = &bearer.0;
        let once = Once::new(caller, key.as_ref(), &[id.0.as_bytes()]);
        let practitioner = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            let restored = Practitioner::try_from(&tx.one(&RESTORE, &[&id.0]).await?)?;
            works_at(tx, restored.facility_id).await?;
            once.remember(tx, restored).await
        })?;
        Ok(Found(practitioner))
    }
}

/// Holds that there is such a facility, until the transaction ends: one that was archived counts no more than one that never was.
async fn works_at(tx: &mut ClinicTx<Write>, facility: Option<Uuid>) -> Result<()> {
    match facility {
        Some(facility) if tx.row(&HOLD_FACILITY, &[&facility]).await?.is_none() => {
            Err(ApiError::missing(Some("/facilityId")))
        }
        _ => Ok(()),
    }
}

fn deactivated(pointer: Option<&'static str>) -> ApiError {
    let detail = "This person does not work here any more.".into();
    ApiError::Conflict { code: "member_deactivated", detail, pointer }
}

/// Why somebody cannot be a practitioner's account, if they cannot: it takes a place at this clinic.
async fn no_account(central: &Central, caller: &Caller, user: Uuid) -> Result<Option<ApiError>> {
    match staff::find(central, caller.clinic(), UserId(user)).await {
        Ok(member) if member.status == "active" => Ok(None),
        Ok(_) => Ok(Some(deactivated(Some("/userId")))),
        Err(ApiError::NotFound) => Ok(Some(ApiError::missing(Some("/userId")))),
        Err(error) => Err(error),
    }
}

/// Writes all of a practitioner's columns, by [`INSERT`] or a choice of [`UPDATE`].
async fn store(
    tx: &mut ClinicTx<Write>,
    statement: impl Into<Picked<Clinic>>,
    id: Uuid,
    practitioner: &NewPractitioner,
    user: Option<Uuid>,
) -> Result<Practitioner> {
    let row = tx
        .one(
            statement,
            &[
                &id,
                &practitioner.title,
                &practitioner.first_name,
                &practitioner.last_name,
                &practitioner.specialities.as_deref().unwrap_or_default(),
                &practitioner.registration_number,
                &practitioner.registration_until,
                &practitioner.email,
                &practitioner.phone,
                &practitioner.languages.as_deref().unwrap_or_default(),
                &practitioner.color,
                &practitioner.facility_id,
                &practitioner.appointment_minutes.unwrap_or(30),
                &practitioner.buffer_before.unwrap_or(0),
                &practitioner.buffer_after.unwrap_or(0),
                &practitioner.minimum_notice.unwrap_or(0),
                &practitioner.horizon_days.unwrap_or(365),
                &practitioner.active.unwrap_or(true),
                &sort_name(&practitioner.last_name, &practitioner.first_name),
                &user,
            ],
        )
        .await?;
    Ok(Practitioner::try_from(&row)?)
}
