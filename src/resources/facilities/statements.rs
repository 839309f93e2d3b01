//! The SQL of facilities. `$1` is always the clinic's id.

use crate::api::list::{LIMITS, order, seen};
use crate::ids::Role;
use crate::sql;

const WRITERS: [Role; 2] = [Role::Admin, Role::Manager];

macro_rules! columns {
    () => {
        "id, name, address_line1, address_line2, postal_code, city, country, phone, email, opening_hours, active, created_at,
         updated_at, deleted_at, version"
    };
}

sql! { Clinic;
    /// A page of facilities, and the audit row of their being seen: by archive, order with its beginning, and size.
    pub(super) LIST by Role::ALL;
        (concat!("WITH page AS MATERIALIZED (SELECT ", columns!(), " FROM medical_facilities WHERE company_id = $1")),
        [" AND deleted_at IS NULL", " AND deleted_at IS NOT NULL"],
        [
            order!(2, 3; first, "name", "ASC"),
            order!(2, 3; after, "name", "text", ">", "ASC"),
            order!(2, 3; first, "name", "DESC"),
            order!(2, 3; after, "name", "text", "<", "DESC"),
        ],
        " LIMIT ",
        [LIMITS[0], LIMITS[1], LIMITS[2], LIMITS[3], LIMITS[4]],
        // $4: the rows of the page.
        (seen!("medical_facilities", 4));
    /// One facility, and the audit row of its being read.
    pub(super) FIND by Role::ALL;
        (concat!("SELECT ", columns!(), ", app.record_access('read', 'medical_facilities', ARRAY[id], '{}')
                    FROM medical_facilities WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL"));
    /// One facility, held until the transaction ends.
    pub(super) FIND_FOR_UPDATE by WRITERS;
        (concat!("SELECT ", columns!(), " FROM medical_facilities
                   WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL FOR UPDATE"));
    /// A new facility.
    pub(super) INSERT by WRITERS;
        (concat!(
            "INSERT INTO medical_facilities (company_id, id, name, address_line1, address_line2, postal_code, city, country, phone,
                                             email, opening_hours, active)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
             RETURNING ", columns!()
        ));
    /// Everything that a client may change.
    pub(super) UPDATE by WRITERS;
        (concat!(
            "UPDATE medical_facilities
                SET name = $3, address_line1 = $4, address_line2 = $5, postal_code = $6, city = $7, country = $8, phone = $9,
                    email = $10, opening_hours = $11, active = $12
              WHERE company_id = $1 AND id = $2
             RETURNING ", columns!()
        ));
    /// Archives a facility: appointments that were go on naming it.
    pub(super) ARCHIVE by WRITERS;
        "UPDATE medical_facilities SET deleted_at = now() WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL
         RETURNING version - 1";
    /// What needs a facility still.
    pub(super) NEEDED by WRITERS;
        "SELECT EXISTS (SELECT FROM appointments
                         WHERE company_id = $1 AND facility_id = $2 AND ends_at > now() AND deleted_at IS NULL
                           AND status IN ('scheduled', 'confirmed', 'checked_in')) AS appointments,
                EXISTS (SELECT FROM practitioner_availability
                         WHERE company_id = $1 AND facility_id = $2 AND coalesce(valid_until, current_date) >= current_date) AS hours,
                EXISTS (SELECT FROM practitioners WHERE company_id = $1 AND facility_id = $2 AND deleted_at IS NULL) AS practitioners,
                EXISTS (SELECT FROM rooms WHERE company_id = $1 AND facility_id = $2 AND deleted_at IS NULL) AS rooms";
    /// Brings an archived facility back.
    pub(super) RESTORE by WRITERS;
        (concat!(
            "UPDATE medical_facilities SET deleted_at = NULL WHERE company_id = $1 AND id = $2 AND deleted_at IS NOT NULL
             RETURNING ", columns!()
        ));
}
