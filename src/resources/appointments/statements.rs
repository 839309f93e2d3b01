//! The SQL of appointments. `$1` is always the clinic's id.

use crate::api::list::{LIMITS, seen};
use crate::ids::Role;
use crate::sql;

pub(super) const WRITERS: [Role; 5] = [Role::Admin, Role::Manager, Role::Practitioner, Role::Nurse, Role::Secretary];
const DELETERS: [Role; 4] = [Role::Admin, Role::Manager, Role::Practitioner, Role::Secretary];
const OVERBOOKERS: [Role; 3] = [Role::Admin, Role::Manager, Role::Practitioner];

/// Of `appointments a`. Whose it is and with whom is what a front desk needs to know of it.
macro_rules! columns {
    () => {
        "a.id, a.patient_id,
         (SELECT concat_ws(' ', t.first_name, t.last_name) FROM patients t
           WHERE t.company_id = a.company_id AND t.id = a.patient_id) AS patient_name,
         a.practitioner_id,
         (SELECT concat_ws(' ', p.title, p.first_name, p.last_name) FROM practitioners p
           WHERE p.company_id = a.company_id AND p.id = a.practitioner_id) AS practitioner_name,
         a.facility_id, a.room_id, a.service_id, a.series_id, a.occurrence_on, a.detached, a.starts_at, a.ends_at,
         (extract(epoch FROM a.ends_at - a.starts_at) / 60)::int4 AS minutes, a.status, a.overbook, a.reason, a.notes, a.cancelled_for,
         a.cancellation_reason, a.confirmed_at, a.checked_in_at, a.completed_at, a.cancelled_at, a.cancelled_by, a.no_show_at,
         a.created_by, a.created_at, a.updated_at, a.deleted_at, a.version"
    };
}
pub(super) use columns;

/// A filter that an index leads with, and one of what it found.
macro_rules! only {
    ($column:literal, $n:literal) => {
        concat!(" AND a.", $column, " = $", $n, "::uuid")
    };
}
macro_rules! also {
    ($column:literal, $n:literal) => {
        concat!(" AND ($", $n, "::uuid IS NULL OR a.", $column, " = $", $n, ")")
    };
}

/// An order and where its page begins.
macro_rules! order {
    (first, $key:literal, $direction:literal) => {
        concat!(" AND $9::text IS NULL AND $10::uuid IS NULL ORDER BY a.", $key, " ", $direction, ", a.id ", $direction)
    };
    (after, $key:literal, $operator:literal, $direction:literal) => {
        concat!(
            " AND (a.",
            $key,
            ", a.id) ",
            $operator,
            " ($9::text::timestamptz, $10::uuid) ORDER BY a.",
            $key,
            " ",
            $direction,
            ", a.id ",
            $direction
        )
    };
}

/// What a client may change, with what else is set.
macro_rules! update {
    ($more:literal) => {
        concat!(
            "UPDATE appointments AS a
                SET practitioner_id = $3, facility_id = $4, room_id = $5, service_id = $6, starts_at = $7::timestamptz,
                    ends_at = $7::timestamptz + make_interval(mins => $8), reason = $9, notes = $10, detached = $11",
            $more,
            " WHERE a.company_id = $1 AND a.id = $2 RETURNING ",
            columns!()
        )
    };
}

sql! { Clinic;
    /// A page of appointments, and the audit row of their being seen: by archive, what an index leads with, order with its beginning, and size.
    /// From the beginning of one day to the end of another, as the clinic's clock shows them.
    pub(super) LIST by Role::ALL;
        (concat!(
            "WITH page AS MATERIALIZED (SELECT ", columns!(), " FROM appointments a WHERE a.company_id = $1
                AND a.starts_at >= (SELECT coalesce($2::date::timestamp AT TIME ZONE s.time_zone, '-infinity')
                                      FROM clinic_settings s WHERE s.company_id = $1)
                AND a.starts_at <  (SELECT coalesce(($3::date + 1)::timestamp AT TIME ZONE s.time_zone, 'infinity')
                                      FROM clinic_settings s WHERE s.company_id = $1)
                AND ($8::text IS NULL OR a.status = $8)"
        )),
        [" AND a.deleted_at IS NULL", " AND a.deleted_at IS NOT NULL"],
        [
            concat!(also!("practitioner_id", "4"), also!("patient_id", "5"), also!("room_id", "6"), also!("facility_id", "7")),
            concat!(only!("patient_id", "5"), also!("practitioner_id", "4"), also!("room_id", "6"), also!("facility_id", "7")),
            concat!(only!("practitioner_id", "4"), also!("patient_id", "5"), also!("room_id", "6"), also!("facility_id", "7")),
            concat!(only!("room_id", "6"), also!("practitioner_id", "4"), also!("patient_id", "5"), also!("facility_id", "7")),
            concat!(only!("facility_id", "7"), also!("practitioner_id", "4"), also!("patient_id", "5"), also!("room_id", "6")),
        ],
        [
            order!(first, "starts_at", "ASC"),
            order!(after, "starts_at", ">", "ASC"),
            order!(first, "starts_at", "DESC"),
            order!(after, "starts_at", "<", "DESC"),
            order!(first, "created_at", "ASC"),
            order!(after, "created_at", ">", "ASC"),
            order!(first, "created_at", "DESC"),
            order!(after, "created_at", "<", "DESC"),
        ],
        " LIMIT ",
        [LIMITS[0], LIMITS[1], LIMITS[2], LIMITS[3], LIMITS[4]],
        // $11: the rows of the page.
        (seen!("appointments", "patient_id", 11));
    /// One appointment, and the audit row of its being read.
    pub(super) FIND by Role::ALL;
        (concat!("SELECT ", columns!(), ", app.record_access('read', 'appointments', ARRAY[a.id], ARRAY[a.patient_id])
                    FROM appointments a WHERE a.company_id = $1 AND a.id = $2 AND a.deleted_at IS NULL"));
    /// One appointment, held until the transaction ends, and before it its patient, who is in one place at a time.
    pub(super) FIND_FOR_UPDATE by WRITERS;
        (concat!("SELECT ", columns!(), " FROM appointments a JOIN patients o ON o.company_id = a.company_id AND o.id = a.patient_id
                   WHERE a.company_id = $1 AND a.id = $2")),
        [" AND a.deleted_at IS NULL", " AND a.deleted_at IS NOT NULL"],
        " FOR NO KEY UPDATE OF o, a";
    /// What an appointment refers to, as far as it is there, and what the clinic lays down. The patient is held: they can be neither
    /// archived nor booked elsewhere meanwhile.
    pub(super) TERMS by WRITERS;
        "WITH patient AS (
             SELECT email IS NOT NULL AS reachable FROM patients WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL FOR NO KEY UPDATE)
         SELECT t.reachable, p.active AS practitioner, p.registration_until, f.active AS facility, f.id AS facility_id,
                r.active AS room, r.facility_id AS room_facility, v.active AS service, v.available_from, v.available_until,
                coalesce(o.duration_minutes, v.duration_minutes, p.appointment_minutes)::int4 AS minutes, s.time_zone, s.confirmation_mails,
                s.reminder_hours::int4 AS reminder_hours
           FROM clinic_settings s
           LEFT JOIN patient t               ON true
           LEFT JOIN practitioners p         ON p.company_id = $1 AND p.id = $3 AND p.deleted_at IS NULL
           LEFT JOIN rooms r                 ON r.company_id = $1 AND r.id = $5 AND r.deleted_at IS NULL
           LEFT JOIN medical_facilities f    ON f.company_id = $1 AND f.id = coalesce($4, r.facility_id) AND f.deleted_at IS NULL
           LEFT JOIN products_services v     ON v.company_id = $1 AND v.id = $6 AND v.kind = 'service' AND v.deleted_at IS NULL
           LEFT JOIN practitioner_services o ON o.company_id = $1 AND o.practitioner_id = $3 AND o.service_id = $6
          WHERE s.company_id = $1";
    /// Gives up the hold that has kept this time, as its token shows.
    pub(super) RELEASE by WRITERS;
        "DELETE FROM slot_holds
          WHERE company_id = $1 AND practitioner_id = $2 AND token_hash = $3 AND expires_at > now()
            AND starts_at <= $4::timestamptz AND ends_at >= $4::timestamptz + make_interval(mins => $5)
         RETURNING true";
    /// A new appointment.
    pub(super) INSERT by WRITERS;
        (concat!(
            "INSERT INTO appointments AS a (company_id, id, practitioner_id, facility_id, room_id, service_id, starts_at, ends_at, reason,
                                            notes, patient_id, overbook, status)
             VALUES ($1, $2, $3, $4, $5, $6, $7::timestamptz, $7::timestamptz + make_interval(mins => $8), $9, $10, $11, $12, $13)
             RETURNING ", columns!()
        ));
    /// Everything that whoever writes may change.
    pub(super) UPDATE by WRITERS;
        (update!(""));
    /// And whether it may lie beside another one, which is for those who answer for it.
    pub(super) UPDATE_OVERBOOK by OVERBOOKERS;
        (update!(", overbook = $12"));
    /// A step on its path, which says who may take it and from where.
    pub(super) STEP by WRITERS;
        (concat!("UPDATE appointments AS a SET status = $3 WHERE a.company_id = $1 AND a.id = $2 RETURNING ", columns!()));
    /// The step that says why.
    pub(super) CANCEL by WRITERS;
        (concat!("UPDATE appointments AS a SET status = 'cancelled', cancelled_for = $3, cancellation_reason = $4
                   WHERE a.company_id = $1 AND a.id = $2 RETURNING ", columns!()));
    /// Deletes an appointment that was entered by mistake: it keeps no time any more, and its row stays.
    pub(super) ARCHIVE by DELETERS;
        "UPDATE appointments SET deleted_at = now() WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL RETURNING version - 1";
    /// Brings a deleted appointment back, if its time is free.
    pub(super) RESTORE by DELETERS;
        (concat!("UPDATE appointments AS a SET deleted_at = NULL WHERE a.company_id = $1 AND a.id = $2 RETURNING ", columns!()));
    /// What the clinic tells patients by mail of their appointments.
    pub(super) RULES by WRITERS;
        "SELECT s.confirmation_mails, s.reminder_hours::int4 AS reminder_hours,
                EXISTS (SELECT FROM patients t WHERE t.company_id = $1 AND t.id = $2 AND t.email IS NOT NULL AND t.deleted_at IS NULL) AS reachable
           FROM clinic_settings s WHERE s.company_id = $1";
    /// By which a patient answers a mail.
    pub(super) LINK by WRITERS;
        "INSERT INTO appointment_links (company_id, id, appointment_id, starts_at) VALUES ($1, $2, $3, $4)";
}
