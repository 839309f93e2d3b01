//! `clinic_mail`: that a clinic may have mail about patients to send, and from when. It is all that central learns of such mail.
//!
//! A clinic's mail and this row are in two databases, which commit one after the other. So the server says first that mail is to be
//! expected ([`expect`]), then commits at the clinic, then says that it is there ([`note`]). Wherever a crash comes in between, a worker
//! looks once more when the expectation ends, finds the mail or nothing, and none is lost.

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::{Central, CentralTx};
use crate::error::Result;
use crate::ids::ClinicId;
use crate::sql;
use crate::sql::CentralLogin;
use crate::transaction;

const BOTH: [CentralLogin; 2] = [CentralLogin::Api, CentralLogin::Provisioner];
const WORKER: [CentralLogin; 1] = [CentralLogin::Provisioner];

sql! { Central;
    /// A transaction at this clinic is about to commit mail. Longer than any of ours may last.
    EXPECT by BOTH;
        "INSERT INTO clinic_mail (company_id, due_at, expected_until) VALUES ($1, now() + interval '1 minute', now() + interval '1 minute')
         ON CONFLICT (company_id) DO UPDATE
            SET due_at = least(clinic_mail.due_at, excluded.due_at), expected_until = excluded.expected_until";
    /// It has.
    NOTE by BOTH;
        "INSERT INTO clinic_mail (company_id, due_at) VALUES ($1, now())
         ON CONFLICT (company_id) DO UPDATE SET due_at = least(clinic_mail.due_at, excluded.due_at)";
    /// Takes a clinic that is due for longer than a look at it may take. A suspended one waits; one that could not be reached the
    /// last time comes after all others.
    TAKE by WORKER;
        "UPDATE clinic_mail m SET due_at = 'infinity', leased_until = now() + interval '5 minutes'
           FROM companies c
          WHERE c.id = m.company_id
            AND m.company_id = (SELECT d.company_id FROM clinic_mail d JOIN companies o ON o.id = d.company_id AND o.status = 'active'
                                 WHERE coalesce(d.leased_until, '-infinity') < now() AND (d.due_at <= now() OR d.leased_until IS NOT NULL)
                                 ORDER BY d.failures > 0, d.due_at LIMIT 1 FOR UPDATE OF d SKIP LOCKED)
         RETURNING m.company_id, c.epoch, m.leased_until";
    /// Gives it back, due when its next mail is, or when an expectation ends; unless the lease had passed to somebody else.
    GIVE_BACK by WORKER;
        "UPDATE clinic_mail
            SET leased_until = NULL, failures = 0,
                due_at = least(due_at, $3, CASE WHEN expected_until > now() THEN expected_until END)
          WHERE company_id = $1 AND leased_until = $2";
    /// Gives back one that could not be reached: later, twice as late each time.
    PUT_OFF by WORKER;
        "UPDATE clinic_mail
            SET leased_until = NULL, failures = failures + 1,
                due_at = now() + least(interval '15 seconds' * power(2, least(failures, 16)), interval '1 hour')
          WHERE company_id = $1 AND leased_until = $2";
    /// Forgets one that has nothing to send.
    FORGET by WORKER;
        "DELETE FROM clinic_mail WHERE company_id = $1 AND due_at = 'infinity' AND leased_until IS NULL";
    /// Has every active clinic looked at within so many seconds.
    SWEEP by WORKER;
        "INSERT INTO clinic_mail (company_id, due_at) SELECT id, now() + interval '1 second' * (random() * $1::float8)
           FROM companies WHERE status = 'active' ON CONFLICT (company_id) DO NOTHING";
}

/// A clinic that a worker has taken, to look for its mail.
#[derive(Debug)]
pub struct Turn {
    /// The clinic.
    pub company_id: Uuid,
    /// The generation of its credentials.
    pub epoch: i64,
    /// Until when nobody else takes it; also what tells this turn from another.
    pub leased_until: DateTime<Utc>,
}

crate::from_row!(Turn { company_id, epoch, leased_until });

/// Says that mail of a clinic is about to be committed there.
///
/// # Errors
/// As the database refuses: then nothing must be committed.
pub async fn expect(central: &Central, clinic: ClinicId) -> Result<()> {
    central.rows(&EXPECT, &[&clinic.0]).await?;
    Ok(())
}

/// Says that a clinic has mail to send now.
///
/// # Errors
/// As the database refuses: then it is found later, by what [`expect`] said.
pub async fn note(central: &Central, clinic: ClinicId) -> Result<()> {
    central.rows(&NOTE, &[&clinic.0]).await?;
    Ok(())
}

/// Takes the next clinic that is due.
///
/// # Errors
/// As the database refuses.
pub async fn take(central: &Central) -> Result<Option<Turn>> {
    let row = central.row(&TAKE, &[]).await?;
    Ok(row.as_ref().map(Turn::try_from).transpose()?)
}

/// Gives a clinic back. `next` is when the next of its mails is due, if it has one.
///
/// # Errors
/// As the database refuses.
pub async fn give_back(central: &Central, turn: &Turn, next: Option<DateTime<Utc>>) -> Result<()> {
    transaction!(central.work(), |tx| give_back_in(tx, turn, next).await)
}

async fn give_back_in(tx: &mut CentralTx, turn: &Turn, next: Option<DateTime<Utc>>) -> Result<()> {
    tx.rows(&GIVE_BACK, &[&turn.company_id, &turn.leased_until, &next]).await?;
    tx.rows(&FORGET, &[&turn.company_id]).await?;
    Ok(())
}

/// Gives back a clinic that could not be reached.
///
/// # Errors
/// As the database refuses.
pub async fn put_off(central: &Central, turn: &Turn) -> Result<()> {
    central.rows(&PUT_OFF, &[&turn.company_id, &turn.leased_until]).await?;
    Ok(())
}

/// Has every active clinic looked at within so many seconds: the net below [`expect`] and [`note`].
///
/// # Errors
/// As the database refuses.
pub async fn sweep(central: &Central, within_seconds: f64) -> Result<()> {
    central.rows(&SWEEP, &[&within_seconds]).await?;
    Ok(())
}
