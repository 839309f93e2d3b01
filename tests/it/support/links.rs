//! Links of patients and of calendars, laid into a clinic's database by hand, with the tokens that the server and the worker seal.

use chrono::{DateTime, Duration, Utc};
use medicalpro::clinic::{LinkKind, LinkToken};
use medicalpro::ids::ClinicId;
use medicalpro::secrets::MasterKeys;
use uuid::Uuid;

use super::{Clinic, MASTER_KEYS};

/// An appointment, and the link that its patient was mailed.
pub struct LinkedVisit {
    pub clinic: ClinicId,
    pub patient: Uuid,
    pub practitioner: Uuid,
    pub appointment: Uuid,
    pub link: Uuid,
    pub start: DateTime<Utc>,
}

impl LinkedVisit {
    /// The token that the mail bears.
    pub fn token(&self) -> String {
        link_token(LinkKind::Appointment, self.clinic, self.link, Some(self.start))
    }
}

/// A token, sealed as ours are.
pub fn link_token(kind: LinkKind, clinic: ClinicId, id: Uuid, expires: Option<DateTime<Utc>>) -> String {
    let keys = MasterKeys::parse(MASTER_KEYS).unwrap();
    LinkToken { clinic, id, expires }.seal(&keys, kind).unwrap()
}

/// The token of a link to a calendar.
pub fn calendar_token(clinic: ClinicId, link: Uuid) -> String {
    link_token(LinkKind::Calendar, clinic, link, None)
}

impl Clinic<'_> {
    /// An appointment in three days, whose patient was sent a link.
    pub async fn linked_appointment(&self, patient: &str) -> LinkedVisit {
        let start = Utc::now() + Duration::days(3);
        // As PostgreSQL keeps it.
        self.linked_appointment_at(patient, DateTime::from_timestamp_micros(start.timestamp_micros()).unwrap()).await
    }

    /// An appointment at this time, whose patient was sent a link.
    pub async fn linked_appointment_at(&self, patient: &str, start: DateTime<Utc>) -> LinkedVisit {
        let patient = self.patient(patient).await["id"].as_str().unwrap().parse().unwrap();
        let practitioner = self.practitioner("Linked").await;
        let appointment = self.visit(patient, practitioner, start, "scheduled").await;
        let insert = "INSERT INTO appointment_links (id, appointment_id, starts_at) VALUES ($1, $2, $3)";
        let link = self.lay(insert, &[&appointment, &start]).await;
        LinkedVisit { clinic: self.id, patient, practitioner, appointment, link, start }
    }

    /// An appointment of half an hour, in this status.
    pub async fn visit(&self, patient: Uuid, practitioner: Uuid, start: DateTime<Utc>, status: &str) -> Uuid {
        let insert = "INSERT INTO appointments (id, patient_id, practitioner_id, starts_at, ends_at, status, reason, cancelled_for, created_by)
                      VALUES ($1, $2, $3, $4, $4::timestamptz + interval '30 minutes', $5, 'Never to be told',
                              CASE WHEN $5 = 'cancelled' THEN 'clinic' END, $1)";
        self.lay(insert, &[&patient, &practitioner, &start, &status]).await
    }

    /// A link to a practitioner's calendar, of the clinic's admin.
    pub async fn calendar_link(&self, practitioner: Uuid) -> Uuid {
        let who = "SELECT id FROM medicalpro_central.users WHERE email = $1";
        let admin: Uuid = self.world.central().await.query_one(who, &[&self.admin.email]).await.unwrap().get(0);
        let insert = "INSERT INTO calendar_links (id, practitioner_id, created_by) VALUES ($1, $2, $3)";
        self.lay(insert, &[&practitioner, &admin]).await
    }
}
