//! The contract's examples of appointments.

use chrono::{DateTime, Duration};
use poem_openapi::types::{Example, MaybeUndefined};
use uuid::Uuid;

use super::model::{Appointment, Status};
use super::plan::{AppointmentPatch, CancelFor, Cancellation, NewAppointment};

const fn id(last: u128) -> Uuid {
    Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0000 + last)
}

impl Example for NewAppointment {
    fn example() -> Self {
        let Appointment { patient_id, practitioner_id, starts_at, minutes, reason, .. } = Appointment::example();
        Self {
            patient_id,
            practitioner_id,
            starts_at,
            minutes: Some(minutes),
            facility_id: None,
            room_id: None,
            service_id: None,
            reason,
            notes: None,
            overbook: None,
            confirmed: None,
            hold_token: None,
        }
    }
}

impl Example for AppointmentPatch {
    fn example() -> Self {
        Self {
            practitioner_id: None,
            starts_at: Some(Appointment::example().starts_at + Duration::hours(1)),
            minutes: Some(45),
            facility_id: MaybeUndefined::Undefined,
            room_id: MaybeUndefined::Null,
            service_id: MaybeUndefined::Undefined,
            reason: MaybeUndefined::Undefined,
            notes: MaybeUndefined::Undefined,
            overbook: None,
        }
    }
}

impl Example for Cancellation {
    fn example() -> Self {
        Self { on_behalf: CancelFor::Practitioner, reason: "Illness.".parse().ok() }
    }
}

impl Example for Appointment {
    #[expect(clippy::expect_used, reason = "constants, checked as the spec is made")]
    fn example() -> Self {
        let at = DateTime::from_timestamp(1_767_225_600, 0).expect("a time");
        // 1 February 2028: to come.
        let starts_at = at + Duration::days(761) + Duration::hours(8);
        Self {
            id: id(0x11),
            patient_id: id(1),
            patient_name: "Camille Durand".to_owned(),
            practitioner_id: id(7),
            practitioner_name: "Dr Jo Martin".to_owned(),
            facility_id: None,
            room_id: None,
            service_id: None,
            series_id: None,
            occurrence_on: None,
            detached: false,
            starts_at,
            ends_at: starts_at + Duration::minutes(30),
            minutes: 30,
            status: Status::Scheduled,
            overbook: false,
            reason: "Follow-up.".parse().ok(),
            notes: None,
            cancelled_for: None,
            cancellation_reason: None,
            confirmed_at: None,
            checked_in_at: None,
            completed_at: None,
            cancelled_at: None,
            cancelled_by: None,
            no_show_at: None,
            created_by: id(5),
            created_at: at,
            updated_at: at,
            deleted_at: None,
            version: 1,
        }
    }
}
