//! Patients: the people a clinic treats. The resource that the others follow.
//!
//! Who may do what is decided by PostgreSQL (grants and row security of the caller's session role), not here. What is read
//! is audited in the same transaction, writes by the tables' triggers.

mod model;

use chrono::NaiveDate;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Header, Path, Query};
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::{Created, Done, Found, Listed, Read, expect_version};
use crate::api::body::Body;
use crate::api::idempotency::Once;
use crate::api::list::{After, Cursors, LIMITS, Limit, Page};
use crate::api::search::{bounds, sought};
use crate::api::text::{CursorText, EntityTags, IdempotencyKey, SearchText};
use crate::auth::caller::Bearer;
use crate::clinic::{Access, ClinicTx, Clinics, Write};
use crate::error::{ApiError, ConstraintMessage, Result};
use crate::ids::Role;
use crate::sql;
use crate::sql::{Clinic, Statement};
use crate::transaction;

use model::sort_name;
pub use model::{Address, AddressPatch, Gender, NewPatient, Patient, PatientPatch, Sort};

/// A patient number is unique in its clinic.
pub const NUMBER_TAKEN: ConstraintMessage = ConstraintMessage {
    constraint: "patients_patient_number_key",
    code: "patient_number_taken",
    detail: "Another patient has this number.",
    pointer: "/patientNumber",
};

/// A birth date is a living or once living person's.
pub const BIRTH_DATE: ConstraintMessage = ConstraintMessage {
    constraint: "patients_birth_date_check",
    code: "range",
    detail: "must lie between 1850 and 2200",
    pointer: "/birthDate",
};

const WRITERS: [Role; 5] = [Role::Admin, Role::Manager, Role::Practitioner, Role::Nurse, Role::Secretary];
const DELETERS: [Role; 2] = [Role::Admin, Role::Manager];

macro_rules! columns {
    () => {
        "id, patient_number, first_name, last_name, birth_date, gender, email, phone, address_line1, address_line2, postal_code,
         city, country, language, notes, created_at, updated_at, deleted_at, version"
    };
}

/// The patients that a word of a search finds: served from the index on terms.
macro_rules! word {
    ($n:literal) => {
        concat!(
            "SELECT patient_id FROM patient_search_terms
              WHERE company_id = $1 AND term >= ($3::text[])[",
            $n,
            "] AND term < ($4::text[])[",
            $n,
            "]"
        )
    };
}

/// Patients that all words find. An array rather than a join, which the planner may turn into a scan of all patients.
macro_rules! found_by {
    ($first:literal $(, $further:literal)*) => {
        concat!(" AND id = ANY (ARRAY(", word!($first) $(, " INTERSECT ", word!($further))*, "))")
    };
}

/// An order and where its page begins.
macro_rules! order {
    (first, $key:literal, $direction:literal) => {
        concat!(" AND $5::text IS NULL AND $6::uuid IS NULL ORDER BY ", $key, " ", $direction, ", id ", $direction)
    };
    (after, $key:literal, $type:literal, $operator:literal, $direction:literal) => {
        concat!(
            " AND (",
            $key,
            ", id) ",
            $operator,
            " ($5::text::",
            $type,
            ", $6::uuid) ORDER BY ",
            $key,
            " ",
            $direction,
            ", id ",
            $direction
        )
    };
}

sql! { Clinic;
    /// A page of patients: by birth date, words, archive, order with its beginning, and size.
    LIST by Role::ALL;
        (concat!("SELECT ", columns!(), " FROM patients WHERE company_id = $1")),
        [" AND $2::date IS NULL", " AND birth_date = $2::date"],
        [
            " AND $3::text[] IS NOT NULL AND $4::text[] IS NOT NULL",
            found_by!(1),
            found_by!(1, 2),
            found_by!(1, 2, 3),
            found_by!(1, 2, 3, 4),
        ],
        [" AND deleted_at IS NULL", " AND deleted_at IS NOT NULL"],
        [
            order!(first, "sort_name", "ASC"),
            order!(after, "sort_name", "text", ">", "ASC"),
            order!(first, "sort_name", "DESC"),
            order!(after, "sort_name", "text", "<", "DESC"),
            order!(first, "created_at", "ASC"),
            order!(after, "created_at", "timestamptz", ">", "ASC"),
            order!(first, "created_at", "DESC"),
            order!(after, "created_at", "timestamptz", "<", "DESC"),
        ],
        " LIMIT ",
        [LIMITS[0], LIMITS[1], LIMITS[2], LIMITS[3], LIMITS[4]];
    /// One patient.
    FIND by Role::ALL;
        (concat!("SELECT ", columns!(), " FROM patients WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL"));
    /// One patient, held until the transaction ends.
    FIND_FOR_UPDATE by WRITERS;
        (concat!("SELECT ", columns!(), " FROM patients WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE"));
    /// A new patient; without a number it gets the clinic's next.
    INSERT by WRITERS;
        (concat!(
            "INSERT INTO patients (company_id, id, patient_number, first_name, last_name, birth_date, gender, email, phone,
                                   address_line1, address_line2, postal_code, city, country, language, notes, sort_name)
             VALUES ($1, $2,
                     COALESCE($3, (SELECT patient_number_prefix FROM clinic_settings WHERE company_id = $1)
                                  || '-' || lpad(nextval('patient_number_seq')::text, 6, '0')),
                     $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
             RETURNING ", columns!()
        ));
    /// Everything that a client may change.
    UPDATE by WRITERS;
        (concat!(
            "UPDATE patients
                SET patient_number = $3, first_name = $4, last_name = $5, birth_date = $6, gender = $7, email = $8, phone = $9,
                    address_line1 = $10, address_line2 = $11, postal_code = $12, city = $13, country = $14, language = $15,
                    notes = $16, sort_name = $17
              WHERE company_id = $1 AND id = $2
             RETURNING ", columns!()
        ));
    /// The words that a patient is found by, in place of those before.
    SET_TERMS by WRITERS;
        "WITH gone AS (DELETE FROM patient_search_terms WHERE company_id = $1 AND patient_id = $2 AND term <> ALL ($3::text[]))
         INSERT INTO patient_search_terms (company_id, term, patient_id) SELECT $1, term, $2 FROM unnest($3::text[]) AS term
         ON CONFLICT DO NOTHING";
    /// Archives a patient: the law keeps the data.
    ARCHIVE by DELETERS;
        "UPDATE patients SET deleted_at = now() WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL
         RETURNING version - 1";
    /// Whether the patient is still expected.
    EXPECTED by DELETERS;
        "SELECT FROM appointments
          WHERE company_id = $1 AND patient_id = $2 AND starts_at > now() AND status IN ('scheduled', 'confirmed') LIMIT 1";
    /// Brings an archived patient back.
    RESTORE by DELETERS;
        (concat!(
            "UPDATE patients SET deleted_at = NULL
              WHERE company_id = $1 AND id = $2 AND deleted_at IS NOT NULL AND merged_into_id IS NULL AND erased_at IS NULL
             RETURNING ", columns!()
        ));
}

/// The operations on patients.
#[derive(Clone, Copy, Debug)]
pub struct Patients;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Patients")]
impl Patients {
    /// List and search patients
    ///
    /// Sorted by name unless `sort` says otherwise. `q` finds by the beginnings of words of names, number, e-mail and
    /// telephone, accents and case aside; all words must be found.
    #[oai(path = "/patients", method = "get", operation_id = "patients_list")]
    #[expect(clippy::too_many_arguments, reason = "one for each query parameter")]
    async fn list(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        cursors: Data<&Cursors>,
        /// What to search for: at most four words.
        q: Query<Option<SearchText>>,
        /// Born on this day.
        #[oai(name = "birthDate")]
        birth_date: Query<Option<NaiveDate>>,
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
        let words = q.0.as_ref().map(|q| sought(q.as_str())).unwrap_or_default();
        if words.len() > 4 {
            return Err(ApiError::invalid("/query/q", "too_many", "must be at most four words"));
        }
        let shape = [&words.join(" "), &format!("{:?} {archived} {sort:?}", birth_date.0)];
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &shape.map(String::as_str))?;

        let order = 2 * sort as usize + usize::from(page.after.is_some());
        let statement =
            LIST.pick(&[usize::from(birth_date.is_some()), words.len(), usize::from(archived), order, page.bucket()]);
        let (low, high): (Vec<String>, Vec<String>) = words.into_iter().map(bounds).unzip();
        let (key, id) = page.after.clone().map(|after| (after.key, after.id)).unzip();
        let answer = transaction!(clinics.read(caller), |tx| {
            let rows = tx.rows(statement.clone(), &[&birth_date.0, &low, &high, &key, &id]).await?;
            let found = rows.iter().map(Patient::try_from).collect::<Result<_, _>>()?;
            let answer = page.answer(found, |patient| After { key: sort.key_of(patient), id: patient.id })?;
            // Of the answer: what was read beyond it, to know whether another page follows, nobody has seen.
            let ids: Vec<Uuid> = answer.data.iter().map(|patient| patient.id).collect();
            tx.record_access(Access { action: "list", resource: "patients", patients: ids.clone(), ids });
            Ok(answer)
        })?;
        Ok(Listed(answer))
    }

    /// Enter a patient
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
        let once = Once::new(caller, key.as_ref(), &[&body.raw]);
        let patient = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            let patient = store(tx, &INSERT, Uuid::now_v7(), &body.value).await?;
            once.remember(tx, patient).await
        })?;
        Ok(Created(patient))
    }

    /// Read a patient
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
        let patient = transaction!(clinics.read(&bearer.0), |tx| {
            let patient = Patient::try_from(&tx.one(&FIND, &[&id.0]).await?)?;
            tx.record_access(Access {
                action: "read",
                resource: "patients",
                ids: vec![patient.id],
                patients: vec![patient.id],
            });
            Ok(patient)
        })?;
        Ok(Read::of(patient, if_none_match.as_ref()))
    }

    /// Change a patient
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
        body: Body<PatientPatch>,
    ) -> Result<Found<Patient>> {
        let patient = transaction!(clinics.write(&bearer.0), |tx| {
            let patient = Patient::try_from(&tx.one(&FIND_FOR_UPDATE, &[&id.0]).await?)?;
            expect_version(if_match.as_ref(), patient.version)?;
            let mut changed = NewPatient::from(patient);
            body.value.clone().apply(&mut changed);
            store(tx, &UPDATE, id.0, &changed).await
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
            Ok(())
        })?;
        Ok(Done)
    }

    /// Restore an archived patient
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
            once.remember(tx, patient).await
        })?;
        Ok(Found(patient))
    }
}

/// Writes all of a patient's columns, by [`INSERT`] or [`UPDATE`], and the words that the patient is found by.
async fn store(
    tx: &mut ClinicTx<Write>,
    statement: &'static Statement<Clinic>,
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
    tx.rows(&SET_TERMS, &[&id, &patient.terms()]).await?;
    Ok(patient)
}
