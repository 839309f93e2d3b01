//! What changes among a clinic's appointments, told while it happens: for the screen of a waiting room.
//!
//! | file | owns |
//! | --- | --- |
//! | `hub` | who listens to a clinic, and the looks at its appointments that they share |
//!
//! Invariant: a stream tells no more than its own caller may read, for no longer than they may: each look runs in the transaction of
//! somebody who listens, of the same role, whose token was verified a moment ago. No name of a patient is told: whoever waits may see
//! the screen. What is told may be told twice (`id` and `version` name it), and is not lost while the stream lasts.

mod hub;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt as _, stream};
use poem::web::Data;
use poem_openapi::param::Header;
use poem_openapi::types::{Example, ToJSON as _};
use poem_openapi::{Object, OpenApi};
use tokio::sync::mpsc::Receiver;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::api::Tag;
use crate::api::events::{Events, SILENCE, event};
use crate::api::text::EventId;
use crate::auth::caller::{Bearer, Lasting};
use crate::clinic::Clinics;
use crate::error::{ApiError, Result};
use crate::ids::Role;
use crate::{sql, transaction};

pub use hub::Live;

/// Something is sent at least as often.
const SILENT: Duration = Duration::from_secs(5);
/// How far back a stream is taken up again.
const REPLAY: TimeDelta = TimeDelta::minutes(5);
/// Rows that a look reads.
const MOST: usize = 1000;

/// What changed since `$since`, the newest first. A change bears the time at which its transaction began, and no request lasts for
/// more than 30 seconds: so what a look has not seen yet is younger than 40.
macro_rules! changed_since {
    ($since:literal) => {
        concat!(
            "SELECT id, patient_id, practitioner_id, room_id, starts_at, ends_at, status, version, updated_at,
                    deleted_at IS NOT NULL AS deleted
               FROM appointments
              WHERE company_id = $1 AND updated_at > ",
            $since,
            " - interval '40 seconds'
              ORDER BY updated_at DESC, id LIMIT 1000"
        )
    };
}

sql! { Clinic;
    /// What changed just now. Who listens is on record since [`OPEN`].
    CHANGED by Role::ALL;
        (changed_since!("now()"));
    /// What there is as a stream begins, and the audit row of its being listened to: with what is told again, from `$2` on.
    OPEN by Role::ALL;
        (concat!("WITH page AS MATERIALIZED (", changed_since!("least($2::timestamptz, now())"), "
         ), seen AS MATERIALIZED (
             SELECT app.record_access('list', 'appointments',
                                      ARRAY(SELECT id FROM page WHERE $2 IS NOT NULL),
                                      ARRAY(SELECT DISTINCT patient_id FROM page WHERE $2 IS NOT NULL))
         )
         SELECT page.* FROM seen LEFT JOIN page ON true"));
}

/// An appointment as it is now, without whose it is.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct AppointmentEvent {
    /// The appointment.
    pub id: Uuid,
    /// With whom.
    pub practitioner_id: Uuid,
    /// Where.
    #[oai(skip_serializing_if_is_none)]
    pub room_id: Option<Uuid>,
    /// From when.
    pub starts_at: DateTime<Utc>,
    /// Until when.
    pub ends_at: DateTime<Utc>,
    /// In which state.
    pub status: String,
    /// Grows with each change.
    pub version: i32,
    /// `true` for one that was deleted.
    #[oai(skip_serializing_if_is_none)]
    pub deleted: Option<bool>,
}

impl Example for AppointmentEvent {
    fn example() -> Self {
        let at = DateTime::<Utc>::UNIX_EPOCH + TimeDelta::seconds(1_767_258_000);
        Self {
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0003),
            practitioner_id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0004),
            room_id: None,
            starts_at: at,
            ends_at: at + TimeDelta::minutes(30),
            status: "checked_in".to_owned(),
            version: 3,
            deleted: None,
        }
    }
}

/// A change, as it is told to all who listen.
#[derive(Debug)]
struct Change {
    id: Uuid,
    version: i32,
    text: String,
}

impl TryFrom<&Row> for Change {
    type Error = ApiError;

    fn try_from(row: &Row) -> Result<Self> {
        let told = AppointmentEvent {
            id: row.try_get("id")?,
            practitioner_id: row.try_get("practitioner_id")?,
            room_id: row.try_get("room_id")?,
            starts_at: row.try_get("starts_at")?,
            ends_at: row.try_get("ends_at")?,
            status: row.try_get("status")?,
            version: row.try_get("version")?,
            deleted: Some(row.try_get("deleted")?).filter(|deleted| *deleted),
        };
        let at: DateTime<Utc> = row.try_get("updated_at")?;
        let text = event("appointment", Some(&at.timestamp_micros().to_string()), &told.to_json_string());
        Ok(Self { id: told.id, version: told.version, text })
    }
}

/// Changes in the order in which they were made.
fn in_order(rows: &[Row]) -> Result<Vec<Change>> {
    rows.iter().rev().map(Change::try_from).collect()
}

/// The events of appointments.
#[derive(Clone, Copy, Debug)]
pub struct AppointmentEvents;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Appointments")]
impl AppointmentEvents {
    /// Hear of appointments as they change
    ///
    /// Server-sent events: `appointment` for each that was made, moved, changed or deleted, within a second. Read the calendar once the stream has
    /// begun. `Last-Event-ID` takes a stream up again for five minutes; where it cannot be, the event `reload` comes first. The same version may
    /// be told twice. The stream ends with the token, the session or the role: begin again with a new token. What is read too slowly is ended too.
    #[oai(path = "/appointments/events", method = "get", operation_id = "appointments_events")]
    async fn events(
        &self,
        bearer: Bearer,
        lasting: Lasting,
        clinics: Data<&Clinics>,
        live: Data<&Live>,
        /// The `id` of the last event that was heard.
        #[oai(name = "Last-Event-ID")]
        last: Header<Option<EventId>>,
    ) -> Result<Events<AppointmentEvent>> {
        let caller = &bearer.0;
        let oldest = Utc::now() - REPLAY;
        let heard = last.0.as_ref().map(EventId::at);
        let since = heard.map(|heard| heard.max(oldest));
        // Before the look, so that nothing falls between the two.
        let changes = live.listen(caller, lasting)?;
        let rows = transaction!(clinics.read(caller), |tx| tx.page(&OPEN, &[&since]).await)?;
        let there = in_order(&rows)?;
        let told = there.iter().map(|change| (change.id, change.version)).collect();

        let mut begin = format!("{SILENCE}retry: 2000\n\n");
        if heard.is_some_and(|heard| heard < oldest) || since.is_some() && there.len() == MOST {
            begin.push_str(&event("reload", None, "{}"));
        }
        if since.is_some() {
            for change in &there {
                begin.push_str(&change.text);
            }
        }
        let follow = stream::unfold((changes, told), |(changes, told)| next(changes, told));
        Ok(Events::new(stream::iter([Bytes::from(begin)]).chain(follow)))
    }
}

type Heard = (Receiver<Arc<Vec<Change>>>, HashMap<Uuid, i32>);

/// What is told next, or silence; nothing more once the hub has let go.
async fn next(mut changes: Receiver<Arc<Vec<Change>>>, told: HashMap<Uuid, i32>) -> Option<(Bytes, Heard)> {
    loop {
        let text = match tokio::time::timeout(SILENT, changes.recv()).await {
            Ok(None) => return None,
            Err(_) => SILENCE.to_owned(),
            Ok(Some(all)) => {
                let new = all.iter().filter(|change| told.get(&change.id).is_none_or(|seen| *seen < change.version));
                new.map(|change| change.text.as_str()).collect()
            }
        };
        if !text.is_empty() {
            return Some((text.into(), (changes, told)));
        }
    }
}
