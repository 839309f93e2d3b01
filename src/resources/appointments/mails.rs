//! What patients are told of their appointments, by the clinic's rules and in the transaction that causes it.
//!
//! Nothing is taken back: a mail that waits is closed as it is due, unless the appointment stands as it tells (`clinic::outbox::needless`).

use chrono::{DateTime, Duration, Utc};
use uuid::Uuid;

use super::model::{Appointment, Status};
use super::statements::{LINK, RULES};
use crate::clinic::outbox::{self, AppointmentNotice, Notice};
use crate::clinic::{ClinicTx, Write};
use crate::error::Result;

/// What a clinic tells its patients.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// That an appointment is made.
    confirmation_mails: bool,
    /// That it is near: hours before.
    reminder_hours: Option<i32>,
    /// Whether this patient has an address.
    reachable: bool,
}

crate::from_row!(Rules { confirmation_mails, reminder_hours, reachable });

impl Rules {
    /// Those of the clinic, for this patient.
    pub(super) async fn of(tx: &mut ClinicTx<Write>, patient: Uuid) -> Result<Self> {
        Ok(Self::try_from(&tx.one(&RULES, &[&patient]).await?)?)
    }

    const fn writes(self) -> bool {
        self.reachable && (self.confirmation_mails || self.reminder_hours.is_some())
    }
}

/// Whether the patient is still to come.
pub(super) fn expected(appointment: &Appointment) -> bool {
    matches!(appointment.status, Status::Scheduled | Status::Confirmed) && appointment.starts_at > Utc::now()
}

/// Tells of an appointment that is made or moved.
pub(super) async fn confirm(tx: &mut ClinicTx<Write>, appointment: &Appointment, rules: Rules) -> Result<()> {
    if rules.reachable && rules.confirmation_mails && expected(appointment) {
        let notice = Notice::AppointmentConfirmation(answerable(tx, appointment));
        outbox::queue(tx, appointment.patient_id, &notice, None).await?;
    }
    Ok(())
}

/// Reminds of it later, if there is time for that.
pub(super) async fn remind(tx: &mut ClinicTx<Write>, appointment: &Appointment, rules: Rules) -> Result<()> {
    let at = rules.reminder_hours.map(|hours| appointment.starts_at - Duration::hours(hours.into()));
    if let Some(at) = at.filter(|at: &DateTime<Utc>| rules.reachable && *at > Utc::now() && expected(appointment)) {
        let notice = Notice::AppointmentReminder(answerable(tx, appointment));
        outbox::queue(tx, appointment.patient_id, &notice, Some(at)).await?;
    }
    Ok(())
}

/// Tells that an appointment that was to come will not take place.
pub(super) async fn call_off(tx: &mut ClinicTx<Write>, appointment: &Appointment, rules: Rules) -> Result<()> {
    if rules.writes() {
        let notice = Notice::AppointmentCancellation(told(appointment, None));
        outbox::queue(tx, appointment.patient_id, &notice, None).await?;
    }
    Ok(())
}

/// With a link by which the patient answers.
fn answerable(tx: &mut ClinicTx<Write>, appointment: &Appointment) -> AppointmentNotice {
    let link = Uuid::now_v7();
    tx.at_commit(&LINK, vec![Box::new(link), Box::new(appointment.id), Box::new(appointment.starts_at)]);
    told(appointment, Some(link))
}

fn told(appointment: &Appointment, link: Option<Uuid>) -> AppointmentNotice {
    AppointmentNotice {
        appointment_id: appointment.id,
        practitioner_id: Some(appointment.practitioner_id),
        practitioner: appointment.practitioner_name.clone(),
        facility_id: appointment.facility_id,
        start: appointment.starts_at,
        minutes: appointment.minutes.unsigned_abs(),
        link,
    }
}
