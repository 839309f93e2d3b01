//! An answer that goes on: server-sent events (HTML Standard, section 9.2), each with its data as JSON in one line.

use std::fmt::Write as _;
use std::io;
use std::marker::PhantomData;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use poem::{Body, IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::{Example, ToJSON, Type};

/// An event, as it is sent.
#[must_use]
pub fn event(name: &str, id: Option<&str>, data: &str) -> String {
    let mut text = String::new();
    if let Some(id) = id {
        // Writing to a String does not fail.
        let _ = writeln!(text, "id: {id}");
    }
    let _ = write!(text, "event: {name}\ndata: {data}\n\n");
    text
}

/// What keeps the connection open, and says nothing.
pub const SILENCE: &str = ":\n\n";

/// 200 with a stream of events whose data are `T`.
#[derive(Debug)]
pub struct Events<T> {
    body: Body,
    data: PhantomData<T>,
}

impl<T> Events<T> {
    /// Of what is sent piece by piece; the answer ends with the stream.
    #[must_use]
    pub fn new(stream: impl Stream<Item = Bytes> + Send + 'static) -> Self {
        Self { body: Body::from_bytes_stream(stream.map(Ok::<_, io::Error>)), data: PhantomData }
    }
}

impl<T: Send> IntoResponse for Events<T> {
    fn into_response(self) -> Response {
        // A proxy that collects what it passes on would tell it too late.
        Response::builder().content_type("text/event-stream").header("x-accel-buffering", "no").body(self.body)
    }
}

impl<T: Type + ToJSON + Example> ApiResponse for Events<T> {
    fn meta() -> MetaResponses {
        let schema = MetaSchema {
            items: Some(Box::new(T::schema_ref())),
            example: T::example().to_json().map(|one| vec![one].into()),
            ..MetaSchema::new("array")
        };
        MetaResponses {
            responses: vec![MetaResponse {
                description: "A stream of events; the schema is that of their data.",
                status: Some(200),
                status_range: None,
                content: vec![MetaMediaType {
                    content_type: "text/event-stream",
                    schema: MetaSchemaRef::Inline(Box::new(schema)),
                }],
                headers: vec![],
            }],
        }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}
