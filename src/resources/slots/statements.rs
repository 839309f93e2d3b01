//! The SQL of slots and holds. `$1` is always the clinic's id.

use crate::ids::Role;
use crate::sql;

const WRITERS: [Role; 5] = [Role::Admin, Role::Manager, Role::Practitioner, Role::Nurse, Role::Secretary];

/// Everything that slots are computed from, a row a practitioner of `wanted`: the clinic's rules, hours, and what is booked and held.
/// `$2` and `$3` are the first and the last day, `$4` and `$5` the instants between which bookings begin that matter.
macro_rules! known {
    () => {
        ", clinic AS MATERIALIZED (
             SELECT s.time_zone, s.country, s.holiday_subdivision, s.closed_on_holidays, s.opening_hours,
                    (SELECT jsonb_object_agg(f.id, f.opening_hours)
                       FROM medical_facilities f WHERE f.company_id = $1 AND f.active AND f.deleted_at IS NULL) AS facilities,
                    (SELECT jsonb_agg(jsonb_build_object('facility', c.facility_id, 'open', c.kind = 'open',
                                                         'from', c.starts_on, 'until', c.ends_on))
                       FROM closures c
                      WHERE c.company_id = $1 AND c.starts_on <= $3 AND c.ends_on >= $2 AND c.deleted_at IS NULL) AS closures
               FROM clinic_settings s WHERE s.company_id = $1
         ), known AS MATERIALIZED (
             SELECT w.*, clinic.*,
                    (SELECT jsonb_agg(jsonb_build_object('kind', v.kind, 'facility', v.facility_id, 'weekday', v.weekday,
                                                         'interval', v.interval_weeks, 'from', v.valid_from, 'until', v.valid_until,
                                                         'starts', v.starts, 'ends', v.ends))
                       FROM practitioner_availability v
                      WHERE v.company_id = $1 AND v.practitioner_id = w.id
                        AND (v.valid_from IS NULL OR v.valid_from <= $3) AND (v.valid_until IS NULL OR v.valid_until >= $2)) AS hours,
                    ARRAY(SELECT unnest(ARRAY[a.starts_at, a.ends_at])
                            FROM appointments a
                           WHERE a.company_id = $1 AND a.practitioner_id = w.id AND a.starts_at >= $4 AND a.starts_at < $5
                             AND a.status IN ('scheduled', 'confirmed', 'checked_in') AND a.deleted_at IS NULL)
                    || ARRAY(SELECT unnest(ARRAY[h.starts_at, h.ends_at])
                               FROM slot_holds h
                              WHERE h.company_id = $1 AND h.practitioner_id = w.id AND h.starts_at >= $4 AND h.starts_at < $5
                                AND h.expires_at > now()) AS busy
               FROM wanted w CROSS JOIN clinic
         )"
    };
}

/// A practitioner's own rules.
macro_rules! rules {
    () => {
        "p.id, p.facility_id, p.buffer_before, p.buffer_after, p.minimum_notice, p.horizon_days, p.registration_until, p.active"
    };
}

/// No patient is named: what is on record is that somebody looked.
macro_rules! looked {
    () => {
        "app.record_access('list', 'slots', '{}', '{}')"
    };
}

sql! { Clinic;
    /// One practitioner's.
    pub(super) FIND by Role::ALL;
        (concat!(
            "WITH wanted AS MATERIALIZED (
                 SELECT ", rules!(), ", p.appointment_minutes AS minutes, NULL::date AS service_from, NULL::date AS service_until
                   FROM practitioners p WHERE p.company_id = $1 AND p.id = $6 AND p.deleted_at IS NULL)",
            known!(),
            "SELECT known.*, now() AS at, ", looked!(), " FROM known"
        ));
    /// Those of everybody who can be booked: by service, practitioner and speciality.
    pub(super) LIST by Role::ALL;
        (concat!("WITH wanted AS MATERIALIZED (SELECT ", rules!())),
        [
            ", p.appointment_minutes AS minutes, NULL::date AS service_from, NULL::date AS service_until
               FROM practitioners p
              WHERE $8::uuid IS NULL",
            ", COALESCE(o.duration_minutes, s.duration_minutes, p.appointment_minutes) AS minutes,
               s.available_from AS service_from, s.available_until AS service_until
               FROM practitioner_services o
               JOIN products_services s ON s.company_id = o.company_id AND s.id = o.service_id
               JOIN practitioners p     ON p.company_id = o.company_id AND p.id = o.practitioner_id
              WHERE o.company_id = $1 AND o.service_id = $8::uuid AND s.active AND s.deleted_at IS NULL",
        ],
        [" AND $6::uuid IS NULL", " AND p.id = $6::uuid"],
        [" AND $7::text IS NULL", " AND EXISTS (SELECT FROM unnest(p.specialities) t WHERE lower(t) = lower($7::text))"],
        (concat!(
            " AND p.company_id = $1 AND p.active AND p.deleted_at IS NULL)",
            known!(),
            ", seen AS MATERIALIZED (SELECT ", looked!(), ") SELECT known.*, now() AS at FROM seen LEFT JOIN known ON true"
        ));
    /// Takes away what is not held any more.
    pub(super) CLEAR by WRITERS;
        "DELETE FROM slot_holds WHERE company_id = $1 AND expires_at <= now()";
    /// What a hold depends on: whether the practitioner is booked at all, and how many slots this person holds.
    pub(super) ROOM by WRITERS;
        "SELECT now() AS at,
                (SELECT p.active FROM practitioners p WHERE p.company_id = $1 AND p.id = $2 AND p.deleted_at IS NULL) AS active,
                (SELECT count(*) FROM slot_holds h
                  WHERE h.company_id = $1 AND h.user_id = (SELECT app.user_id()) AND h.expires_at > now()) AS held
          WHERE app.clinic_id() = $1";
    /// Holds a time for as long as the clinic says.
    pub(super) HOLD by WRITERS;
        "INSERT INTO slot_holds (company_id, id, practitioner_id, starts_at, ends_at, token_hash, expires_at)
         SELECT $1, $2, $3, $4, $5, $6, now() + make_interval(mins => s.hold_minutes) FROM clinic_settings s WHERE s.company_id = $1
         RETURNING expires_at";
    /// Releases what this person holds.
    pub(super) RELEASE by WRITERS;
        "DELETE FROM slot_holds WHERE company_id = $1 AND id = $2 AND user_id = (SELECT app.user_id()) AND expires_at > now()
         RETURNING id";
}
