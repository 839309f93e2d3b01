//! The SQL of series. `$1` is always the clinic's id.

use super::{WRITERS, columns};
use crate::ids::Role;
use crate::sql;

macro_rules! series {
    () => {
        "s.id, s.patient_id, s.practitioner_id, s.first_on, s.until_on AS until, s.interval_weeks::int4 AS interval_weeks, s.starts,
         s.minutes::int4 AS minutes, s.created_by, s.created_at, s.updated_at, s.version"
    };
}

/// Those of a series that are still to come.
macro_rules! to_come {
    () => {
        " WHERE a.company_id = $1 AND a.series_id = $2 AND a.occurrence_on >= $3 AND a.starts_at > now()
            AND a.status IN ('scheduled', 'confirmed') AND a.deleted_at IS NULL"
    };
}

/// What takes an occurrence's time, but for those that are moved away from it.
macro_rules! taken {
    ($code:literal, $of:literal) => {
        concat!(
            "SELECT '",
            $code,
            "' AS code FROM appointments a
              WHERE a.company_id = $1 AND ",
            $of,
            " AND a.starts_at > o.starts_at - interval '24 hours' AND a.starts_at < o.ends_at AND a.ends_at > o.starts_at
                AND a.status IN ('scheduled', 'confirmed', 'checked_in') AND a.deleted_at IS NULL AND a.id <> ALL ($8::uuid[])"
        )
    };
}

sql! { Clinic;
    /// Where the clinic's clock hangs.
    pub(super) ZONE by WRITERS;
        "SELECT time_zone FROM clinic_settings WHERE company_id = $1";
    /// A new series.
    pub(super) INSERT by WRITERS;
        (concat!(
            "INSERT INTO appointment_series AS s (company_id, id, patient_id, practitioner_id, first_on, until_on, interval_weeks, starts, minutes)
             VALUES ($1, $2, $3, $4, $5, $6, $7::int4, $8, $9::int4) RETURNING ", series!()
        ));
    /// Its appointments, all at once.
    pub(super) INSERT_OCCURRENCES by WRITERS;
        "INSERT INTO appointments (company_id, id, series_id, patient_id, practitioner_id, facility_id, room_id, service_id, reason, notes,
                                   occurrence_on, starts_at, ends_at)
         SELECT $1, o.id, $2, $3, $4, $5, $6, $7, $8, $9, o.day, o.starts_at, o.ends_at
           FROM unnest($10::uuid[], $11::date[], $12::timestamptz[], $13::timestamptz[]) AS o (id, day, starts_at, ends_at)";
    /// One series, and the audit row of its being read.
    pub(super) FIND by Role::ALL;
        (concat!("SELECT ", series!(), ", app.record_access('read', 'appointment_series', ARRAY[s.id], ARRAY[s.patient_id])
                    FROM appointment_series s WHERE s.company_id = $1 AND s.id = $2"));
    /// One series, held until the transaction ends, and before it its patient, as for each appointment.
    pub(super) FIND_FOR_UPDATE by WRITERS;
        (concat!("SELECT ", series!(), " FROM appointment_series s JOIN patients o ON o.company_id = s.company_id AND o.id = s.patient_id
                   WHERE s.company_id = $1 AND s.id = $2 FOR NO KEY UPDATE OF o, s"));
    /// What belongs to it.
    pub(super) OCCURRENCES by Role::ALL;
        (concat!("SELECT ", columns!(), " FROM appointments a WHERE a.company_id = $1 AND a.series_id = $2 AND a.deleted_at IS NULL
                   ORDER BY a.occurrence_on, a.id"));
    /// What is to come of it and moves with it, held.
    pub(super) MOVABLE by WRITERS;
        (concat!("SELECT ", columns!(), " FROM appointments a", to_come!(), " AND NOT a.detached
                   ORDER BY a.occurrence_on, a.id FOR NO KEY UPDATE OF a"));
    /// Takes a practitioner's time and a room, one series or booking after another, before it is asked what is free.
    pub(super) LOCK by WRITERS;
        "SELECT app.lock_calendar($2), app.lock_room($3) WHERE app.clinic_id() = $1";
    /// The days whose time is taken, and by what.
    pub(super) COLLISIONS by WRITERS;
        (concat!(
            "SELECT DISTINCT o.day, t.code
               FROM unnest($3::date[], $4::timestamptz[], $5::timestamptz[], $6::uuid[], $7::uuid[])
                    AS o (day, starts_at, ends_at, practitioner_id, room_id),
                    LATERAL (", taken!("practitioner_busy", "a.practitioner_id = o.practitioner_id"),
            " UNION ALL ", taken!("patient_busy", "a.patient_id = $2"),
            " UNION ALL ", taken!("room_busy", "a.room_id = o.room_id AND NOT a.overbook"),
            " UNION ALL
              SELECT 'slot_held' FROM slot_holds h
               WHERE h.company_id = $1 AND h.practitioner_id = o.practitioner_id AND h.starts_at > o.starts_at - interval '24 hours'
                 AND h.starts_at < o.ends_at AND h.ends_at > o.starts_at AND h.expires_at > now()) AS t
              ORDER BY o.day, t.code"
        ));
    /// Moves occurrences, each to its own time.
    pub(super) MOVE by WRITERS;
        "UPDATE appointments AS a
            SET practitioner_id = o.practitioner_id, facility_id = o.facility_id, room_id = o.room_id, starts_at = o.starts_at, ends_at = o.ends_at
           FROM unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[], $5::uuid[], $6::uuid[], $7::uuid[])
                AS o (id, starts_at, ends_at, practitioner_id, facility_id, room_id)
          WHERE a.company_id = $1 AND a.id = o.id";
    /// The rule by which what is to come was moved.
    pub(super) UPDATE by WRITERS;
        (concat!(
            "UPDATE appointment_series AS s SET practitioner_id = $3, starts = $4, minutes = $5::int4
              WHERE s.company_id = $1 AND s.id = $2 RETURNING ", series!()
        ));
    /// Calls off what is to come.
    pub(super) CANCEL by WRITERS;
        (concat!("UPDATE appointments AS a SET status = 'cancelled', cancelled_for = $4, cancellation_reason = $5", to_come!(),
                 " RETURNING ", columns!()));
}
