//! The SQL of patients. `$1` is always the clinic's id.

use crate::api::list::{LIMITS, seen};
use crate::ids::Role;
use crate::sql;

const WRITERS: [Role; 5] = [Role::Admin, Role::Manager, Role::Practitioner, Role::Nurse, Role::Secretary];
pub(super) const DELETERS: [Role; 2] = [Role::Admin, Role::Manager];

macro_rules! columns {
    () => {
        "id, patient_number, first_name, last_name, birth_date, gender, email, phone, address_line1, address_line2, postal_code,
         city, country, language, notes, created_at, updated_at, deleted_at, merged_into_id, version"
    };
}

/// The patients that a word of a search finds, with their places in the orders: the index on terms holds all of it.
macro_rules! word {
    ($n:literal) => {
        concat!(
            "SELECT patient_id AS id, sort_name, entered_at AS created_at FROM patient_search_terms
              WHERE company_id = $1 AND term >= ($2::text[])[",
            $n,
            "] AND term < ($3::text[])[",
            $n,
            "]"
        )
    };
}

/// Patients that all words find, each once.
macro_rules! found_by {
    ($first:literal) => {
        concat!("SELECT DISTINCT id, sort_name, created_at FROM (", word!($first), ") word")
    };
    ($first:literal $(, $further:literal)+) => {
        concat!(word!($first) $(, " INTERSECT ", word!($further))+)
    };
}

/// An order and where its page begins; `$4` and `$5` are the last row's key and id.
macro_rules! order {
    (first, $key:literal, $direction:literal) => {
        concat!(" AND $4::text IS NULL AND $5::uuid IS NULL ORDER BY ", $key, " ", $direction, ", id ", $direction)
    };
    (after, $key:literal, $type:literal, $operator:literal, $direction:literal) => {
        concat!(
            " AND (",
            $key,
            ", id) ",
            $operator,
            " ($4::text::",
            $type,
            ", $5::uuid) ORDER BY ",
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
    /// A page of patients, and the audit row of their being seen: by birth date, archive, order with its beginning, and size.
    pub(super) LIST by Role::ALL;
        (concat!("WITH page AS MATERIALIZED (SELECT ", columns!(), " FROM patients WHERE company_id = $1 AND $3::text[] IS NULL")),
        [" AND $2::date IS NULL", " AND birth_date = $2::date"],
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
        // $6: the rows of the page.
        (seen!("patients", "id", 6));
    /// The same of a search: by words, order with its beginning, archive and size. What the words find is put in order by itself; the
    /// patients are then fetched one by one until the page is full, and OFFSET 0 keeps the planner from fetching all.
    pub(super) SEARCH_LIST by Role::ALL;
        "WITH page AS MATERIALIZED (SELECT patient.* FROM (SELECT id FROM (",
        [
            found_by!(1),
            found_by!(1, 2),
            found_by!(1, 2, 3),
            found_by!(1, 2, 3, 4),
            found_by!(1, 2, 3, 4, 5),
            found_by!(1, 2, 3, 4, 5, 6),
            found_by!(1, 2, 3, 4, 5, 6, 7),
        ],
        ") found WHERE true",
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
        (concat!(
            " OFFSET 0) found CROSS JOIN LATERAL
              (SELECT ", columns!(), " FROM patients WHERE company_id = $1 AND id = found.id"
        )),
        [" AND deleted_at IS NULL", " AND deleted_at IS NOT NULL"],
        " OFFSET 0) patient LIMIT ",
        [LIMITS[0], LIMITS[1], LIMITS[2], LIMITS[3], LIMITS[4]],
        (seen!("patients", "id", 6));
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
                     COALESCE($3, app.next_patient_number()), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
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
        "INSERT INTO patient_search_terms (company_id, term, patient_id, sort_name, entered_at)
         SELECT $1, term, $2, $4, $5 FROM unnest($3::text[]) AS term";
    /// The words that a patient is found by, and those of its duplicates, in place of the ones before.
    pub(super) SET_TERMS by WRITERS;
        "WITH wanted AS (
             SELECT term FROM unnest($3::text[]) AS term
             UNION
             SELECT t.term FROM patients d JOIN patient_search_terms t ON t.company_id = d.company_id AND t.patient_id = d.id
              WHERE d.company_id = $1 AND d.merged_into_id = $2
         ), gone AS (
             DELETE FROM patient_search_terms t
              WHERE t.company_id = $1 AND t.patient_id = $2 AND NOT EXISTS (SELECT FROM wanted w WHERE w.term = t.term)
         )
         INSERT INTO patient_search_terms AS t (company_id, term, patient_id, sort_name, entered_at)
         SELECT $1, term, $2, $4, $5 FROM wanted
         ON CONFLICT (company_id, term, patient_id) DO UPDATE SET sort_name = EXCLUDED.sort_name WHERE t.sort_name <> EXCLUDED.sort_name";
    /// An archived patient is nobody's duplicate.
    pub(super) FORGET_LIKENESS by DELETERS;
        "DELETE FROM patient_search_terms WHERE company_id = $1 AND patient_id = $2 AND term >= 'D' AND term < 'E'";
    /// Archives a patient: the law keeps the data.
    pub(super) ARCHIVE by DELETERS;
        "UPDATE patients SET deleted_at = now() WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL
         RETURNING version - 1";
    /// Whether the patient is still expected.
    pub(super) EXPECTED by DELETERS;
        "SELECT FROM appointments
          WHERE company_id = $1 AND patient_id = $2 AND ends_at > now() AND deleted_at IS NULL
            AND status IN ('scheduled', 'confirmed', 'checked_in') LIMIT 1";
    /// Brings an archived patient back.
    pub(super) RESTORE by DELETERS;
        (concat!(
            "UPDATE patients SET deleted_at = NULL
              WHERE company_id = $1 AND id = $2 AND deleted_at IS NOT NULL AND merged_into_id IS NULL AND erased_at IS NULL
             RETURNING ", columns!()
        ));
}
