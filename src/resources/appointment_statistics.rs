//! What became of appointments: counted by state, practitioner, weekday and hour; above all, how many did not come.
//!
//! Counts name nobody: the audit row names the patient where one was asked for.

use poem::web::Data;
use poem_openapi::param::Query;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::Listed;
use crate::api::day::{self, Day};
use crate::auth::caller::Bearer;
use crate::clinic::Clinics;
use crate::error::Result;
use crate::ids::Role;
use crate::sql;
use crate::transaction;

/// Days that are counted at most: a year.
const DAYS: i64 = 366;

sql! { Clinic;
    /// Counts between two days, in the clinic's zone: of all, of each practitioner, of each hour of the week.
    COUNT by Role::ALL;
        "WITH clinic AS MATERIALIZED (
             SELECT d.*, d.first_day::timestamp AT TIME ZONE time_zone AS since, (d.last_day + 1)::timestamp AT TIME ZONE time_zone AS until
               FROM (SELECT time_zone,
                            coalesce($2::date, (now() AT TIME ZONE time_zone)::date - 89) AS first_day,
                            coalesce($3::date, (now() AT TIME ZONE time_zone)::date)      AS last_day
                       FROM clinic_settings WHERE company_id = $1) d
         ), asked AS MATERIALIZED (
             SELECT app.record_access('read', 'appointments', '{}', ARRAY(SELECT id FROM patients WHERE company_id = $1 AND id = $5::uuid))
         ), counted AS (
             SELECT practitioner_id, weekday, hour, grouping(practitioner_id) = 0 AS of_practitioner, grouping(hour) = 0 AS of_hour,
                    count(*)                                                                AS total,
                    count(*) FILTER (WHERE status = 'scheduled')                            AS scheduled,
                    count(*) FILTER (WHERE status = 'confirmed')                            AS confirmed,
                    count(*) FILTER (WHERE status = 'checked_in')                           AS checked_in,
                    count(*) FILTER (WHERE status = 'completed')                            AS completed,
                    count(*) FILTER (WHERE status = 'cancelled')                            AS cancelled,
                    count(*) FILTER (WHERE cancelled_for IN ('patient', 'patient_link'))    AS cancelled_by_patient,
                    count(*) FILTER (WHERE status = 'no_show')                              AS no_show
               FROM (SELECT a.practitioner_id, a.status, a.cancelled_for,
                            extract(isodow FROM a.starts_at AT TIME ZONE (SELECT time_zone FROM clinic))::int2 AS weekday,
                            extract(hour   FROM a.starts_at AT TIME ZONE (SELECT time_zone FROM clinic))::int2 AS hour
                       FROM appointments a
                      WHERE a.company_id = $1 AND a.deleted_at IS NULL
                        AND a.starts_at >= (SELECT since FROM clinic) AND a.starts_at < (SELECT until FROM clinic)",
        [" AND $4::uuid IS NULL", " AND a.practitioner_id = $4::uuid"],
        [" AND $5::uuid IS NULL", " AND a.patient_id = $5::uuid"],
        "            ) a
              GROUP BY GROUPING SETS ((), (practitioner_id), (weekday, hour))
         )
         SELECT c.first_day, c.last_day, c.time_zone, n.*, concat_ws(' ', p.title, p.first_name, p.last_name) AS practitioner_name
           FROM asked, clinic c, counted n LEFT JOIN practitioners p ON p.company_id = $1 AND p.id = n.practitioner_id
          ORDER BY of_practitioner OR of_hour, of_hour, p.sort_name, p.id, n.weekday, n.hour";
}

/// How many appointments there were, and what became of them.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct AppointmentCounts {
    /// All of them.
    pub total: i64,
    /// Made, and not heard of since.
    pub scheduled: i64,
    /// Confirmed, and not heard of since.
    pub confirmed: i64,
    /// The patient is there.
    pub checked_in: i64,
    /// Took place.
    pub completed: i64,
    /// Called off.
    pub cancelled: i64,
    /// Of these, by the patient.
    pub cancelled_by_patient: i64,
    /// The patient did not come.
    pub no_show: i64,
    /// `noShow` of all to whom the patient came or should have: of `checkedIn`, `completed` and `noShow`; from 0 to 1, and absent where
    /// there were none.
    #[oai(skip_serializing_if_is_none)]
    pub no_show_rate: Option<f64>,
}

/// Of one practitioner.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct PractitionerCounts {
    /// Who.
    pub practitioner_id: Uuid,
    /// Title, given and family name.
    pub practitioner_name: String,
    /// How many.
    pub counts: AppointmentCounts,
}

/// Of the appointments that began in one hour of the week.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase")]
pub struct HourCounts {
    /// 1 is Monday, 7 Sunday (ISO 8601).
    pub weekday: i16,
    /// 0 to 23, of the clinic's clock.
    pub hour: i16,
    /// How many.
    pub counts: AppointmentCounts,
}

/// What became of the appointments that began on some days.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Statistics {
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// The clinic's time zone, of which days and hours are; IANA.
    pub time_zone: String,
    /// Of all.
    pub total: AppointmentCounts,
    /// Of each practitioner who had some, by name.
    pub practitioners: Vec<PractitionerCounts>,
    /// Of each hour of the week that had some.
    pub hours: Vec<HourCounts>,
}

/// The operation that counts appointments.
#[derive(Clone, Copy, Debug)]
pub struct AppointmentStatistics;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Appointments")]
impl AppointmentStatistics {
    /// Count what became of appointments
    ///
    /// Of those that began on some days, a year at most: by state, with the rate of no-shows, for each practitioner and each hour of the
    /// week; of all, of one practitioner, of one patient.
    #[oai(path = "/appointments/statistics", method = "get", operation_id = "appointments_statistics")]
    async fn count(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        /// The first day; 89 days ago when both are absent.
        from: Query<Option<Day>>,
        /// The last day, at most 365 after the first; today when both are absent.
        to: Query<Option<Day>>,
        /// Only of this practitioner.
        #[oai(name = "practitionerId")]
        practitioner_id: Query<Option<Uuid>>,
        /// Only of this patient.
        #[oai(name = "patientId")]
        patient_id: Query<Option<Uuid>>,
    ) -> Result<Listed<Statistics>> {
        let (first, last) = day::range(from.0, to.0, DAYS)?.unzip();
        let statement = COUNT.pick(&[usize::from(practitioner_id.0.is_some()), usize::from(patient_id.0.is_some())]);
        let statistics = transaction!(clinics.read(&bearer.0), |tx| {
            let rows = tx.all(statement.clone(), &[&first, &last, &practitioner_id.0, &patient_id.0]).await?;
            Ok(Statistics::of(&rows)?)
        })?;
        Ok(Listed(statistics))
    }
}

impl AppointmentCounts {
    fn of(row: &Row) -> Result<Self, tokio_postgres::Error> {
        let (came, no_show) =
            (row.try_get::<_, i64>("checked_in")? + row.try_get::<_, i64>("completed")?, row.try_get("no_show")?);
        Ok(Self {
            total: row.try_get("total")?,
            scheduled: row.try_get("scheduled")?,
            confirmed: row.try_get("confirmed")?,
            checked_in: row.try_get("checked_in")?,
            completed: row.try_get("completed")?,
            cancelled: row.try_get("cancelled")?,
            cancelled_by_patient: row.try_get("cancelled_by_patient")?,
            no_show,
            no_show_rate: rate(no_show, came + no_show),
        })
    }
}

/// A part of a whole, to four digits.
#[expect(clippy::cast_precision_loss, reason = "appointments of a year are few")]
fn rate(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| (part as f64 / whole as f64 * 10_000.0).round() / 10_000.0)
}

impl Statistics {
    /// Of the statement's rows: the first counts all.
    fn of(rows: &[Row]) -> Result<Self, tokio_postgres::Error> {
        let all = &rows[0];
        let (mut practitioners, mut hours) = (Vec::new(), Vec::new());
        for row in rows {
            let counts = AppointmentCounts::of(row)?;
            if row.try_get("of_practitioner")? {
                let (practitioner_id, practitioner_name) =
                    (row.try_get("practitioner_id")?, row.try_get("practitioner_name")?);
                practitioners.push(PractitionerCounts { practitioner_id, practitioner_name, counts });
            } else if row.try_get("of_hour")? {
                hours.push(HourCounts { weekday: row.try_get("weekday")?, hour: row.try_get("hour")?, counts });
            }
        }
        Ok(Self {
            from: all.try_get("first_day")?,
            to: all.try_get("last_day")?,
            time_zone: all.try_get("time_zone")?,
            total: AppointmentCounts::of(all)?,
            practitioners,
            hours,
        })
    }
}

impl Example for Statistics {
    fn example() -> Self {
        let counts = || AppointmentCounts {
            total: 60,
            scheduled: 2,
            confirmed: 1,
            checked_in: 0,
            completed: 45,
            cancelled: 7,
            cancelled_by_patient: 5,
            no_show: 5,
            no_show_rate: rate(5, 50),
        };
        let day = |text: &str| text.parse().unwrap_or(Day(chrono::NaiveDate::MIN));
        Self {
            from: day("2026-01-01"),
            to: day("2026-01-31"),
            time_zone: "Europe/Paris".to_owned(),
            total: counts(),
            practitioners: vec![PractitionerCounts {
                practitioner_id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0007),
                practitioner_name: "Dr Jo Martin".to_owned(),
                counts: counts(),
            }],
            hours: vec![HourCounts { weekday: 1, hour: 9, counts: counts() }],
        }
    }
}
