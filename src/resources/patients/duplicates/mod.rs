//! Patients who were entered twice: who may have been, merging two, and undoing it.
//!
//! What two entries of one person share is kept among the words that patients are found by, so that no patient is compared with all
//! others. A merge is a pointer: the duplicate is archived, no row of it moves, and undoing it is one UPDATE. The database keeps merges
//! flat.

mod model;
mod statements;

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use uuid::Uuid;

use super::found_by;
use super::model::{NewPatient, Patient};
use super::statements::{DELETERS, EXPECTED, FORGET_LIKENESS, SET_TERMS, columns};
use super::words::Likeness;
use crate::api::Tag;
use crate::api::answer::{Found, Listed};
use crate::api::body::Body;
use crate::api::idempotency::Once;
use crate::api::list::{After, Cursors, Limit, Page};
use crate::api::text::{CursorText, IdempotencyKey};
use crate::auth::caller::Bearer;
use crate::clinic::{Access, Clinics};
use crate::error::{ApiError, ConstraintMessage, Result};
use crate::transaction;

pub use model::{Likely, Merge, Pair, Reason};
pub use statements::STATEMENTS;
use statements::{ALIKE, HOLD, HOLD_MERGED, MAY_MERGE, MERGE, PAIRS_LIST, SHOW, UNMERGE};

/// A duplicate has none itself.
pub const MERGE_CHAIN: ConstraintMessage = ConstraintMessage {
    constraint: "patients_merged_into_id_flat",
    code: "merge_chain",
    detail: "Others were merged into this patient: undo that first, or merge the other way round.",
    pointer: "/duplicateId",
};

/// The operations on patients who were entered twice.
#[derive(Clone, Copy, Debug)]
pub struct Duplicates;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Patients")]
impl Duplicates {
    /// List likely duplicates
    ///
    /// Pairs of patients who may be one: names that sound alike with the same birth date, or where neither has one; the same telephone
    /// number or e-mail address with the same given name; the same birth date and telephone number. Where several are alike, each is
    /// named with the one who was entered first.
    #[oai(path = "/patients/duplicates", method = "get", operation_id = "patients_duplicates_list")]
    async fn list(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        cursors: Data<&Cursors>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<Pair>>> {
        let caller = &bearer.0;
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &[])?;
        let statement = PAIRS_LIST.pick(&[usize::from(page.after.is_some()), page.bucket()]);
        let (key, id) = page.after.clone().map(|after| (after.key, after.id)).unzip();
        let answer = transaction!(clinics.read(caller), |tx| {
            // Two rows a pair.
            let rows = tx.page(statement.clone(), &[&key, &id, &page.rows()]).await?;
            let pairs = rows.chunks_exact(2).map(Pair::try_from).collect::<Result<_, _>>()?;
            page.answer(pairs, |pair: &Pair| After { key: pair.shared.clone(), id: pair.duplicate.id })
        })?;
        Ok(Listed(answer))
    }

    /// List a patient's likely duplicates
    ///
    /// The likeliest first, at most 50.
    #[oai(path = "/patients/:id/duplicates", method = "get", operation_id = "patients_duplicates_of")]
    async fn of(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The patient.
        id: Path<Uuid>,
    ) -> Result<Listed<Page<Likely>>> {
        let found = transaction!(clinics.read(&bearer.0), |tx| {
            let patient = Patient::try_from(&tx.one(&SHOW, &[&id.0]).await?)?;
            let likeness = Likeness::of(&patient);
            let rows = tx.page(&ALIKE, &[&likeness.sought(), &Some(id.0)]).await?;
            Likely::all(&likeness, &rows)
        })?;
        Ok(Listed(Page { data: found, next_cursor: None }))
    }

    /// Look for somebody before entering them
    ///
    /// Who may be the patient that is about to be entered: the likeliest first, at most 50. Nothing is stored; `POST /patients` enters the
    /// patient all the same.
    #[oai(path = "/patients/duplicates/check", method = "post", operation_id = "patients_duplicates_check")]
    async fn check(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        body: Body<NewPatient>,
    ) -> Result<Listed<Page<Likely>>> {
        let likeness = Likeness::of_new(&body.value);
        let found = transaction!(clinics.read(&bearer.0), |tx| {
            let rows = tx.page(&ALIKE, &[&likeness.sought(), &None::<Uuid>]).await?;
            Likely::all(&likeness, &rows)
        })?;
        Ok(Listed(Page { data: found, next_cursor: None }))
    }

    /// Merge a duplicate into a patient
    ///
    /// The duplicate is archived with `mergedIntoId`, and its words find the patient from now on. What was recorded of it stays where it is,
    /// as it was signed. `POST /patients/{id}/unmerge` undoes it. 409 `patient_has_appointments` while the duplicate is expected;
    /// `merge_chain` where others were merged into the duplicate.
    #[oai(path = "/patients/:id/merge", method = "post", operation_id = "patients_merge")]
    async fn merge(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The patient who stays.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        body: Body<Merge>,
    ) -> Result<Found<Patient>> {
        let (caller, duplicate) = (&bearer.0, body.value.duplicate_id);
        let once = Once::new(caller, key.as_ref(), &[id.0.as_bytes(), &body.raw]);
        let patient = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            tx.rows(&MAY_MERGE, &[]).await?;
            if id.0 == duplicate {
                return Err(ApiError::invalid("/duplicateId", "same_patient", "must be another patient"));
            }
            let held = tx.rows(&HOLD, &[&vec![id.0, duplicate]]).await?;
            let mut held = held.iter().map(Patient::try_from).collect::<Result<Vec<_>, _>>()?;
            let there = held.iter().any(|patient| patient.id == duplicate);
            held.retain(|patient| patient.id == id.0);
            let patient = held.pop().ok_or(ApiError::NotFound)?;
            if !there {
                return Err(ApiError::missing(Some("/duplicateId")));
            }
            tx.rows(&MERGE, &[&id.0, &duplicate]).await?;
            if tx.row(&EXPECTED, &[&duplicate]).await?.is_some() {
                return Err(ApiError::Conflict {
                    code: "patient_has_appointments",
                    detail: "The patient has appointments to come.".into(),
                    pointer: Some("/duplicateId"),
                });
            }
            tx.at_commit(&FORGET_LIKENESS, vec![Box::new(duplicate)]);
            tx.at_commit(&SET_TERMS, found_by(&patient));
            tx.record_access(both(id.0, duplicate));
            once.remember(tx, patient).await
        })?;
        Ok(Found(patient))
    }

    /// Undo a merge
    ///
    /// The duplicate is a patient of its own again, as it was.
    #[oai(path = "/patients/:id/unmerge", method = "post", operation_id = "patients_unmerge")]
    async fn unmerge(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The duplicate.
        id: Path<Uuid>,
        /// Names this attempt: repeated, it is answered alike.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
    ) -> Result<Found<Patient>> {
        let caller = &bearer.0;
        let once = Once::new(caller, key.as_ref(), &[id.0.as_bytes()]);
        let patient = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            tx.rows(&MAY_MERGE, &[]).await?;
            let held = tx.rows(&HOLD_MERGED, &[&id.0]).await?;
            let held = held.iter().map(Patient::try_from).collect::<Result<Vec<_>, _>>()?;
            let into = held.iter().find(|patient| patient.id == id.0).and_then(|patient| patient.merged_into_id);
            // The row that was waited for may have been another's duplicate, or nobody's, by then.
            let other = held.iter().find(|patient| Some(patient.id) == into).ok_or(ApiError::NotFound)?;
            let patient = Patient::try_from(&tx.one(&UNMERGE, &[&id.0]).await?)?;
            tx.at_commit(&SET_TERMS, found_by(&patient));
            tx.at_commit(&SET_TERMS, found_by(other));
            tx.record_access(both(other.id, id.0));
            once.remember(tx, patient).await
        })?;
        Ok(Found(patient))
    }
}

/// The triggers record the duplicate's row; whose it became, or was, is on record with it.
fn both(patient: Uuid, duplicate: Uuid) -> Access {
    let both = vec![patient, duplicate];
    Access { action: "read", resource: "patients", ids: both.clone(), patients: both }
}
