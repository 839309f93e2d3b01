//! The list of patients as a file, streamed.
//!
//! Invariant: each piece is read in a transaction of its own, audited in it with the patients it holds, and only while the token
//! still stands; between two pieces nothing is held of the clinic's database.

use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::Query;

use super::model::Patient;
use super::statements::{columns, found_by, order, word};
use super::table::{Listed, header, line};
use super::{Sort, asked};
use crate::api::Tag;
use crate::api::csv::{Download, Piece, written};
use crate::api::day::Day;
use crate::api::list::After;
use crate::api::search::bounds;
use crate::api::text::SearchText;
use crate::auth::caller::{Bearer, Lasting};
use crate::clinic::{Caller, Clinics};
use crate::error::{ApiError, Result};
use crate::ids::Role;
use crate::{sql, transaction};

/// Who takes the list away.
const EXPORTERS: [Role; 2] = [Role::Admin, Role::Manager];
/// Patients of a piece; the statement reads one more.
const PIECE: usize = 500;

sql! { Clinic;
    /// A piece of the list: as `LIST`, and recorded as what it is.
    EXPORT by EXPORTERS;
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
        " LIMIT 501",
        // $6: the patients of the piece.
        "), seen AS MATERIALIZED (
             SELECT app.record_access('export', 'patients', ARRAY(SELECT id FROM page LIMIT $6::int8), ARRAY(SELECT id FROM page LIMIT $6::int8))
         )
         SELECT page.* FROM seen LEFT JOIN page ON true";
    /// A piece of what a search finds: as `SEARCH_LIST`.
    EXPORT_FOUND by EXPORTERS;
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
        " OFFSET 0) patient LIMIT 501",
        "), seen AS MATERIALIZED (
             SELECT app.record_access('export', 'patients', ARRAY(SELECT id FROM page LIMIT $6::int8), ARRAY(SELECT id FROM page LIMIT $6::int8))
         )
         SELECT page.* FROM seen LEFT JOIN page ON true";
}

/// The export of patients.
#[derive(Clone, Copy, Debug)]
pub struct Export;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Patients")]
impl Export {
    /// Take the list of patients away as a file
    ///
    /// What the list finds with the same parameters, all of it, as CSV (RFC 4180) in UTF-8. What a spreadsheet would take for a formula begins
    /// with an apostrophe. Each piece of the file is audited with the patients in it. For admins and managers.
    #[oai(path = "/patients/export.csv", method = "get", operation_id = "patients_export")]
    #[expect(clippy::too_many_arguments, reason = "one for each query parameter")]
    async fn export(
        &self,
        bearer: Bearer,
        lasting: Lasting,
        clinics: Data<&Clinics>,
        /// What to search for: at most six words.
        q: Query<Option<SearchText>>,
        /// Born on this day.
        #[oai(name = "birthDate")]
        birth_date: Query<Option<Day>>,
        /// `true` takes the archived patients instead.
        archived: Query<Option<bool>>,
        /// The order.
        sort: Query<Option<Sort>>,
        /// `true` begins the file with a byte order mark, by which some spreadsheets know UTF-8.
        bom: Query<Option<bool>>,
    ) -> Result<Download<Listed>> {
        let words = asked(q.0.as_ref(), birth_date.0)?;
        let listing = Listing {
            clinics: clinics.0.clone(),
            caller: bearer.0,
            lasting,
            words: words.into_iter().map(bounds).unzip(),
            birth_date: birth_date.0,
            archived: archived.0.unwrap_or(false),
            sort: sort.0.unwrap_or(Sort::Name),
        };
        let mut first = listing.piece(None).await?;
        let mark = if bom.0.unwrap_or(false) { "\u{feff}" } else { "" };
        first.bytes = [mark.as_bytes(), &written([header()])?, &first.bytes].concat();
        Ok(Download::new("patients.csv", first, move |after| {
            let listing = listing.clone();
            Box::pin(async move { listing.piece(Some(after)).await })
        }))
    }
}

/// What is taken away, by whom.
#[derive(Clone)]
struct Listing {
    clinics: Clinics,
    caller: Caller,
    lasting: Lasting,
    words: (Vec<String>, Vec<String>),
    birth_date: Option<Day>,
    archived: bool,
    sort: Sort,
}

impl Listing {
    async fn piece(&self, after: Option<After>) -> Result<Piece<After>> {
        let (low, high) = &self.words;
        let order = 2 * self.sort as usize + usize::from(after.is_some());
        let (archived, rows) = (usize::from(self.archived), i64::try_from(PIECE).map_err(ApiError::internal)?);
        let (key, id) = after.map(|after| (after.key, after.id)).unzip();
        self.lasting.stands().await?;
        let mut found: Vec<Patient> = transaction!(self.clinics.read(&self.caller), |tx| {
            if !EXPORTERS.contains(&self.caller.role()) {
                return Err(ApiError::FORBIDDEN);
            }
            let rows = if low.is_empty() {
                let picked = EXPORT.pick(&[usize::from(self.birth_date.is_some()), archived, order]);
                tx.page(picked, &[&self.birth_date, &None::<Vec<String>>, &key, &id, &rows]).await?
            } else {
                let picked = EXPORT_FOUND.pick(&[low.len() - 1, order, archived]);
                tx.page(picked, &[low, high, &key, &id, &rows]).await?
            };
            Ok(rows.iter().map(Patient::try_from).collect::<Result<_, _>>()?)
        })?;
        let more = found.len() > PIECE;
        found.truncate(PIECE);
        let next = found.last().filter(|_| more).map(|last| After { key: self.sort.key_of(last), id: last.id });
        Ok(Piece { bytes: written(found.iter().map(line))?, next })
    }
}
