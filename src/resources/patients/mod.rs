//! Patients: the people a clinic treats. The resource that the others follow.
//!
//! Who may do what is decided by PostgreSQL (grants and row security of the caller's session role), not here. What is read
//! is audited in the same transaction, writes by the tables' triggers.

pub mod duplicates;
pub mod export;
pub mod import;
mod model;
mod sound;
mod statements;
mod table;
pub mod timeline;
mod words;

use chrono::{NaiveDate, TimeDelta, Utc};
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::{Created, Done, Found, Listed, Read, expect_version};
use crate::api::body::Body;
use crate::api::day::Day;
use crate::api::idempotency::Once;
use crate::api::list::{After, Cursors, Limit, Page};
use crate::api::search::bounds;
use crate::api::text::{CursorText, EntityTags, IdempotencyKey, SearchText};
use crate::auth::caller::Bearer;
use crate::clinic::{ClinicTx, Clinics, Write};
use crate::error::{ApiError, ConstraintMessage, FieldError, Result};
use crate::region::{Locality, Region};
use crate::sql::{Clinic, Statement};
use crate::transaction;

use model::sort_name;
pub use model::{Address, AddressPatch, Gender, NewPatient, Patient, PatientPatch, Sort};
pub use statements::STATEMENTS;
use statements::{
    ADD_TERMS, ARCHIVE, EXPECTED, FIND, FIND_FOR_UPDATE, FORGET_LIKENESS, INSERT, LIST, RESTORE, SEARCH_LIST,
    SET_TERMS, UPDATE,
};
#[cfg(fuzzing)]
pub use table::fuzzed;
use words::{birth_word, sought, terms};

/// As many as a long name has; the statements have room for a birth date beside them.
const MAX_WORDS: usize = 6;

/// Births before and after are typing errors; `check_birth` holds them to today.
pub const BIRTH_DATE_BOUNDS: ConstraintMessage = ConstraintMessage {
    constraint: "patients_birth_date_check",
    code: "range",
    detail: "must lie between 1850-01-01 and today",
    pointer: "/birthDate",
};

/// A patient number is unique in its clinic.
pub const NUMBER_TAKEN: ConstraintMessage = ConstraintMessage {
    constraint: "patients_patient_number_key",
    code: "patient_number_taken",
    detail: "Another patient has this number.",
    pointer: "/patientNumber",
};

/// All operations on patients.
pub type Api = (Patients, duplicates::Duplicates, export::Export, import::Import, timeline::Timeline);

/// See [`Api`].
#[must_use]
pub const fn api() -> Api {
    (Patients, duplicates::Duplicates, export::Export, import::Import, timeline::Timeline)
}

/// The operations on patients.
#[derive(Clone, Copy, Debug)]
pub struct Patients;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Patients")]
impl Patients {
    /// List and search patients
    ///
    /// Sorted by name unless `sort` says otherwise. `q` finds by the beginnings of names, patient number, e-mail address and telephone
    /// number (`+33 1 42…`, `0142…`), accents, case and punctuation aside, and by birth date (`29.02.1984`, `29/02/1984`, `1984-02-29`, or
    /// `02/1984`); all words must be found. A patient is found by the words of its merged duplicates too.
    #[oai(path = "/patients", method = "get", operation_id = "patients_list")]
    #[expect(clippy::too_many_arguments, reason = "one for each query parameter")]
    async fn list(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        cursors: Data<&Cursors>,
        /// What to search for: at most six words.
        q: Query<Option<SearchText>>,
        /// Born on this day.
        #[oai(name = "birthDate")]
        birth_date: Query<Option<Day>>,
        /// `true` lists the archived patients instead.
        archived: Query<Option<bool>>,
        /// The order.
        sort: Query<Option<Sort>>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<Patient>>> {
        let caller = &bearer.0;
        let archived = archived.0.unwrap_or(false);
        let sort = sort.0.unwrap_or(Sort::Name);
        let words = asked(q.0.as_ref(), birth_date.0)?;
        let shape = [&words.join(" "), &format!("{:?} {archived} {sort:?}", birth_date.0)];
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &shape.map(String::as_str))?;

        let order = 2 * sort as usize + usize::from(page.after.is_some());
        let (key, id) = page.after.clone().map(|after| (after.key, after.id)).unzip();
        let (low, high): (Vec<String>, Vec<String>) = words.iter().cloned().map(bounds).unzip();
        let rows = page.rows();
        let answer = transaction!(clinics.read(caller), |tx| {
            let found = if words.is_empty() {
                let picked =
                    LIST.pick(&[usize::from(birth_date.is_some()), usize::from(archived), order, page.bucket()]);
                tx.page(picked, &[&birth_date.0, &None::<Vec<String>>, &key, &id, &rows]).await?
            } else {
                let picked = SEARCH_LIST.pick(&[words.len() - 1, order, usize::from(archived), page.bucket()]);
                tx.page(picked, &[&low, &high, &key, &id, &rows]).await?
            };
            let found = found.iter().map(Patient::try_from).collect::<Result<_, _>>()?;
            page.answer(found, |patient| After { key: sort.key_of(patient), id: patient.id })
        })?;
        Ok(Listed(answer))
    }

    /// Enter a patient
    ///
    /// Without a number the patient gets the clinic's next.
    #[oai(path = "/patients", method = "post", operation_id = "patients_create")]
    async fn create(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// Names this attempt: repeated, it is answered alike and nothing is entered twice.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        body: Body<NewPatient>,
    ) -> Result<Created<Patient>> {
        let caller = &bearer.0;
        check_birth(body.value.birth_date).map_err(|error| ApiError::Invalid(vec![error]))?;
        let once = Once::new(caller, key.as_ref(), &[&body.raw]);
        let patient = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            let patient = store(tx, (&INSERT, &ADD_TERMS), Uuid::now_v7(), &body.value).await?;
            once.remember(tx, patient).await
        })?;
        Ok(Created(patient))
    }

    /// Read a patient
    ///
    /// Reading is audited. An archived patient is not found: see the list with `archived=true`.
    #[oai(path = "/patients/:id", method = "get", operation_id = "patients_find")]
    async fn find(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The patient.
        id: Path<Uuid>,
        /// The version that the client has: answered 304 if it is the newest.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<EntityTags>>,
    ) -> Result<Read<Patient>> {
        let patient =
            transaction!(clinics.read(&bearer.0), |tx| Ok(Patient::try_from(&tx.only(&FIND, &[&id.0]).await?)?))?;
        Ok(Read::of(patient, if_none_match.as_ref()))
    }

    /// Change a patient
    ///
    /// A JSON merge patch: what is absent stays, `null` clears.
    #[oai(path = "/patients/:id", method = "patch", operation_id = "patients_update")]
    async fn update(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The patient.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
        locality: Data<&Locality>,
        body: Body<PatientPatch>,
    ) -> Result<Found<Patient>> {
        check_birth(body.value.birth_date.value().copied()).map_err(|error| ApiError::Invalid(vec![error]))?;
        let patient = transaction!(clinics.write(&bearer.0), |tx| {
            let patient = Patient::try_from(&tx.one(&FIND_FOR_UPDATE, &[&id.0]).await?)?;
            expect_version(if_match.as_ref(), patient.version)?;
            let mut changed = NewPatient::from(patient);
            let moves = body.value.moves();
            body.value.clone().apply(&mut changed);
            if moves {
                check_address(&mut changed, locality.region())?;
            }
            store(tx, (&UPDATE, &SET_TERMS), id.0, &changed).await
        })?;
        Ok(Found(patient))
    }

    /// Archive a patient
    ///
    /// The law keeps the data: an archived patient is listed with `archived=true` and can be restored.
    #[oai(path = "/patients/:id", method = "delete", operation_id = "patients_delete")]
    async fn delete(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The patient.
        id: Path<Uuid>,
        /// The version that the client has seen: 412 if it is not the newest.
        #[oai(name = "If-Match")]
        if_match: Header<Option<EntityTags>>,
    ) -> Result<Done> {
        transaction!(clinics.write(&bearer.0), |tx| {
            let row = tx.one(&ARCHIVE, &[&id.0]).await?;
            expect_version(if_match.as_ref(), row.try_get(0)?)?;
            if tx.row(&EXPECTED, &[&id.0]).await?.is_some() {
                return Err(ApiError::Conflict {
                    code: "patient_has_appointments",
                    detail: "The patient has appointments to come.".into(),
                    pointer: None,
                });
            }
            tx.at_commit(&FORGET_LIKENESS, vec![Box::new(id.0)]);
            Ok(())
        })?;
        Ok(Done)
    }

    /// Restore an archived patient
    ///
    /// The patient is found, changed and treated again.
    #[oai(path = "/patients/:id/restore", method = "post", operation_id = "patients_restore")]
    async fn restore(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The patient.
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
            let patient = Patient::try_from(&tx.one(&RESTORE, &[&id.0]).await?)?;
            tx.at_commit(&SET_TERMS, found_by(&patient));
            once.remember(tx, patient).await
        })?;
        Ok(Found(patient))
    }
}

/// Nobody is born yet after today, which is that of the places where days begin first. The table's own bounds are wider, since they
/// must not change by themselves.
fn check_birth(day: Option<Day>) -> Result<(), FieldError> {
    let today = (Utc::now() + TimeDelta::hours(14)).date_naive();
    let first = NaiveDate::from_ymd_opt(1850, 1, 1).unwrap_or_default();
    match day {
        Some(Day(day)) if !(first..=today).contains(&day) => {
            let message = &BIRTH_DATE_BOUNDS;
            Err(FieldError::new(message.pointer, message.code, message.detail))
        }
        _ => Ok(()),
    }
}

/// What a changed address is by itself: its country may be the one that was stored.
fn check_address(patient: &mut NewPatient, clinic: &'static Region) -> Result<()> {
    patient.address.as_mut().map_or(Ok(()), |address| address.check(clinic))
}

/// Writes all of a patient's columns, by [`INSERT`] or [`UPDATE`], and the words that the patient is found by.
async fn store(
    tx: &mut ClinicTx<Write>,
    (statement, statement_of_terms): (&'static Statement<Clinic>, &'static Statement<Clinic>),
    id: Uuid,
    patient: &NewPatient,
) -> Result<Patient> {
    let address = patient.address.clone().unwrap_or_default();
    let row = tx
        .one(
            statement,
            &[
                &id,
                &patient.patient_number,
                &patient.first_name,
                &patient.last_name,
                &patient.birth_date,
                &patient.gender.unwrap_or(Gender::Unknown).name(),
                &patient.email,
                &patient.phone,
                &address.line1,
                &address.line2,
                &address.postal_code,
                &address.city,
                &address.country,
                &patient.language,
                &patient.notes,
                &sort_name(&patient.last_name, &patient.first_name),
            ],
        )
        .await?;
    let patient = Patient::try_from(&row)?;
    tx.at_commit(statement_of_terms, found_by(&patient));
    Ok(patient)
}

/// The words of a search; none: a list.
fn asked(q: Option<&SearchText>, birth_date: Option<Day>) -> Result<Vec<String>> {
    let mut words = q.map(|q| sought(q.as_str())).unwrap_or_default();
    if words.len() > MAX_WORDS {
        return Err(ApiError::invalid("/query/q", "too_many", "must be at most six words"));
    }
    // Beside words the birth date is one, so that one index finds all.
    words.extend(birth_date.filter(|_| !words.is_empty()).map(birth_word));
    Ok(words)
}

/// What the statements on terms say of a patient.
fn found_by(patient: &Patient) -> Vec<Box<dyn ToSql + Send + Sync>> {
    let sort_name = sort_name(&patient.last_name, &patient.first_name);
    vec![Box::new(patient.id), Box::new(terms(patient)), Box::new(sort_name), Box::new(patient.created_at)]
}
