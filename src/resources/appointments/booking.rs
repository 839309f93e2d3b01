//! Whether what an appointment asks for is there, and what the database says where its time is taken.
//!
//! That nobody and no room is booked twice is kept by PostgreSQL (exclusion constraints, `app.claim_time`), whose refusals are told here.
//! What an appointment refers to must be of this clinic and in use: somebody else's and what never was are answered alike.

use chrono::{DateTime, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use uuid::Uuid;

use super::mails::Rules;
use super::model::Status;
use super::plan::Place;
use super::statements::{RELEASE, TERMS};
use crate::api::hold;
use crate::api::text::OpaqueToken;
use crate::clinic::{ClinicTx, Write};
use crate::error::{ApiError, ConstraintMessage, Result};
use crate::region::clock;

/// A practitioner treats one patient at a time.
pub const PRACTITIONER_BUSY: ConstraintMessage = ConstraintMessage {
    constraint: "appointments_practitioner_overlap",
    code: "practitioner_busy",
    detail: "The practitioner has another appointment at this time.",
    pointer: "/practitionerId",
};

/// Nobody is patient in two places.
pub const PATIENT_BUSY: ConstraintMessage = ConstraintMessage {
    constraint: "appointments_patient_overlap",
    code: "patient_busy",
    detail: "The patient has another appointment at this time.",
    pointer: "/patientId",
};

/// A room is for one at a time.
pub const ROOM_BUSY: ConstraintMessage = ConstraintMessage {
    constraint: "appointments_room_overlap",
    code: "room_busy",
    detail: "The room is taken at this time.",
    pointer: "/roomId",
};

/// A time may be somebody's who is about to book it.
pub const SLOT_HELD: ConstraintMessage = ConstraintMessage {
    constraint: "slot_holds_overlap",
    code: "slot_held",
    detail: "Somebody is about to book this time.",
    pointer: "/startsAt",
};

// What is archived in the moment that it is booked (`app.require_live`).

/// Who was to treat is archived.
pub const PRACTITIONER_GONE: ConstraintMessage =
    ConstraintMessage::missing("appointments_practitioner_id_fkey", "/practitionerId");

/// The room is archived.
pub const ROOM_GONE: ConstraintMessage = ConstraintMessage::missing("appointments_room_id_fkey", "/roomId");

/// The facility is archived.
pub const FACILITY_GONE: ConstraintMessage = ConstraintMessage::missing("appointments_facility_id_fkey", "/facilityId");

/// The service is archived.
pub const SERVICE_GONE: ConstraintMessage = ConstraintMessage::missing("appointments_service_id_fkey", "/serviceId");

fn conflict(code: &'static str, detail: &'static str, pointer: &'static str) -> ApiError {
    ApiError::Conflict { code, detail: detail.into(), pointer: Some(pointer) }
}

fn not_bookable(pointer: &'static str) -> ApiError {
    conflict("not_bookable", "This cannot be booked on that day.", pointer)
}

/// Holds an appointment's beginning to where typing errors begin.
///
/// # Errors
/// 422.
pub(super) fn check_start(starts_at: DateTime<Utc>, pointer: &'static str) -> Result<()> {
    let now = Utc::now();
    let earliest = now.checked_sub_months(Months::new(120));
    let latest = now.checked_add_months(Months::new(36));
    if earliest.is_some_and(|earliest| starts_at < earliest) || latest.is_some_and(|latest| starts_at > latest) {
        let detail = "must lie between ten years ago and three years from now";
        return Err(ApiError::invalid(pointer, "range", detail));
    }
    Ok(())
}

/// Looks up what an appointment of this patient refers to, and fills in what follows from it: how long it takes, and where its room is.
/// What the patient is told by mail is the clinic's to say.
///
/// # Errors
/// 409 with the field whose thing is not there, or not in use on that day.
pub(super) async fn agree(tx: &mut ClinicTx<Write>, patient: Uuid, place: &mut Place) -> Result<Rules> {
    let Place { practitioner, facility, room, service, .. } = &*place;
    let row = tx.one(&TERMS, &[&patient, practitioner, facility, room, service]).await?;
    let zone: Tz = row
        .try_get::<_, &str>("time_zone")?
        .parse()
        .map_err(|_| ApiError::internal(anyhow::anyhow!("not a time zone")))?;
    let day = clock::day(place.starts_at, zone);
    if row.try_get::<_, Option<bool>>("reachable")?.is_none() {
        return Err(ApiError::missing(Some("/patientId")));
    }
    in_use(row.try_get("practitioner")?, "/practitionerId")?;
    if row.try_get::<_, Option<NaiveDate>>("registration_until")?.is_some_and(|until| until < day) {
        let detail = "The practitioner's licence has expired by that day.";
        return Err(conflict("licence_expired", detail, "/practitionerId"));
    }
    if place.room.is_some() {
        in_use(row.try_get("room")?, "/roomId")?;
        let facility: Option<Uuid> = row.try_get("room_facility")?;
        if place.facility.is_some() && place.facility != facility {
            return Err(conflict("room_elsewhere", "The room is of another facility.", "/roomId"));
        }
        place.facility = facility;
    }
    if place.facility.is_some() {
        in_use(row.try_get("facility")?, "/facilityId")?;
    }
    if place.service.is_some() {
        in_use(row.try_get("service")?, "/serviceId")?;
        let (from, until): (Option<NaiveDate>, Option<NaiveDate>) =
            (row.try_get("available_from")?, row.try_get("available_until")?);
        if from.is_some_and(|from| day < from) || until.is_some_and(|until| until < day) {
            return Err(not_bookable("/serviceId"));
        }
    }
    place.minutes = place.minutes.or(row.try_get("minutes")?);
    Ok(Rules::try_from(&row)?)
}

/// Absent where it is not there, `false` where nobody is to be booked with it.
fn in_use(active: Option<bool>, pointer: &'static str) -> Result<()> {
    match active {
        None => Err(ApiError::missing(Some(pointer))),
        Some(false) => Err(not_bookable(pointer)),
        Some(true) => Ok(()),
    }
}

/// Gives up the hold under which an appointment is booked.
///
/// # Errors
/// 409 where the token is of no hold of this time any more.
pub(super) async fn release(tx: &mut ClinicTx<Write>, token: &OpaqueToken, place: &Place) -> Result<()> {
    let hash = hold::hash(token);
    let released = tx.row(&RELEASE, &[&place.practitioner, &&hash[..], &place.starts_at, &place.minutes]).await?;
    if released.is_none() {
        return Err(conflict("hold_expired", "The hold has expired, or is of another time.", "/holdToken"));
    }
    Ok(())
}

/// The refusal of a step, or of a move, told with the state that does not allow it.
pub(super) fn refused(error: ApiError, stands: Status, step: Option<Status>) -> ApiError {
    let ApiError::Conflict { code: code @ "illegal_transition", .. } = error else { return error };
    let detail = match (stands, step) {
        // From here it is refused for its time alone.
        (Status::Scheduled | Status::Confirmed, Some(Status::NoShow | Status::CheckedIn))
        | (Status::Confirmed | Status::CheckedIn, Some(Status::Completed)) => {
            "The appointment has not begun yet.".into()
        }
        _ => format!("The appointment is {}: this step is not possible.", stands.word()).into(),
    };
    ApiError::Conflict { code, detail, pointer: None }
}
