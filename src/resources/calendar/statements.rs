//! The SQL of the calendar. `$1` is the clinic's id.

use crate::ids::Role;
use crate::sql;

sql! { Clinic;
    /// Everything between two days, in the clinic's zone: a row without an id, which says what lies around, and one an appointment. By
    /// practitioner, facility and room. No appointment lasts longer than 24 hours, so that `starts_at` alone bounds what an index finds.
    pub(super) RANGE by Role::ALL;
        "WITH clinic AS MATERIALIZED (
             SELECT d.*, d.first_day::timestamp AT TIME ZONE time_zone AS since, (d.last_day + 1)::timestamp AT TIME ZONE time_zone AS until
               FROM (SELECT time_zone, country, holiday_subdivision, closed_on_holidays,
                            coalesce($2::date, (now() AT TIME ZONE time_zone)::date)     AS first_day,
                            coalesce($3::date, (now() AT TIME ZONE time_zone)::date + 6) AS last_day
                       FROM clinic_settings WHERE company_id = $1) d
         ), page AS MATERIALIZED (
             SELECT a.id, a.patient_id, concat_ws(' ', t.first_name, t.last_name) AS patient_name, a.practitioner_id,
                    concat_ws(' ', p.title, p.first_name, p.last_name) AS practitioner_name, a.facility_id, a.room_id,
                    r.name AS room_name, a.service_id, v.name AS service_name, a.series_id, a.starts_at, a.ends_at, a.status, a.overbook,
                    a.version
               FROM appointments a
               JOIN patients t               ON t.company_id = a.company_id AND t.id = a.patient_id
               JOIN practitioners p          ON p.company_id = a.company_id AND p.id = a.practitioner_id
               LEFT JOIN rooms r             ON r.company_id = a.company_id AND r.id = a.room_id
               LEFT JOIN products_services v ON v.company_id = a.company_id AND v.id = a.service_id
              WHERE a.company_id = $1 AND a.deleted_at IS NULL
                AND a.starts_at > (SELECT since FROM clinic) - interval '24 hours' AND a.starts_at < (SELECT until FROM clinic)
                AND a.ends_at > (SELECT since FROM clinic)",
        [" AND $4::uuid IS NULL", " AND a.practitioner_id = $4::uuid"],
        [" AND $5::uuid IS NULL", " AND a.facility_id = $5::uuid"],
        [" AND $6::uuid IS NULL", " AND a.room_id = $6::uuid"],
        " ORDER BY a.starts_at, a.id LIMIT 5001
         ), seen AS MATERIALIZED (
             SELECT app.record_access('list', 'appointments', ARRAY(SELECT id FROM page LIMIT 5000),
                                      ARRAY(SELECT DISTINCT patient_id FROM page LIMIT 5000))
         ), around AS MATERIALIZED (
             SELECT c.first_day, c.last_day, c.time_zone, c.country, c.holiday_subdivision, c.closed_on_holidays,
                    (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                'id', h.id, 'practitionerId', h.practitioner_id, 'kind', h.kind, 'facilityId', h.facility_id,
                                'validFrom', h.valid_from, 'validUntil', h.valid_until, 'starts', to_char(h.starts, 'HH24:MI'),
                                'ends', to_char(h.ends, 'HH24:MI'), 'reason', h.reason) ORDER BY h.valid_from, h.id), '[]')
                       FROM practitioner_availability h
                       JOIN practitioners p ON p.company_id = h.company_id AND p.id = h.practitioner_id AND p.deleted_at IS NULL
                      WHERE h.company_id = $1 AND h.kind <> 'weekly' AND h.valid_until >= c.first_day AND h.valid_from <= c.last_day
                        AND ($4::uuid IS NULL OR h.practitioner_id = $4)
                        AND ($5::uuid IS NULL OR h.kind = 'absence' OR coalesce(h.facility_id, p.facility_id) = $5)) AS exceptions,
                    (SELECT coalesce(jsonb_agg(jsonb_build_object(
                                'id', l.id, 'kind', l.kind, 'facilityId', l.facility_id, 'startsOn', l.starts_on, 'endsOn', l.ends_on,
                                'reason', l.reason) ORDER BY l.starts_on, l.id), '[]')
                       FROM closures l
                      WHERE l.company_id = $1 AND l.deleted_at IS NULL AND l.starts_on <= c.last_day AND l.ends_on >= c.first_day
                        AND ($5::uuid IS NULL OR l.facility_id IS NULL OR l.facility_id = $5)) AS closures
               FROM seen, clinic c
         )
         SELECT around.*, page.* FROM around FULL JOIN page ON false ORDER BY page.starts_at NULLS FIRST, page.id";
}
