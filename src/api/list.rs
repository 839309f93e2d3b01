//! Pages of lists: `limit`, the sealed `cursor`, and the answer.
//!
//! Keyset paging: the cursor holds the last row's sort key and id. It is sealed, so that it can be neither read (it may hold a
//! name) nor edited, and is bound to clinic, operation, order and filters: used anywhere else it is refused with 400.

use std::sync::Arc;

use poem_openapi::registry::{MetaSchema, MetaSchemaRef};
use poem_openapi::types::{ParseError, ParseFromJSON, ParseFromParameter, ParseResult, ToJSON, Type};
use uuid::Uuid;

use super::text::CursorText;
use crate::clinic::Caller;
use crate::error::{ApiError, Result};
use crate::secrets::{MasterKeys, Purpose, sha256};

/// `LIMIT` as a parameter stops PostgreSQL from keeping the plan of what is searched, so that it comes from these, one row more than a page to
/// know whether another follows.
pub const LIMITS: [&str; 5] = ["11", "21", "51", "101", "201"];

/// Ends the statement of a list that began with `WITH page AS MATERIALIZED (SELECT id, …`: records in the audit log which rows
/// were seen, an empty page too, and answers with them, for [`crate::clinic::ClinicTx::page`]. `$patient` is the column that names the
/// patient, left out where rows are about none; `$limit` the number of the parameter that is the page's size: one row more may have
/// been read, which nobody sees. `of $owner` is what must be true of whose list it is: else there is no row at all.
macro_rules! seen {
    ($table:literal, $limit:literal $(, of $owner:literal)?) => {
        seen!(@ $table, "'{}'::uuid[]", $limit, concat!("" $(, " WHERE ", $owner)?))
    };
    ($table:literal, $patient:literal, $limit:literal $(, of $owner:literal)?) => {
        seen!(
            @ $table,
            concat!("ARRAY(SELECT ", $patient, " FROM page LIMIT $", $limit, "::int8)"),
            $limit,
            concat!("" $(, " WHERE ", $owner)?)
        )
    };
    (@ $table:literal, $patients:expr, $limit:literal, $owned:expr) => {
        concat!(
            "), seen AS MATERIALIZED (
                 SELECT app.record_access('list', '",
            $table,
            "', ARRAY(SELECT id FROM page LIMIT $",
            $limit,
            "::int8), ",
            $patients,
            ")",
            $owned,
            ")
             SELECT page.* FROM seen LEFT JOIN page ON true"
        )
    };
}
pub(crate) use seen;

/// An order and where its page begins, whose key and id are the parameters numbered `$key` and `$id`.
macro_rules! order {
    ($key:literal, $id:literal; first, $column:literal, $direction:literal) => {
        concat!(
            " AND $",
            $key,
            "::text IS NULL AND $",
            $id,
            "::uuid IS NULL ORDER BY ",
            $column,
            " ",
            $direction,
            ", id ",
            $direction
        )
    };
    ($key:literal, $id:literal; after, $column:literal, $type:literal, $operator:literal, $direction:literal) => {
        concat!(
            " AND (",
            $column,
            ", id) ",
            $operator,
            " ($",
            $key,
            "::text::",
            $type,
            ", $",
            $id,
            "::uuid) ORDER BY ",
            $column,
            " ",
            $direction,
            ", id ",
            $direction
        )
    };
}
pub(crate) use order;

/// Rows of a page: 1 to 200, 50 when absent.
#[derive(Clone, Copy, Debug)]
pub struct Limit(usize);

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl Limit {
    /// Of a list that is computed, and has bounds of its own.
    #[must_use]
    pub const fn of(rows: usize) -> Self {
        Self(rows)
    }

    /// Which of [`LIMITS`] is enough.
    #[must_use]
    pub fn bucket(self) -> usize {
        [10, 20, 50, 100].iter().filter(|rows| **rows < self.0).count()
    }
}

impl Type for Limit {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> std::borrow::Cow<'static, str> {
        "limit".into()
    }

    fn schema_ref() -> MetaSchemaRef {
        MetaSchemaRef::Inline(Box::new(MetaSchema {
            minimum: Some(1.0),
            maximum: Some(200.0),
            default: Some(50.into()),
            ..MetaSchema::new_with_format("integer", "int32")
        }))
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(self.as_raw_value().into_iter())
    }
}

impl ParseFromParameter for Limit {
    fn parse_from_parameter(text: &str) -> ParseResult<Self> {
        match text.parse() {
            Ok(rows @ 1..=200) => Ok(Self(rows)),
            _ => Err(ParseError::custom("must be a whole number from 1 to 200")),
        }
    }
}

/// Seals and opens cursors.
#[derive(Clone, Debug)]
pub struct Cursors(Arc<MasterKeys>);

/// Where a page begins: behind the row with this sort key and id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct After {
    /// The last row's sort key, as text.
    pub key: String,
    /// The last row's id.
    pub id: Uuid,
}

/// What a list was asked for, beside its filters.
#[derive(Debug)]
pub struct PageRequest<'a> {
    cursors: &'a Cursors,
    place: String,
    limit: Limit,
    /// Where it begins; `None` for the first page.
    pub after: Option<After>,
}

impl Cursors {
    /// Under the server's master keys.
    #[must_use]
    pub const fn new(keys: Arc<MasterKeys>) -> Self {
        Self(keys)
    }

    /// Reads a list's `limit` and `cursor`. `shape` is everything else that decides which rows come in which order.
    ///
    /// # Errors
    /// 400 `invalid_cursor` for a cursor that was edited, or given out for another clinic, operation, order or filter.
    pub fn page<'a>(
        &'a self,
        caller: &Caller,
        limit: Option<Limit>,
        cursor: Option<&CursorText>,
        shape: &[&str],
    ) -> Result<PageRequest<'a>> {
        self.page_in(&format!("{}|{}", caller.clinic(), caller.operation()), limit, cursor, shape)
    }

    /// The same of a list that is no clinic's.
    ///
    /// # Errors
    /// As [`Self::page`].
    pub fn page_in<'a>(
        &'a self,
        list: &str,
        limit: Option<Limit>,
        cursor: Option<&CursorText>,
        shape: &[&str],
    ) -> Result<PageRequest<'a>> {
        // As JSON: no two are written alike, whatever people look for.
        let shape = hex::encode(sha256(&serde_json::to_vec(shape).map_err(ApiError::internal)?));
        let place = format!("{list}|{shape}");
        let refused = || ApiError::BadRequest {
            code: "invalid_cursor",
            detail: "This cursor was not given out for this list.".into(),
        };
        let after = match cursor {
            None => None,
            Some(text) => {
                let opened = self.0.open(Purpose::Cursor, &place, text.as_str()).map_err(|_| refused())?;
                let (key, id): (String, Uuid) = serde_json::from_slice(&opened).map_err(|_| refused())?;
                Some(After { key, id })
            }
        };
        Ok(PageRequest { cursors: self, place, limit: limit.unwrap_or_default(), after })
    }
}

impl PageRequest<'_> {
    /// Which of [`LIMITS`] to pick.
    #[must_use]
    pub fn bucket(&self) -> usize {
        self.limit.bucket()
    }

    /// How many rows the page holds at most.
    #[must_use]
    pub fn rows(&self) -> i64 {
        i64::try_from(self.limit.0).unwrap_or(i64::MAX)
    }

    /// Makes the answer of the rows found, of which there may be one more than the page holds.
    ///
    /// # Errors
    /// Internal when the cursor cannot be sealed.
    pub fn answer<T: ParseFromJSON + ToJSON>(&self, mut rows: Vec<T>, last: impl Fn(&T) -> After) -> Result<Page<T>> {
        let more = rows.len() > self.limit.0;
        rows.truncate(self.limit.0);
        let next_cursor = match rows.last().filter(|_| more) {
            None => None,
            Some(row) => {
                let After { key, id } = last(row);
                let plain = serde_json::to_vec(&(key, id)).map_err(ApiError::internal)?;
                Some(self.cursors.0.seal(Purpose::Cursor, &self.place, &plain).map_err(ApiError::internal)?)
            }
        };
        Ok(Page { data: rows, next_cursor })
    }
}

/// A page of a list.
#[derive(Debug, poem_openapi::Object)]
pub struct Page<T: ParseFromJSON + ToJSON> {
    /// The rows.
    pub data: Vec<T>,
    /// Give it as `cursor` for the next page; absent on the last one.
    #[oai(rename = "nextCursor", skip_serializing_if_is_none)]
    pub next_cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{ClinicId, RequestId, Role, SessionId, UserId};

    fn caller() -> Caller {
        let operation = "GET /api/v1/patients".to_owned();
        Caller::verified(
            ClinicId::generate(),
            UserId::generate(),
            Role::Admin,
            SessionId::generate(),
            RequestId::generate(),
            operation,
            1,
        )
    }

    fn cursors() -> Cursors {
        Cursors::new(Arc::new(
            MasterKeys::parse(&MasterKeys::generate(chrono::NaiveDate::MIN)).expect("a generated key"),
        ))
    }

    #[test]
    fn a_cursor_leads_on_and_only_in_its_own_list() {
        let (cursors, here, elsewhere) = (cursors(), caller(), caller());
        let first = cursors.page(&here, Limit::parse_from_parameter("1").ok(), None, &["name"]).expect("first page");
        let id = Uuid::now_v7();
        let page = first.answer(vec![1, 2], |_| After { key: "martin".into(), id }).expect("answers");
        assert_eq!(page.data, [1]);
        let text: CursorText = page.next_cursor.expect("another page follows").parse().expect("is a cursor");
        assert!(!text.as_str().contains("martin"));
        let second = cursors.page(&here, None, Some(&text), &["name"]).expect("leads on");
        assert_eq!(second.after, Some(After { key: "martin".into(), id }));
        assert!(cursors.page(&here, None, Some(&text), &["-name"]).is_err(), "another order");
        assert!(cursors.page(&elsewhere, None, Some(&text), &["name"]).is_err(), "another clinic");
    }

    #[test]
    fn no_two_shapes_are_taken_for_one() {
        let (cursors, caller) = (cursors(), caller());
        let shapes: [&[&str]; 6] = [&[], &[""], &["", ""], &["a", "b"], &["a\u{1f}b"], &["a\",\"b"]];
        for given in shapes {
            let first = cursors.page(&caller, Limit::parse_from_parameter("1").ok(), None, given).expect("first page");
            let page = first.answer(vec![1, 2], |_| After { key: String::new(), id: Uuid::nil() }).expect("answers");
            let text: CursorText = page.next_cursor.expect("another page follows").parse().expect("is a cursor");
            for asked in shapes {
                assert_eq!(
                    cursors.page(&caller, None, Some(&text), asked).is_ok(),
                    given == asked,
                    "{given:?} {asked:?}"
                );
            }
        }
    }

    #[test]
    fn the_last_page_has_no_cursor() {
        let (cursors, caller) = (cursors(), caller());
        let page = cursors
            .page(&caller, None, None, &[])
            .expect("a page")
            .answer(vec![1], |_| unreachable!())
            .expect("answers");
        assert!(page.next_cursor.is_none());
    }

    #[test]
    fn a_bucket_holds_the_page_and_one_row_more() {
        for rows in 1..=200 {
            let bucket: usize = LIMITS[Limit(rows).bucket()].parse().expect("a number");
            assert!(bucket > rows);
        }
    }
}
