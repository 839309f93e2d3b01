//! The SQL of practitioners. `$1` is always the clinic's id.

use crate::api::list::{LIMITS, seen};
use crate::ids::Role;
use crate::sql;

/// Who enters practitioners, their hours and what they offer.
pub(super) const MAKERS: [Role; 3] = [Role::Admin, Role::Manager, Role::Secretary];
/// Practitioners change their own.
pub(super) const WRITERS: [Role; 4] = [Role::Admin, Role::Manager, Role::Practitioner, Role::Secretary];
/// Who also says whose account a practitioner is.
const DELETERS: [Role; 2] = [Role::Admin, Role::Manager];

macro_rules! columns {
    () => {
        "id, user_id, title, first_name, last_name, specialities, registration_number, registration_until,
         coalesce(registration_until < (now() AT TIME ZONE (SELECT time_zone FROM clinic_settings WHERE company_id = $1))::date, false)
             AS registration_expired,
         email, phone, ARRAY(SELECT jsonb_array_elements_text(languages)) AS languages, color, facility_id, appointment_minutes,
         buffer_before, buffer_after, minimum_notice, horizon_days, active, created_at, updated_at, deleted_at, version"
    };
}

/// An order and where its page begins.
macro_rules! order {
    (first, $key:literal, $direction:literal) => {
        concat!(" AND $7::text IS NULL AND $8::uuid IS NULL ORDER BY ", $key, " ", $direction, ", id ", $direction)
    };
    (after, $key:literal, $type:literal, $operator:literal, $direction:literal) => {
        concat!(
            " AND (",
            $key,
            ", id) ",
            $operator,
            " ($7::text::",
            $type,
            ", $8::uuid) ORDER BY ",
            $key,
            " ",
            $direction,
            ", id ",
            $direction
        )
    };
}

sql! { Clinic;
    /// A page of practitioners: by order with its beginning, and size. A clinic has dozens, so that filters need no index of their own.
    pub(super) LIST by Role::ALL;
        (concat!("WITH page AS MATERIALIZED (SELECT ", columns!(), " FROM practitioners p
                   WHERE company_id = $1 AND (deleted_at IS NOT NULL) = $2::bool
                     AND ($3::bool IS NULL OR active = $3)
                     AND ($4::text IS NULL OR EXISTS (SELECT FROM unnest(specialities) s WHERE lower(s) = lower($4)))
                     AND ($5::uuid IS NULL OR facility_id = $5)
                     AND ($6::uuid IS NULL OR EXISTS (SELECT FROM practitioner_services o
                          WHERE o.company_id = $1 AND o.practitioner_id = p.id AND o.service_id = $6))")),
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
        // $9: the rows of the page.
        (seen!("practitioners", 9));
    /// One practitioner, and the audit row of their being read.
    pub(super) FIND by Role::ALL;
        (concat!("SELECT ", columns!(), ", app.record_access('read', 'practitioners', ARRAY[id], '{}')
                    FROM practitioners WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL"));
    /// One practitioner, held until the transaction ends.
    pub(super) FIND_FOR_UPDATE by WRITERS;
        (concat!("SELECT ", columns!(), " FROM practitioners WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE"));
    /// The facility to work at: not archived meanwhile. Not all who write here may change facilities, and so lock one.
    pub(super) HOLD_FACILITY by WRITERS;
        "SELECT held FROM app.hold_facility($2) AS held WHERE held IS NOT NULL AND app.clinic_id() = $1";
    /// A new practitioner; `$21`: whose account it is.
    pub(super) INSERT by MAKERS;
        (concat!(
            "INSERT INTO practitioners (company_id, id, title, first_name, last_name, specialities, registration_number,
                                        registration_until, email, phone, languages, color, facility_id, appointment_minutes,
                                        buffer_before, buffer_after, minimum_notice, horizon_days, active, sort_name, user_id)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, to_jsonb($11::text[]), $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
             RETURNING ", columns!()
        ));
    /// Everything that a client may change. Whose account it is may be changed by admins and managers; the others leave it out.
    pub(super) UPDATE by WRITERS;
        "UPDATE practitioners
            SET title = $3, first_name = $4, last_name = $5, specialities = $6, registration_number = $7, registration_until = $8,
                email = $9, phone = $10, languages = to_jsonb($11::text[]), color = $12, facility_id = $13,
                appointment_minutes = $14, buffer_before = $15, buffer_after = $16, minimum_notice = $17, horizon_days = $18,
                active = $19, sort_name = $20",
        [", user_id = $21 WHERE", " WHERE $21::uuid IS NULL AND"],
        (concat!(" company_id = $1 AND id = $2 RETURNING ", columns!()));
    /// Archives a practitioner: what they did stays theirs.
    pub(super) ARCHIVE by DELETERS;
        "UPDATE practitioners SET deleted_at = now() WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL RETURNING version - 1";
    /// Whether somebody still expects to be seen by them.
    pub(super) EXPECTED by DELETERS;
        "SELECT FROM appointments
          WHERE company_id = $1 AND practitioner_id = $2 AND ends_at > now() AND deleted_at IS NULL
            AND status IN ('scheduled', 'confirmed', 'checked_in') LIMIT 1";
    /// Brings an archived practitioner back.
    pub(super) RESTORE by DELETERS;
        (concat!(
            "UPDATE practitioners SET deleted_at = NULL WHERE company_id = $1 AND id = $2 AND deleted_at IS NOT NULL
             RETURNING ", columns!()
        ));
}
