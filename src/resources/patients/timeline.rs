//! What happened to a patient, newest first, as far as the caller's role reads it.
//!
//! Invariant: whoever may not read a kind of row is shown none of it, and whoever asks for it by name is refused, both by PostgreSQL: a
//! statement that reads a table without the right to is 42501, and row security (care teams) leaves out what is not theirs.

use chrono::{DateTime, Utc};
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::types::Example;
use poem_openapi::{Enum, Object, OpenApi};
use tokio_postgres::Row;
use uuid::Uuid;

use crate::api::Tag;
use crate::api::answer::Listed;
use crate::api::list::{After, Cursors, LIMITS, Limit, Page};
use crate::api::text::CursorText;
use crate::auth::caller::Bearer;
use crate::clinic::Clinics;
use crate::error::{ApiError, Result};
use crate::ids::Role;
use crate::{sql, transaction};

/// Who reads all kinds; the others run the variants of those that they read.
const CLINICAL: [Role; 3] = [Role::Admin, Role::Practitioner, Role::Nurse];

/// The newest rows of a table, of each of the patient's files. `at` is what its index is ordered by.
macro_rules! newest {
    ($kind:literal, $table:literal, $at:literal, $title:literal, $status:literal, $category:literal, $only:literal) => {
        concat!(
            " UNION ALL SELECT newest.* FROM files f, LATERAL (
                  SELECT '",
            $kind,
            "' AS kind, id, patient_id, ",
            $at,
            " AS at, ",
            $title,
            " AS title, ",
            $status,
            " AS status, ",
            $category,
            " AS category
                    FROM ",
            $table,
            "
                   WHERE company_id = $1 AND patient_id = f.id AND (",
            $at,
            ", id) < ($3::timestamptz, $4::uuid)",
            $only,
            "
                   ORDER BY ",
            $at,
            " DESC, id DESC LIMIT 201) newest"
        )
    };
}

sql! { Clinic;
    /// A page of what happened, and the audit row of its being seen: of which kinds, before what, and how much. A patient's files are
    /// their own and those that were found to be the same person's.
    TIMELINE by CLINICAL;
        "WITH RECURSIVE patient AS MATERIALIZED (
             SELECT id FROM patients WHERE company_id = $1 AND id = $2 AND deleted_at IS NULL
         ), files AS (
             SELECT id FROM patient
             UNION
             SELECT p.id FROM files f JOIN patients p ON p.company_id = $1 AND p.merged_into_id = f.id
         ), page AS MATERIALIZED (
             SELECT NULL::text AS kind, NULL::uuid AS id, NULL::uuid AS patient_id, NULL::timestamptz AS at, NULL::text AS title,
                    NULL::text AS status, NULL::text AS category
              WHERE $3::timestamptz IS NULL AND $4::uuid IS NULL",
        ["", newest!("appointment", "appointments", "starts_at", "reason", "status", "NULL", " AND deleted_at IS NULL")],
        ["", newest!("medical_record", "medical_records", "occurred_at", "title", "status", "kind", "")],
        // Its index is ordered by the day, which is the first moment of that day.
        ["", " UNION ALL SELECT newest.* FROM files f, LATERAL (
                  SELECT 'prescription' AS kind, id, patient_id, prescribed_on::timestamp AT TIME ZONE 'UTC' AS at, NULL AS title, status,
                         NULL AS category
                    FROM prescriptions
                   WHERE company_id = $1 AND patient_id = f.id AND prescribed_on <= ($3::timestamptz AT TIME ZONE 'UTC')::date
                     AND (prescribed_on::timestamp AT TIME ZONE 'UTC', id) < ($3::timestamptz, $4::uuid)
                   ORDER BY prescribed_on DESC, id DESC LIMIT 201) newest"],
        ["", newest!("consent", "consents", "created_at", "title", "status", "NULL", "")],
        ["", newest!("document", "documents", "created_at", "number", "status", "kind", " AND deleted_at IS NULL")],
        ["", newest!("medical_document", "medical_documents", "created_at", "title", "NULL", "kind", " AND deleted_at IS NULL")],
        " ORDER BY at DESC, id DESC LIMIT ",
        [LIMITS[0], LIMITS[1], LIMITS[2], LIMITS[3], LIMITS[4]],
        // $5: the rows of the page.
        "), seen AS MATERIALIZED (
             SELECT app.record_access('list', 'patient_timeline', ARRAY(SELECT id FROM page LIMIT $5::int8), ARRAY[id]) FROM patient
         )
         SELECT page.* FROM seen LEFT JOIN page ON true";
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum Kind {
    /// An appointment, at its beginning.
    Appointment,
    /// A medical record, when it happened.
    MedicalRecord,
    /// A prescription, on its day.
    Prescription,
    /// A consent, when it was asked for.
    Consent,
    /// A quote, an invoice or a credit note, when it was begun.
    Document,
    /// A file, when it was added.
    MedicalDocument,
}

impl Kind {
    const ALL: [(Self, &str); 6] = [
        (Self::Appointment, "appointment"),
        (Self::MedicalRecord, "medical_record"),
        (Self::Prescription, "prescription"),
        (Self::Consent, "consent"),
        (Self::Document, "document"),
        (Self::MedicalDocument, "medical_document"),
    ];

    /// Whether a role is shown these unasked: what it reads, by the grants of the tables.
    const fn is_read_by(self, role: Role) -> bool {
        match self {
            Self::Appointment | Self::Document => true,
            Self::Consent => !matches!(role, Role::Readonly),
            Self::MedicalRecord | Self::Prescription | Self::MedicalDocument => {
                matches!(role, Role::Admin | Role::Practitioner | Role::Nurse)
            }
        }
    }
}

/// Something that happened.
#[derive(Debug, Object)]
#[oai(rename_all = "camelCase", example)]
pub struct Happening {
    /// What it is.
    pub kind: Kind,
    /// The id of the appointment, record or other row.
    pub id: Uuid,
    /// In whose file it stands: the patient's, or that of a duplicate which was merged with it.
    pub patient_id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// Its title, its number, or what it is for.
    #[oai(skip_serializing_if_is_none)]
    pub title: Option<String>,
    /// In which state it is.
    #[oai(skip_serializing_if_is_none)]
    pub status: Option<String>,
    /// Which of its kind, such as `consultation` or `invoice`.
    #[oai(skip_serializing_if_is_none)]
    pub category: Option<String>,
}

impl TryFrom<&Row> for Happening {
    type Error = ApiError;

    fn try_from(row: &Row) -> Result<Self> {
        let name: &str = row.try_get("kind")?;
        let known = Kind::ALL.into_iter().find(|(_, known)| *known == name);
        let (kind, _) = known.ok_or_else(|| ApiError::internal(anyhow::anyhow!("an unknown kind")))?;
        Ok(Self {
            kind,
            id: row.try_get("id")?,
            patient_id: row.try_get("patient_id")?,
            at: row.try_get("at")?,
            title: row.try_get("title")?,
            status: row.try_get("status")?,
            category: row.try_get("category")?,
        })
    }
}

impl Example for Happening {
    fn example() -> Self {
        Self {
            kind: Kind::Appointment,
            id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0003),
            patient_id: Uuid::from_u128(0x019b_76da_a800_7000_8000_0000_0000_0001),
            at: DateTime::<Utc>::UNIX_EPOCH + chrono::Duration::seconds(1_767_225_600),
            title: Some("First consultation".to_owned()),
            status: Some("completed".to_owned()),
            category: None,
        }
    }
}

/// The timelines of patients.
#[derive(Clone, Copy, Debug)]
pub struct Timeline;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Patients")]
impl Timeline {
    /// Read what happened to a patient
    ///
    /// Newest first, over everything that the caller's role reads: appointments and documents; consents; medical records, prescriptions and files.
    /// What stands in the file of a duplicate that was merged with this patient comes too. Days stand for their beginning in UTC.
    #[oai(path = "/patients/:id/timeline", method = "get", operation_id = "patients_timeline")]
    #[expect(clippy::too_many_arguments, reason = "one for each query parameter")]
    async fn timeline(
        &self,
        bearer: Bearer,
        clinics: Data<&Clinics>,
        cursors: Data<&Cursors>,
        /// The patient.
        id: Path<Uuid>,
        /// Only these kinds; all that the role reads when absent.
        kind: Query<Option<Vec<Kind>>>,
        /// Rows of a page.
        limit: Query<Option<Limit>>,
        /// The `nextCursor` of the page before.
        cursor: Query<Option<CursorText>>,
    ) -> Result<Listed<Page<Happening>>> {
        let caller = &bearer.0;
        let asked = kind.0.filter(|kinds| !kinds.is_empty());
        let wanted = Kind::ALL.map(|(kind, _)| match &asked {
            Some(kinds) => kinds.contains(&kind),
            None => kind.is_read_by(caller.role()),
        });
        let page = cursors.page(caller, limit.0, cursor.0.as_ref(), &[&format!("{} {wanted:?}", id.0)])?;
        let (at, before): (DateTime<Utc>, Uuid) = match &page.after {
            Some(after) => (after.key.parse().map_err(ApiError::internal)?, after.id),
            // The year 9999: the newest of all lies before it.
            None => (DateTime::from_timestamp(253_370_764_800, 0).unwrap_or_default(), Uuid::max()),
        };
        let mut choices: Vec<usize> = wanted.map(usize::from).into();
        choices.push(page.bucket());
        let statement = TIMELINE.pick(&choices);
        let answer = transaction!(clinics.read(caller), |tx| {
            let rows = tx.rows(statement.clone(), &[&id.0, &at, &before, &page.rows()]).await?;
            // Of a patient to whom nothing happened there is a row without an id; of nobody there is none.
            let first: Option<Uuid> = rows.first().ok_or(ApiError::NotFound)?.try_get("id")?;
            let happened = rows.iter().filter(|_| first.is_some());
            let found = happened.map(Happening::try_from).collect::<Result<_>>()?;
            page.answer(found, |one| After { key: one.at.to_rfc3339(), id: one.id })
        })?;
        Ok(Listed(answer))
    }
}
