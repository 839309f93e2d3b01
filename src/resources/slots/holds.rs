//! Holds: a time is kept for some minutes for whoever is about to book it.
//!
//! PostgreSQL sees that a hold misses no booking and no other hold, nor a booking a hold: both take the practitioner's calendar first
//! (`app.claim_time`). The token is kept as a hash; where an answer is kept to be given again, sealed.

use std::sync::Arc;

use chrono::{DateTime, Days, Utc};
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path};
use uuid::Uuid;

use super::model::{Hold, NewHold};
use super::statements::{CLEAR, HOLD, RELEASE, ROOM};
use crate::api::Tag;
use crate::api::answer::{Done, Made};
use crate::api::body::Body;
use crate::api::hold;
use crate::api::idempotency::Once;
use crate::api::text::{IdempotencyKey, OpaqueToken};
use crate::auth::caller::Bearer;
use crate::clinic::{ClinicTx, Clinics, Write};
use crate::error::{ApiError, ConstraintMessage, Result};
use crate::secrets::{MasterKeys, Purpose, random_text};
use crate::transaction;

/// What one person may hold at once. Requests that come together may exceed it by as many.
const MAX_HOLDS: i64 = 20;
/// Nothing is booked further ahead.
const MAX_AHEAD: Days = Days::new(3 * 366);

/// The time of a hold is an appointment's.
pub const TAKEN: ConstraintMessage = ConstraintMessage {
    constraint: "slot_holds_appointment_overlap",
    code: "slot_taken",
    detail: "This time is booked already.",
    pointer: "/startsAt",
};

/// The operations on holds.
#[derive(Clone, Copy, Debug)]
pub struct Holds;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Slots")]
impl Holds {
    /// Hold a time
    ///
    /// For the clinic's `holdMinutes`, then it is free again. Book it with the token. Any time that is neither booked nor held can be
    /// held, within the practitioner's hours or not: 409 `slot_taken` or `slot_held` otherwise. A person holds 20 at once: then 409
    /// `too_many_holds`.
    #[oai(path = "/slot-holds", method = "post", operation_id = "slot_holds_create")]
    async fn create(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        keys: Data<&Arc<MasterKeys>>,
        /// Names this attempt: repeated, it is answered alike and nothing is held twice.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        body: Body<NewHold>,
    ) -> Result<Made<Hold>> {
        let caller = &bearer.0;
        let once = Once::new(caller, key.as_ref(), &[&body.raw]);
        let hold = transaction!(clinics.write(caller), |tx| {
            if let Some(sealed) = once.answered(tx).await? {
                return opened(&sealed, &keys);
            }
            let hold = make(tx, &body.value).await?;
            once.remember(tx, sealed(&hold, &keys)?).await?;
            Ok(hold)
        })?;
        let path = format!("/api/v1/slot-holds/{}", hold.id);
        Ok(Made(hold, path))
    }

    /// Release a time
    ///
    /// By whoever holds it; one that was booked or has expired is not found.
    #[oai(path = "/slot-holds/:id", method = "delete", operation_id = "slot_holds_delete")]
    async fn delete(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The hold.
        id: Path<Uuid>,
    ) -> Result<Done> {
        transaction!(clinics.write(&bearer.0), |tx| tx.one(&RELEASE, &[&id.0]).await.map(|_| ()))?;
        Ok(Done)
    }
}

async fn make(tx: &mut ClinicTx<Write>, new: &NewHold) -> Result<Hold> {
    tx.rows(&CLEAR, &[]).await?;
    let room = tx.one(&ROOM, &[&new.practitioner_id]).await?;
    let conflict = |code, detail: &'static str, pointer| ApiError::Conflict { code, detail: detail.into(), pointer };
    match room.try_get("active")? {
        Some(true) => {}
        Some(false) => {
            let detail = "This cannot be booked on that day.";
            return Err(conflict("not_bookable", detail, Some("/practitionerId")));
        }
        None => return Err(ApiError::missing(Some("/practitionerId"))),
    }
    let now: DateTime<Utc> = room.try_get("at")?;
    if new.starts_at <= now || new.starts_at > now + MAX_AHEAD {
        return Err(ApiError::invalid("/startsAt", "range", "must lie in the future, and within three years"));
    }
    if room.try_get::<_, i64>("held")? >= MAX_HOLDS {
        return Err(conflict("too_many_holds", "You hold 20 times already: book or release one first.", None));
    }
    let token: OpaqueToken = random_text().parse().map_err(|rule: &str| ApiError::internal(anyhow::anyhow!(rule)))?;
    let NewHold { practitioner_id, starts_at, .. } = *new;
    let (id, ends_at) = (Uuid::now_v7(), new.ends_at());
    let row = tx.one(&HOLD, &[&id, &practitioner_id, &starts_at, &ends_at, &&hold::hash(&token)[..]]).await?;
    Ok(Hold { id, token, practitioner_id, starts_at, ends_at, expires_at: row.try_get(0)? })
}

/// As it is kept, to be given again: the token can be read by nobody who reads the row.
fn sealed(hold: &Hold, keys: &MasterKeys) -> Result<Hold> {
    let token = keys.seal(Purpose::SlotHold, &hold.id.to_string(), hold.token.as_str().as_bytes());
    with_token(hold, &token.map_err(ApiError::internal)?)
}

fn opened(hold: &Hold, keys: &MasterKeys) -> Result<Hold> {
    let token = keys.open(Purpose::SlotHold, &hold.id.to_string(), hold.token.as_str()).map_err(ApiError::internal)?;
    let token = str::from_utf8(&token).map_err(ApiError::internal)?;
    with_token(hold, token)
}

fn with_token(hold: &Hold, token: &str) -> Result<Hold> {
    let token = token.parse().map_err(|rule: &str| ApiError::internal(anyhow::anyhow!(rule)))?;
    Ok(Hold { token, ..*hold })
}
