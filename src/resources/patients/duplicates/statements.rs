//! The SQL of duplicates. `$1` is always the clinic's id.

use super::{DELETERS, columns};
use crate::api::list::LIMITS;
use crate::ids::Role;
use crate::sql;

sql! { Clinic;
    /// Those of whom one of these terms is known, but for one; and the audit row of their being seen beside that one. Of very many those who
    /// share the most: a term weighs what two who share it may score at least, more where it hides what else they share.
    pub(super) ALIKE by Role::ALL;
        (concat!(
            "WITH page AS MATERIALIZED (
                 SELECT patient.*
                   FROM (SELECT patient_id FROM patient_search_terms
                          WHERE company_id = $1 AND term = ANY ($2::text[]) AND patient_id IS DISTINCT FROM $3::uuid
                          GROUP BY patient_id
                          ORDER BY sum(CASE left(term, 2) WHEN 'Db' THEN 80 WHEN 'Dq' THEN 75 WHEN 'Dn' THEN 45 ELSE 60 END) DESC, patient_id
                          LIMIT 50) alike
                  CROSS JOIN LATERAL (SELECT ", columns!(), " FROM patients
                                       WHERE company_id = $1 AND id = alike.patient_id AND deleted_at IS NULL OFFSET 0) patient
             ), seen AS MATERIALIZED (
                 SELECT app.record_access('list', 'patients', ARRAY(SELECT id FROM page),
                                          array_remove($3::uuid || ARRAY(SELECT id FROM page), NULL))
             )
             SELECT page.* FROM seen LEFT JOIN page ON true"
        ));
    /// One patient, to be compared with others; what was seen is recorded with them.
    pub(super) SHOW by Role::ALL;
        (concat!("SELECT ", columns!(), " FROM patients WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL"));
    /// A page of pairs, two rows each, and the audit row of their being seen. Terms are read in order until enough of them are shared; of
    /// those who share one, each makes a pair with the first, by the first term that both have.
    pub(super) PAIRS_LIST by Role::ALL;
        "WITH page AS MATERIALIZED (
             SELECT shared.term AS shared, one.id AS first, other.id AS second
               FROM (SELECT term FROM patient_search_terms WHERE company_id = $1 AND term < 'E'",
        [" AND term >= 'D' AND $2::text IS NULL AND $3::uuid IS NULL", " AND term >= $2::text AND $3::uuid IS NOT NULL"],
        "             GROUP BY term HAVING count(*) > 1 ORDER BY term OFFSET 0) shared
              CROSS JOIN LATERAL (SELECT patient_id AS id FROM patient_search_terms
                                   WHERE company_id = $1 AND term = shared.term ORDER BY patient_id LIMIT 1) one
              CROSS JOIN LATERAL (
                    SELECT t.patient_id AS id FROM patient_search_terms t
                     WHERE t.company_id = $1 AND t.term = shared.term AND t.patient_id > one.id
                       AND NOT EXISTS (SELECT FROM patient_search_terms a
                                         JOIN patient_search_terms b ON b.company_id = $1 AND b.term = a.term AND b.patient_id = t.patient_id
                                        WHERE a.company_id = $1 AND a.patient_id = one.id AND a.term >= 'D' AND a.term < shared.term)
                    OFFSET 0) other
              WHERE $2::text IS NULL OR (shared.term, other.id) > ($2::text, $3::uuid)
              ORDER BY shared.term, other.id LIMIT ",
        [LIMITS[0], LIMITS[1], LIMITS[2], LIMITS[3], LIMITS[4]],
        (concat!(
            "), seen AS MATERIALIZED (
                 SELECT app.record_access('list', 'patients', ARRAY(SELECT first FROM page LIMIT $4::int8),
                                          ARRAY(SELECT unnest(ARRAY[first, second]) FROM (SELECT * FROM page LIMIT $4::int8) pair))
             )
             SELECT page.shared, patient.*
               FROM seen
               LEFT JOIN (page CROSS JOIN LATERAL (VALUES (1, page.first), (2, page.second)) AS one (n, patient_id)
                               CROSS JOIN LATERAL (SELECT ", columns!(), " FROM patients
                                                    WHERE company_id = $1 AND id = one.patient_id OFFSET 0) patient) ON true
              ORDER BY page.shared, page.second, one.n"
        ));
    /// Nothing; refused to whoever may not merge, before anything is told of how patients stand.
    pub(super) MAY_MERGE by DELETERS;
        "UPDATE patients SET merged_into_id = NULL, deleted_at = NULL WHERE company_id = $1 AND false";
    /// Two living patients, held until the transaction ends; in one order, so that no two merges wait for each other.
    pub(super) HOLD by DELETERS;
        (concat!(
            "SELECT ", columns!(), " FROM patients
              WHERE company_id = $1 AND id = ANY ($2::uuid[]) AND deleted_at IS NULL AND erased_at IS NULL ORDER BY id FOR UPDATE"
        ));
    /// Makes one the other's duplicate.
    pub(super) MERGE by DELETERS;
        "UPDATE patients SET merged_into_id = $2, deleted_at = now() WHERE company_id = $1 AND id = $3";
    /// A duplicate and whose it is, held until the transaction ends.
    pub(super) HOLD_MERGED by DELETERS;
        (concat!(
            "SELECT ", columns!(), " FROM patients
              WHERE company_id = $1 AND erased_at IS NULL
                AND id = ANY (ARRAY[$2, (SELECT merged_into_id FROM patients WHERE company_id = $1 AND id = $2)])
              ORDER BY id FOR UPDATE"
        ));
    /// Makes a duplicate a patient of its own again.
    pub(super) UNMERGE by DELETERS;
        (concat!(
            "UPDATE patients SET merged_into_id = NULL, deleted_at = NULL WHERE company_id = $1 AND id = $2 RETURNING ", columns!()
        ));
}
