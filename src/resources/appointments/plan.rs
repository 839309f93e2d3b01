//! What is asked for of an appointment: as booked, as changed, as called off; and what is written of it.

use chrono::{DateTime, Utc};
use poem_openapi::types::MaybeUndefined;
use poem_openapi::{Enum, Object};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::model::{Appointment, CancelledFor};
use crate::api::text::{Notes, OpaqueToken, Reason};

/// An appointment to be booked.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct NewAppointment {
    /// Who is treated.
    pub patient_id: Uuid,
    /// Who treats.
    pub practitioner_id: Uuid,
    /// When it begins: not before ten years ago, not after three years from now.
    pub starts_at: DateTime<Utc>,
    /// How long it takes; when absent what the practitioner takes for the service, else what the service takes, else what the
    /// practitioner's appointments take.
    #[oai(validator(minimum(value = "5"), maximum(value = "1440")))]
    pub minutes: Option<i32>,
    /// Where; when absent where the room is.
    pub facility_id: Option<Uuid>,
    /// In which of its rooms.
    pub room_id: Option<Uuid>,
    /// What for, of the catalogue.
    pub service_id: Option<Uuid>,
    /// Why the patient comes, in a few words.
    pub reason: Option<Reason>,
    /// Administrative notes; nothing clinical belongs here.
    pub notes: Option<Notes>,
    /// `true` puts it beside another one of the practitioner's or the room's; for administrators, managers and practitioners.
    pub overbook: Option<bool>,
    /// `true` where the patient has said already that they will come.
    pub confirmed: Option<bool>,
    /// The token of the hold that has kept this time.
    pub hold_token: Option<OpaqueToken>,
}

/// Changes to an appointment (JSON merge patch, RFC 7396): absent leaves, null clears.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, example)]
pub struct AppointmentPatch {
    /// Who treats.
    #[oai(skip_serializing_if_is_none)]
    pub practitioner_id: Option<Uuid>,
    /// When it begins: not before ten years ago, not after three years from now.
    #[oai(skip_serializing_if_is_none)]
    pub starts_at: Option<DateTime<Utc>>,
    /// How long it takes.
    #[oai(skip_serializing_if_is_none, validator(minimum(value = "5"), maximum(value = "1440")))]
    pub minutes: Option<i32>,
    /// Where; when only the room is changed, where that is.
    #[oai(nullable)]
    pub facility_id: MaybeUndefined<Uuid>,
    /// In which of its rooms.
    #[oai(nullable)]
    pub room_id: MaybeUndefined<Uuid>,
    /// What for, of the catalogue.
    #[oai(nullable)]
    pub service_id: MaybeUndefined<Uuid>,
    /// Why the patient comes, in a few words.
    #[oai(nullable)]
    pub reason: MaybeUndefined<Reason>,
    /// Administrative notes; nothing clinical belongs here.
    #[oai(nullable)]
    pub notes: MaybeUndefined<Notes>,
    /// Whether it may lie beside another one; for administrators, managers and practitioners.
    #[oai(skip_serializing_if_is_none)]
    pub overbook: Option<bool>,
}

/// On whose behalf the clinic calls an appointment off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum CancelFor {
    /// The patient's, who told the clinic: no mail tells them.
    Patient,
    /// The practitioner's.
    Practitioner,
    /// The clinic's.
    Clinic,
    /// It was entered by mistake.
    Mistake,
    /// None of these.
    Other,
}

impl CancelFor {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Patient => CancelledFor::Patient,
            Self::Practitioner => CancelledFor::Practitioner,
            Self::Clinic => CancelledFor::Clinic,
            Self::Mistake => CancelledFor::Mistake,
            Self::Other => CancelledFor::Other,
        }
        .name()
    }
}

/// Why an appointment is called off.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", deny_unknown_fields, skip_serializing_if_is_none, example)]
pub struct Cancellation {
    /// On whose behalf.
    #[oai(rename = "for")]
    pub on_behalf: CancelFor,
    /// Why, for the clinic's own use.
    pub reason: Option<Reason>,
}

/// Who, when and where, and what is noted: what is written of an appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plan {
    pub place: Place,
    pub overbook: bool,
    pub reason: Option<Reason>,
    pub notes: Option<Notes>,
}

/// What an appointment takes: somebody's time, and a place. What changes it moves the appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub practitioner: Uuid,
    pub facility: Option<Uuid>,
    pub room: Option<Uuid>,
    pub service: Option<Uuid>,
    pub starts_at: DateTime<Utc>,
    /// Absent until it is known how long it takes.
    pub minutes: Option<i32>,
}

impl From<&NewAppointment> for Plan {
    fn from(new: &NewAppointment) -> Self {
        let place = Place {
            practitioner: new.practitioner_id,
            facility: new.facility_id,
            room: new.room_id,
            service: new.service_id,
            starts_at: new.starts_at,
            minutes: new.minutes,
        };
        let (reason, notes) = (new.reason.clone(), new.notes.clone());
        Self { place, overbook: new.overbook.unwrap_or(false), reason, notes }
    }
}

impl From<&Appointment> for Plan {
    fn from(stored: &Appointment) -> Self {
        let place = Place {
            practitioner: stored.practitioner_id,
            facility: stored.facility_id,
            room: stored.room_id,
            service: stored.service_id,
            starts_at: stored.starts_at,
            minutes: Some(stored.minutes),
        };
        Self { place, overbook: stored.overbook, reason: stored.reason.clone(), notes: stored.notes.clone() }
    }
}

impl Plan {
    /// `$2` to `$10` of what writes it, once it is known how long it takes.
    pub(super) fn params<'a>(&'a self, id: &'a Uuid) -> Vec<&'a (dyn ToSql + Sync)> {
        let Place { practitioner, facility, room, service, starts_at, minutes } = &self.place;
        vec![id, practitioner, facility, room, service, starts_at, minutes, &self.reason, &self.notes]
    }
}

impl AppointmentPatch {
    /// The plan after these changes.
    pub(super) fn apply(self, plan: &mut Plan) {
        let place = &mut plan.place;
        if self.facility_id.is_undefined() && matches!(self.room_id, MaybeUndefined::Value(_)) {
            // Where the new room is.
            place.facility = None;
        }
        self.facility_id.update_to(&mut place.facility);
        self.room_id.update_to(&mut place.room);
        self.service_id.update_to(&mut place.service);
        place.practitioner = self.practitioner_id.unwrap_or(place.practitioner);
        place.starts_at = self.starts_at.unwrap_or(place.starts_at);
        place.minutes = self.minutes.or(place.minutes);
        plan.overbook = self.overbook.unwrap_or(plan.overbook);
        self.reason.update_to(&mut plan.reason);
        self.notes.update_to(&mut plan.notes);
    }
}
