//! What an appointment looks like: as answered, and as stored.

use chrono::{DateTime, Utc};
use poem_openapi::{Enum, Object};
use tokio_postgres::types::{FromSql, Type};
use uuid::Uuid;

use crate::api::answer::Resource;
use crate::api::day::Day;
use crate::api::idempotency::Kept;
use crate::api::text::{Notes, Reason};
use crate::clinic::Access;

/// Where an appointment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "AppointmentStatus", rename_all = "snake_case")]
pub enum Status {
    /// Booked.
    Scheduled,
    /// The patient has said that they will come.
    Confirmed,
    /// The patient is here.
    CheckedIn,
    /// It took place.
    Completed,
    /// It will not take place.
    Cancelled,
    /// The patient did not come.
    NoShow,
}

/// On whose behalf it was called off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum CancelledFor {
    /// The patient's, who told the clinic.
    Patient,
    /// The patient's, by the link in a mail.
    PatientLink,
    /// The practitioner's.
    Practitioner,
    /// The clinic's.
    Clinic,
    /// It was entered by mistake.
    Mistake,
    /// None of these.
    Other,
}

/// Names in SQL.
macro_rules! stored_as {
    ($type:ident { $( $variant:ident = $name:literal ),+ $(,)? }) => {
        impl $type {
            pub(super) const fn name(self) -> &'static str {
                match self { $( Self::$variant => $name ),+ }
            }
        }

        impl<'a> FromSql<'a> for $type {
            fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
                match <&str>::from_sql(ty, raw)? {
                    $( $name => Ok(Self::$variant), )+
                    _ => Err(concat!("no ", stringify!($type)).into()),
                }
            }

            fn accepts(ty: &Type) -> bool {
                <&str as FromSql>::accepts(ty)
            }
        }
    };
}

stored_as!(Status {
    Scheduled = "scheduled",
    Confirmed = "confirmed",
    CheckedIn = "checked_in",
    Completed = "completed",
    Cancelled = "cancelled",
    NoShow = "no_show",
});

stored_as!(CancelledFor {
    Patient = "patient",
    PatientLink = "patient_link",
    Practitioner = "practitioner",
    Clinic = "clinic",
    Mistake = "mistake",
    Other = "other",
});

impl Status {
    /// As it stands in a sentence.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::CheckedIn => "checked-in",
            Self::NoShow => "no-show",
            other => other.name(),
        }
    }

    /// Whether it still takes its time: the patient is expected, or here.
    pub(super) const fn takes_time(self) -> bool {
        matches!(self, Self::Scheduled | Self::Confirmed | Self::CheckedIn)
    }
}

/// The order of a list of appointments; a minus turns it round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "AppointmentSort")]
pub enum Sort {
    /// By time.
    #[oai(rename = "startsAt")]
    Starts,
    /// By time, the latest first.
    #[oai(rename = "-startsAt")]
    StartsDescending,
    /// First entered first.
    #[oai(rename = "createdAt")]
    Created,
    /// Last entered first.
    #[oai(rename = "-createdAt")]
    CreatedDescending,
}

impl Sort {
    /// An appointment's place in this order, as text.
    pub(super) fn key_of(self, appointment: &Appointment) -> String {
        match self {
            Self::Starts | Self::StartsDescending => appointment.starts_at.to_rfc3339(),
            Self::Created | Self::CreatedDescending => appointment.created_at.to_rfc3339(),
        }
    }
}

/// An appointment.
#[derive(Debug, Clone, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Appointment {
    /// Identifies the appointment in this clinic.
    pub id: Uuid,
    /// Who is treated.
    pub patient_id: Uuid,
    /// Their name.
    pub patient_name: String,
    /// Who treats.
    pub practitioner_id: Uuid,
    /// Their name, as they are addressed.
    pub practitioner_name: String,
    /// Where.
    #[oai(skip_serializing_if_is_none)]
    pub facility_id: Option<Uuid>,
    /// In which of its rooms.
    #[oai(skip_serializing_if_is_none)]
    pub room_id: Option<Uuid>,
    /// What for, of the catalogue.
    #[oai(skip_serializing_if_is_none)]
    pub service_id: Option<Uuid>,
    /// The series that it belongs to.
    #[oai(skip_serializing_if_is_none)]
    pub series_id: Option<Uuid>,
    /// The day that the series gave it.
    #[oai(skip_serializing_if_is_none)]
    pub occurrence_on: Option<Day>,
    /// Whether it was moved by itself, so that its series moves it no more.
    pub detached: bool,
    /// When it begins.
    pub starts_at: DateTime<Utc>,
    /// When it ends.
    pub ends_at: DateTime<Utc>,
    /// How long it takes.
    pub minutes: i32,
    /// Where it stands.
    pub status: Status,
    /// Whether it was put beside another one on purpose.
    pub overbook: bool,
    /// Why the patient comes, in a few words.
    #[oai(skip_serializing_if_is_none)]
    pub reason: Option<Reason>,
    /// Administrative notes; nothing clinical belongs here.
    #[oai(skip_serializing_if_is_none)]
    pub notes: Option<Notes>,
    /// On whose behalf it was called off.
    #[oai(skip_serializing_if_is_none)]
    pub cancelled_for: Option<CancelledFor>,
    /// Why it was called off.
    #[oai(skip_serializing_if_is_none)]
    pub cancellation_reason: Option<Reason>,
    /// When the patient said that they will come.
    #[oai(skip_serializing_if_is_none)]
    pub confirmed_at: Option<DateTime<Utc>>,
    /// When the patient came.
    #[oai(skip_serializing_if_is_none)]
    pub checked_in_at: Option<DateTime<Utc>>,
    /// When it was over.
    #[oai(skip_serializing_if_is_none)]
    pub completed_at: Option<DateTime<Utc>>,
    /// When it was called off.
    #[oai(skip_serializing_if_is_none)]
    pub cancelled_at: Option<DateTime<Utc>>,
    /// By whom: a member of the staff, or the link that the patient used.
    #[oai(skip_serializing_if_is_none)]
    pub cancelled_by: Option<Uuid>,
    /// When it was noted that the patient did not come.
    #[oai(skip_serializing_if_is_none)]
    pub no_show_at: Option<DateTime<Utc>>,
    /// Who booked it.
    pub created_by: Uuid,
    /// When the appointment was entered.
    pub created_at: DateTime<Utc>,
    /// When the appointment was last changed.
    pub updated_at: DateTime<Utc>,
    /// When the appointment was deleted.
    #[oai(skip_serializing_if_is_none)]
    pub deleted_at: Option<DateTime<Utc>>,
    /// Grows with each change; the `ETag`.
    pub version: i32,
}

impl Resource for Appointment {
    const PATH: &'static str = "/api/v1/appointments";

    fn id(&self) -> Uuid {
        self.id
    }

    fn version(&self) -> i32 {
        self.version
    }
}

impl Kept for Appointment {
    fn shown(&self) -> Access {
        Access::read("appointments", self.id, Some(self.patient_id))
    }
}

impl Appointment {
    /// What the patient is told of it: with whom, where, when, and how long.
    pub(super) const fn told(&self) -> (Uuid, Option<Uuid>, DateTime<Utc>, i32) {
        (self.practitioner_id, self.facility_id, self.starts_at, self.minutes)
    }
}

crate::from_row!(Appointment {
    id,
    patient_id,
    patient_name,
    practitioner_id,
    practitioner_name,
    facility_id,
    room_id,
    service_id,
    series_id,
    occurrence_on,
    detached,
    starts_at,
    ends_at,
    minutes,
    status,
    overbook,
    reason,
    notes,
    cancelled_for,
    cancellation_reason,
    confirmed_at,
    checked_in_at,
    completed_at,
    cancelled_at,
    cancelled_by,
    no_show_at,
    created_by,
    created_at,
    updated_at,
    deleted_at,
    version
});
