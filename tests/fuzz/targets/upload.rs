//! What is uploaded, a file or JSON, in two pieces, whatever its header says of it: read only if it is of the right kind and size, and then to
//! the byte; refused only as a client's fault. A patient who was understood is understood again, and as the same.

#![no_main]

use std::io;

use arbitrary::Arbitrary;
use bytes::Bytes;
use futures_util::{FutureExt as _, stream};
use libfuzzer_sys::fuzz_target;
use medicalpro::api::body::{self, Body};
use medicalpro::api::csv::{self, Sheet, Table, Upload};
use medicalpro::resources::patients::{NewPatient, PatientPatch};
use poem::http::{HeaderValue, Method, header};
use poem::{Request, RequestBody};
use poem_openapi::types::ToJSON as _;
use poem_openapi::{ApiExtractor, ExtractParamOptions};
use serde_json::Value;

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Media<'a> {
    Csv,
    Json,
    Patch,
    /// Whatever a client says.
    Said(&'a str),
}

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    media: Media<'a>,
    /// The length that the header tells.
    told: Option<u32>,
    /// Where the second piece begins.
    at: u16,
    raw: &'a [u8],
}

#[derive(Debug)]
struct Any;

impl Table for Any {
    const EXAMPLE: &'static str = "";
}

/// As the server reads it; a refusal's status.
fn read<T: for<'a> ApiExtractor<'a, ParamType = ()>>(request: Request) -> Result<T, u16> {
    let (request, mut body): (Request, RequestBody) = request.split();
    let read = T::from_request(&request, &mut body, ExtractParamOptions::default()).now_or_never();
    read.expect("nothing to wait for").map_err(|error| error.into_response().status().as_u16())
}

fn json(patient: &NewPatient) -> Value {
    patient.to_json().expect("a patient")
}

fuzz_target!(|input: Input| {
    let Input { media, told, at, raw } = input;
    let text = match media {
        Media::Csv => "text/csv; charset=utf-8",
        Media::Json => "application/json",
        Media::Patch => "application/merge-patch+json",
        Media::Said(text) => text,
    };
    let request = |raw: &[u8], told: Option<u32>| {
        let (first, second) = raw.split_at(usize::from(at).min(raw.len()));
        let pieces = [first, second].map(|piece| Ok::<_, io::Error>(Bytes::copy_from_slice(piece)));
        let method = if matches!(media, Media::Patch) { Method::PATCH } else { Method::POST };
        let mut request = Request::builder().method(method).body(poem::Body::from_bytes_stream(stream::iter(pieces)));
        if let Ok(value) = HeaderValue::from_str(text) {
            request.headers_mut().insert(header::CONTENT_TYPE, value);
        }
        if let Some(told) = told {
            request.headers_mut().insert(header::CONTENT_LENGTH, told.into());
        }
        request
    };
    let essence = HeaderValue::from_str(text).ok().and_then(|value| Some(value.to_str().ok()?.split(';').next()?.trim().to_ascii_lowercase()));
    let is_of = |media: &[&str], most: usize| {
        essence.as_deref().is_some_and(|essence| media.contains(&essence)) && told.is_none_or(|told| told as usize <= most)
    };

    let file = read::<Upload<Any>>(request(raw, told));
    match (is_of(&["text/csv"], csv::MAX_BYTES), file) {
        (true, Ok(file)) => {
            assert_eq!(file.raw, raw);
            if let Err(error) = Sheet::read(&file.raw) {
                assert!(matches!(poem::Error::from(error).status().as_u16(), 400 | 422));
            }
        }
        (false, Err(status)) => assert!(matches!(status, 413 | 415), "{status}"),
        (_, file) => panic!("{file:?}"),
    }

    let sent_as_json = is_of(&["application/json", "application/merge-patch+json"], body::MAX_BYTES);
    let parsed = body::parse(raw);
    if let Ok(value) = &parsed {
        assert_eq!(serde_json::from_slice::<Value>(raw).ok().as_ref(), Some(value), "no JSON of ours alone");
    }
    let refused = |status: u16| {
        let expected: &[u16] = match (sent_as_json, &parsed) {
            (false, _) => &[413, 415],
            (true, Err(_)) => &[400, 422],
            (true, Ok(_)) => &[422],
        };
        assert!(expected.contains(&status), "{status}");
    };
    if matches!(media, Media::Patch) {
        read::<Body<PatientPatch>>(request(raw, told)).err().into_iter().for_each(refused);
    } else {
        match read::<Body<NewPatient>>(request(raw, told)) {
            Ok(body) => {
                assert!(sent_as_json && parsed.is_ok());
                assert_eq!(body.raw, raw);
                let first = json(&body.value);
                let again = read::<Body<NewPatient>>(request(first.to_string().as_bytes(), None));
                assert_eq!(again.map(|body| json(&body.value)), Ok(first));
            }
            Err(status) => refused(status),
        }
    }
});
