//! Entering many patients at once, from a file: all of its lines, or none.
//!
//! Invariant: nothing is entered of a file in which a line is wrong; which ones are, is told of all of them at once.

use std::collections::HashSet;

use poem::web::Data;
use poem_openapi::param::{Header, Query};
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use uuid::Uuid;

use super::model::{Gender, NewPatient, Patient, sort_name};
use super::statements::columns;
use super::table::{Entered, Line, Wrong, read};
use super::words;
use crate::api::Tag;
use crate::api::answer::Listed;
use crate::api::csv::{Upload, refusals};
use crate::api::idempotency::{Kept, Once};
use crate::api::text::IdempotencyKey;
use crate::auth::caller::Bearer;
use crate::clinic::{Access, ClinicTx, Clinics, Write};
use crate::error::{ApiError, FieldError, Result};
use crate::ids::Role;
use crate::region::Locality;
use crate::{sql, transaction};

/// Who enters many at once.
const IMPORTERS: [Role; 2] = [Role::Admin, Role::Manager];
/// Lines that one statement enters.
const AT_ONCE: usize = 250;

sql! { Clinic;
    /// Which of these numbers are taken.
    TAKEN by IMPORTERS;
        "SELECT patient_number FROM patients WHERE company_id = $1 AND patient_number = ANY ($2::text[])";
    /// The same, and the audit row of its being asked.
    LOOK_FOR by IMPORTERS;
        "WITH found AS MATERIALIZED (
             SELECT id, patient_number FROM patients WHERE company_id = $1 AND patient_number = ANY ($2::text[])
         ), seen AS MATERIALIZED (
             SELECT app.record_access('search', 'patients', ARRAY(SELECT id FROM found), ARRAY(SELECT id FROM found))
         )
         SELECT found.id, found.patient_number FROM seen LEFT JOIN found ON true";
    /// New patients, as `INSERT` enters one.
    INSERT_MANY by IMPORTERS;
        (concat!(
            "INSERT INTO patients (company_id, id, patient_number, first_name, last_name, birth_date, gender, email, phone,
                                   address_line1, address_line2, postal_code, city, country, language, notes, sort_name)
             SELECT $1, n.id,
                    COALESCE(n.patient_number, app.next_patient_number()), n.first_name, n.last_name, n.birth_date, n.gender, n.email, n.phone, n.address_line1, n.address_line2,
                    n.postal_code, n.city, n.country, n.language, n.notes, n.sort_name
               FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::date[], $7::text[], $8::text[], $9::text[], $10::text[],
                           $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[])
                    AS n (id, patient_number, first_name, last_name, birth_date, gender, email, phone, address_line1, address_line2,
                          postal_code, city, country, language, notes, sort_name)
             RETURNING ", columns!()
        ));
    /// The words that they are found by.
    ADD_MANY_TERMS by IMPORTERS;
        "INSERT INTO patient_search_terms (company_id, term, patient_id, sort_name, entered_at)
         SELECT $1, n.term, p.id, p.sort_name, p.created_at
           FROM unnest($2::text[], $3::uuid[]) AS n (term, patient_id)
           JOIN patients p ON p.company_id = $1 AND p.id = n.patient_id";
}

/// What became of a file.
#[derive(Debug, Clone, Copy, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Imported {
    /// Lines that the file has, without its header.
    pub lines: i64,
    /// Patients that were entered: none by a dry run.
    pub created: i64,
}

impl Example for Imported {
    fn example() -> Self {
        Self { lines: 42, created: 42 }
    }
}

impl Kept for Imported {
    /// Counts, and nobody's data.
    fn shown(&self) -> Access {
        Access { action: "read", resource: "patients", ids: vec![], patients: vec![] }
    }
}

/// The import of patients.
#[derive(Clone, Copy, Debug)]
pub struct Import;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Patients")]
impl Import {
    /// Enter patients from a file
    ///
    /// A file in UTF-8, at most 5 MiB and 5,000 lines, separated by commas or semicolons. Its header names the fields of `NewPatient`, those of the
    /// address as `addressLine1`, `addressLine2`, `postalCode`, `city` and `country`; an empty cell is a field that is absent. All lines are
    /// entered or none: where one is wrong the answer is 422, and lists what is wrong in which line (`/lines/12/birthDate`) of all
    /// lines. A dry run answers the same, and enters nothing. For admins and managers.
    #[oai(path = "/patients/import", method = "post", operation_id = "patients_import")]
    async fn import(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        locality: Data<&Locality>,
        /// `true` only looks whether the file could be entered.
        #[oai(name = "dryRun")]
        dry_run: Query<Option<bool>>,
        /// Names this attempt: repeated, it is answered alike and nothing is entered twice.
        #[oai(name = "Idempotency-Key")]
        key: Header<Option<IdempotencyKey>>,
        file: Upload<Entered>,
    ) -> Result<Listed<Imported>> {
        let caller = &bearer.0;
        // Whoever may enter one patient might enter many; that is for those who answer for the clinic.
        if !IMPORTERS.contains(&caller.role()) {
            return transaction!(clinics.read(caller), |_tx| Err(ApiError::FORBIDDEN));
        }
        let (raw, region) = (file.raw.clone(), locality.region());
        // Thousands of lines against a schema take a moment, in which others are to be answered.
        let read = tokio::task::spawn_blocking(move || read(&raw, region)).await.map_err(ApiError::internal)?;
        let (mut lines, wrong) = read?;
        // Those that bring a number come first: what the others get is none of theirs.
        lines.sort_by_key(|line| line.filed().is_none());
        let wanted: Vec<&str> = lines.iter().filter_map(Line::filed).collect();
        let (numbered, others) = lines.split_at(wanted.len());
        let count = i64::try_from(lines.len()).map_err(ApiError::internal)?;

        if dry_run.0.unwrap_or(false) {
            let taken = transaction!(clinics.read(caller), |tx| {
                tx.page(&LOOK_FOR, &[&wanted]).await?.iter().map(|row| Ok(row.try_get("patient_number")?)).collect()
            })?;
            return refuse(wrong, &taken, numbered).map(|()| Listed(Imported { lines: count, created: 0 }));
        }
        let once = Once::new(caller, key.as_ref(), &[&file.raw]);
        let imported = transaction!(clinics.write(caller), |tx| {
            if let Some(answered) = once.answered(tx).await? {
                return Ok(answered);
            }
            let taken = tx.rows(&TAKEN, &[&wanted]).await?;
            refuse(wrong.clone(), &taken.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?, numbered)?;
            for some in numbered.chunks(AT_ONCE).chain(others.chunks(AT_ONCE)) {
                enter(tx, some).await?;
            }
            once.remember(tx, Imported { lines: count, created: count }).await
        })?;
        Ok(Listed(imported))
    }
}

/// Refuses a file of which something is wrong, or lines whose numbers other patients have: all of it at once, line by line.
fn refuse(mut wrong: Vec<Wrong>, taken: &HashSet<String>, numbered: &[Line]) -> Result<()> {
    let taken = numbered.iter().filter(|line| line.filed().is_some_and(|filed| taken.contains(filed)));
    wrong.extend(taken.map(|Line { number, .. }| {
        let pointer = format!("/lines/{number}/patientNumber");
        (*number, FieldError::new(pointer, "patient_number_taken", super::NUMBER_TAKEN.detail))
    }));
    if wrong.is_empty() {
        return Ok(());
    }
    wrong.sort_by_key(|(line, _)| *line);
    Err(refusals(wrong.into_iter().map(|(_, error)| error).collect()))
}

/// Enters these lines, and the words that their patients are found by.
async fn enter(tx: &mut ClinicTx<Write>, lines: &[Line]) -> Result<()> {
    fn each<'a, T>(lines: &'a [Line], field: impl Fn(&'a NewPatient) -> T) -> Vec<T> {
        lines.iter().map(|line| field(&line.patient)).collect()
    }
    let addresses = each(lines, |patient| patient.address.clone().unwrap_or_default());
    let rows = tx
        .rows(
            &INSERT_MANY,
            &[
                &each(lines, |_| Uuid::now_v7()),
                &lines.iter().map(Line::filed).collect::<Vec<_>>(),
                &each(lines, |patient| patient.first_name.as_str()),
                &each(lines, |patient| patient.last_name.as_str()),
                &each(lines, |patient| patient.birth_date),
                &each(lines, |patient| patient.gender.unwrap_or(Gender::Unknown).name()),
                &each(lines, |patient| patient.email.as_ref()),
                &each(lines, |patient| patient.phone.as_ref()),
                &addresses.iter().map(|address| address.line1.as_ref()).collect::<Vec<_>>(),
                &addresses.iter().map(|address| address.line2.as_ref()).collect::<Vec<_>>(),
                &addresses.iter().map(|address| address.postal_code.as_ref()).collect::<Vec<_>>(),
                &addresses.iter().map(|address| address.city.as_ref()).collect::<Vec<_>>(),
                &addresses.iter().map(|address| address.country.as_ref()).collect::<Vec<_>>(),
                &each(lines, |patient| patient.language.as_ref()),
                &each(lines, |patient| patient.notes.as_ref()),
                &each(lines, |patient| sort_name(&patient.last_name, &patient.first_name)),
            ],
        )
        .await?;
    let (mut terms, mut patients) = (Vec::new(), Vec::new());
    for row in &rows {
        let patient = Patient::try_from(row)?;
        for term in words::terms(&patient) {
            terms.push(term);
            patients.push(patient.id);
        }
    }
    tx.rows(&ADD_MANY_TERMS, &[&terms, &patients]).await?;
    Ok(())
}
