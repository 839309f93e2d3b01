//! Tables as files (RFC 4180): read strictly, written so that no spreadsheet runs what is in them, streamed piece by piece.
//!
//! Invariant: of a table that is streamed no more than a piece is in memory, and no connection is held while its reader is slow: the
//! next piece is read when the one before has been taken. A table that cannot be read to its end breaks off, as an answer that is
//! cut short, and is never taken for a whole one.

use std::borrow::Cow;
use std::io;
use std::marker::PhantomData;

use bytes::Bytes;
use csv::{ReaderBuilder, StringRecord, Terminator, WriterBuilder};
use futures_util::future::{BoxFuture, ready};
use futures_util::{StreamExt as _, stream};
use poem::http::header;
use poem::{IntoResponse, Request, RequestBody, Response};
use poem_openapi::registry::{
    MetaHeader, MetaMediaType, MetaRequest, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry,
};
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions};
use tracing::Instrument as _;

use super::body;
use crate::error::{ApiError, FieldError, Result, describe};

/// Bytes of a file that is read.
pub const MAX_BYTES: usize = 5 * 1024 * 1024;
/// Its lines, without the header.
pub const MAX_LINES: usize = 5_000;

const MEDIA: &str = "text/csv";
/// What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection).
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// What a file holds, for the spec.
pub trait Table {
    /// A file, as it is sent or answered.
    const EXAMPLE: &'static str;
}

fn schema<T: Table>() -> MetaSchemaRef {
    MetaSchemaRef::Inline(Box::new(MetaSchema { example: Some(T::EXAMPLE.into()), ..MetaSchema::new("string") }))
}

/// A file as a request's body.
#[derive(Debug)]
pub struct Upload<T> {
    /// Its bytes.
    pub raw: Bytes,
    table: PhantomData<T>,
}

impl<'a, T: Table> ApiExtractor<'a> for Upload<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn request_meta() -> Option<MetaRequest> {
        Some(MetaRequest {
            description: None,
            content: vec![MetaMediaType { content_type: MEDIA, schema: schema::<T>() }],
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let raw = body::bytes(request, body, &[MEDIA], MAX_BYTES).await?;
        Ok(Self { raw, table: PhantomData })
    }
}

/// A file that was read: its header, and its lines with their numbers.
#[derive(Debug)]
pub struct Sheet {
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The lines: the number at which each begins, and its cells.
    pub lines: Vec<(u64, StringRecord)>,
}

impl Sheet {
    /// Reads a file in UTF-8, with a byte order mark or without, whose header is separated by commas or by semicolons.
    ///
    /// # Errors
    /// 400 for what is not UTF-8 or has no header, 422 for too many lines.
    pub fn read(raw: &[u8]) -> Result<Self> {
        let malformed = |detail: &'static str| ApiError::BadRequest { code: "malformed_csv", detail: detail.into() };
        let text = std::str::from_utf8(raw).map_err(|_| malformed("The file is not in UTF-8."))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let header = text.lines().next().unwrap_or_default();
        let delimiter = if header.contains(';') { b';' } else { b',' };
        let mut reader = ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
        let columns: Vec<String> =
            reader.headers().map_err(ApiError::internal)?.iter().map(|name| name.trim().to_owned()).collect();
        if columns.iter().all(String::is_empty) {
            return Err(malformed("The file has no header."));
        }
        let (mut lines, mut number, mut counted) = (Vec::new(), 1, 0);
        for record in reader.into_records() {
            let record = record.map_err(ApiError::internal)?;
            if lines.len() == MAX_LINES {
                return Err(ApiError::invalid("/lines", "too_many", format!("must be at most {MAX_LINES} lines")));
            }
            // Where a record begins the library has not read past the line's end before it, and past blank lines, yet.
            let begins = record.position().map_or(counted, |at| usize::try_from(at.byte()).unwrap_or(counted));
            let follows = text.as_bytes()[begins..].iter();
            let blank = follows.take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            number += newlines(&text.as_bytes()[counted..begins + blank]);
            counted = begins + blank;
            lines.push((number, record));
        }
        Ok(Self { columns, lines })
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
}

/// Of what was found wrong with a file, as much as an answer holds, and how much more there is.
#[must_use]
pub fn refusals(mut errors: Vec<FieldError>) -> ApiError {
    const MOST: usize = 500;
    let more = errors.len().saturating_sub(MOST);
    if more > 0 {
        errors.truncate(MOST);
        errors.push(FieldError::new("/lines", "more", format!("Not listed: {more} further fields.")));
    }
    ApiError::Invalid(errors)
}

/// Whether a spreadsheet would run it, or would if it had fewer apostrophes before it.
fn is_formula(cell: &str) -> bool {
    cell.trim_start_matches('\'').starts_with(FORMULA)
}

/// A cell as it is written: what would be a formula gets an apostrophe; so does what has one before it already, to be told from it.
#[must_use]
pub fn harmless(cell: &str) -> Cow<'_, str> {
    if is_formula(cell) { format!("'{cell}").into() } else { cell.into() }
}

/// A cell as it was before [`harmless`].
#[must_use]
pub fn plain(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| is_formula(rest)).unwrap_or(cell)
}

/// Lines as they are written: quoted where they must be, ended by CR and LF.
///
/// # Errors
/// None that happens: memory is written to.
pub fn written<'a, L, C>(lines: L) -> Result<Vec<u8>>
where
    L: IntoIterator<Item = C>,
    C: IntoIterator<Item = Cow<'a, str>>,
{
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for line in lines {
        for cell in line {
            writer.write_field(harmless(&cell).as_bytes()).map_err(ApiError::internal)?;
        }
        writer.write_record(None::<&[u8]>).map_err(ApiError::internal)?;
    }
    writer.into_inner().map_err(|error| ApiError::internal(anyhow::anyhow!("{error}")))
}

/// A piece of a table, and behind what the next one begins.
#[derive(Debug)]
pub struct Piece<K> {
    /// Its lines, as written.
    pub bytes: Vec<u8>,
    /// `None` for the last.
    pub next: Option<K>,
}

/// 200 with a file to be saved.
#[derive(Debug)]
pub struct Download<T> {
    name: &'static str,
    body: poem::Body,
    table: PhantomData<T>,
}

impl<T: Table> Download<T> {
    /// A table in pieces: the first is there, so that what refuses it is answered as a failure; `more` reads the others, one at a time.
    #[must_use]
    pub fn new<K, F>(name: &'static str, first: Piece<K>, more: F) -> Self
    where
        K: Send + 'static,
        F: Fn(K) -> BoxFuture<'static, Result<Piece<K>>> + Send + 'static,
    {
        let span = tracing::Span::current();
        let rest = stream::unfold(first.next, move |next| {
            let piece = next.map(&more);
            let read = async move {
                let Piece { bytes, next } = piece?.await.unwrap_or_else(break_off);
                Some((bytes, next))
            };
            read.instrument(span.clone())
        });
        let pieces = stream::once(ready(first.bytes)).chain(rest).map(Ok::<_, io::Error>);
        Self { name, body: poem::Body::from_bytes_stream(pieces), table: PhantomData }
    }
}

/// Closes the connection without the last chunk, by which its reader knows that something is missing.
///
/// By unwinding, which ends the connection's task and nothing else: after a body that ends with an error poem polls the connection once more
/// (3.1, `serve_connection`), and hyper then writes the end that a whole body has.
fn break_off<K>(error: ApiError) -> Piece<K> {
    tracing::warn!(cause = describe(&error.into_cause()), "a file breaks off");
    std::panic::resume_unwind(Box::new("a file breaks off"))
}

impl<T: Table + Send> IntoResponse for Download<T> {
    fn into_response(self) -> Response {
        Response::builder()
            .content_type("text/csv; charset=utf-8; header=present")
            .header(header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", self.name))
            .body(self.body)
    }
}

impl<T: Table> ApiResponse for Download<T> {
    fn meta() -> MetaResponses {
        let disposition = MetaHeader {
            name: "Content-Disposition".to_owned(),
            description: Some("`attachment`, with the file's name.".to_owned()),
            required: true,
            deprecated: false,
            schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new("string"))),
        };
        MetaResponses {
            responses: vec![MetaResponse {
                description: "A file, streamed. One that is cut short ends as a broken connection does.",
                status: Some(200),
                status_range: None,
                content: vec![MetaMediaType { content_type: MEDIA, schema: schema::<T>() }],
                headers: vec![disposition],
            }],
        }
    }

    fn register(_: &mut Registry) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<(u64, Vec<String>)> {
        let sheet = Sheet::read(text.as_bytes()).expect(text);
        let cells = |record: &StringRecord| record.iter().map(str::to_owned).collect();
        sheet.lines.iter().map(|(number, record)| (*number, cells(record))).collect()
    }

    #[test]
    fn commas_semicolons_marks_and_line_ends_do_not_matter() {
        let expected =
            vec![(2, vec!["1".to_owned(), "a, \"b\"\nc".to_owned()]), (4, vec!["2".to_owned(), String::new()])];
        for text in [
            "x,y\n1,\"a, \"\"b\"\"\nc\"\n2,\n",
            "\u{feff}x,y\r\n1,\"a, \"\"b\"\"\nc\"\r\n2,",
            "x;y\n1;\"a, \"\"b\"\"\nc\"\n2;\n\n\n",
        ] {
            assert_eq!(lines(text), expected, "{text:?}");
        }
        assert_eq!(lines("x\n\n\na\n\nb"), [(4, vec!["a".to_owned()]), (6, vec!["b".to_owned()])], "blank lines count");
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for bad in [&b"x,y\n\xe9,1\n"[..], b"\xff\xfex\0", b"", b"\n", b"\xef\xbb\xbf"] {
            let refused = Sheet::read(bad);
            assert!(matches!(refused, Err(ApiError::BadRequest { code: "malformed_csv", .. })), "{bad:?}: {refused:?}");
        }
        let of = |count| Sheet::read(format!("x\n{}", "a\n".repeat(count)).as_bytes());
        assert!(of(MAX_LINES).is_ok() && matches!(of(MAX_LINES + 1), Err(ApiError::Invalid(_))));
    }

    #[test]
    fn no_cell_is_a_formula_and_each_is_read_as_it_was() {
        for cell in ["=1+1", "+33 1", "-1", "@x", "\tx", "\rx", "'=1", "''=1", "'x", "x=1", "", "a,b", "a\"b", "a\r\nb"]
        {
            let written = written([[Cow::from(cell), "end".into()]]).expect("is written");
            let text = String::from_utf8(written).expect("is text");
            assert!(text.ends_with("end\r\n"), "{text:?}");
            assert!(!text.trim_start_matches('"').starts_with(FORMULA), "{text:?}");
            let read = lines(&format!("x,y\n{text}"));
            assert_eq!(plain(&read[0].1[0]), cell);
        }
    }
}
