//! The SQL of patients. `$1` is always the clinic's id.

use crate::api::list::{LIMITS, seen};
use crate::ids::Role;
use crate::sql;

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

// A list that is taken away as a file is the same list.
pub(super) use {columns, found_by, order, word};

sql! { Clinic;
    /// A page of patients, and the audit row of their being seen: by birth date, words, archive, order with its beginning, and size.
    pub(super) LIST by Role::ALL;
        (concat!("WITH page AS MATERIALIZED (SELECT ", columns!(), " FROM patients WHERE company_id = $1")),
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
        [LIMITS[0], LIMITS[1], LIMITS[2], LIMITS[3], LIMITS[4]],
        // $7: the rows of the page.
        (seen!("patients", "id", 7));
    /// One patient, and the audit row of its being read.
    pub(super) FIND by Role::ALL;
        (concat!("SELECT ", columns!(), ", app.record_access('read', 'patients', ARRAY[id], ARRAY[id])
                    FROM patients WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL"));
    /// One patient, held until the transaction ends.
    pub(super) FIND_FOR_UPDATE by WRITERS;
        (concat!("SELECT ", columns!(), " FROM patients WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE"));
    /// A new patient; without a number it gets the clinic's next.
    pub(super) INSERT by WRITERS;
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
    pub(super) UPDATE by WRITERS;
        (concat!(
            "UPDATE patients
                SET patient_number = $3, first_name = $4, last_name = $5, birth_date = $6, gender = $7, email = $8, phone = $9,
                    address_line1 = $10, address_line2 = $11, postal_code = $12, city = $13, country = $14, language = $15,
                    notes = $16, sort_name = $17
              WHERE company_id = $1 AND id = $2
             RETURNING ", columns!()
        ));
    /// The words that a new patient is found by.
    pub(super) ADD_TERMS by WRITERS;
        "INSERT INTO patient_search_terms (company_id, term, patient_id) SELECT $1, term, $2 FROM unnest($3::text[]) AS term";
    /// The words that a patient is found by, in place of those before.
    pub(super) SET_TERMS by WRITERS;
        "WITH gone AS (DELETE FROM patient_search_terms WHERE company_id = $1 AND patient_id = $2 AND term <> ALL ($3::text[]))
         INSERT INTO patient_search_terms (company_id, term, patient_id) SELECT $1, term, $2 FROM unnest($3::text[]) AS term
         ON CONFLICT DO NOTHING";
    /// Archives a patient: the law keeps the data.
    pub(super) ARCHIVE by DELETERS;
        "UPDATE patients SET deleted_at = now() WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL
         RETURNING version - 1";
    /// Whether the patient is still expected.
    pub(super) EXPECTED by DELETERS;
        "SELECT FROM appointments
          WHERE company_id = $1 AND patient_id = $2 AND starts_at > now() AND status IN ('scheduled', 'confirmed') LIMIT 1";
    /// Brings an archived patient back.
    pub(super) RESTORE by DELETERS;
        (concat!(
            "UPDATE patients SET deleted_at = NULL
              WHERE company_id = $1 AND id = $2 AND deleted_at IS NOT NULL AND merged_into_id IS NULL AND erased_at IS NULL
             RETURNING ", columns!()
        ));
}
