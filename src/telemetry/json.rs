//! Log lines for machines: an object a line, flat. What the spans know of a line (its request, its clinic) stands beside what the line
//! says, so that both are found by the same names everywhere; a field of a line therefore never bears a name of a span's around it.

use std::fmt;

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing::span::Record;
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

/// Writes fields as members of an object, each with its comma before it: `,"request":"…","clinic":"…"`.
pub struct Members;

impl<'w> FormatFields<'w> for Members {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut visitor = Visitor { writer, outcome: Ok(()) };
        fields.record(&mut visitor);
        visitor.outcome
    }

    fn add_fields(&self, current: &'w mut FormattedFields<Self>, fields: &Record<'_>) -> fmt::Result {
        self.format_fields(current.as_writer(), fields)
    }
}

struct Visitor<'w> {
    writer: Writer<'w>,
    outcome: fmt::Result,
}

impl Visitor<'_> {
    fn member(&mut self, field: &Field, value: impl Into<Value>) {
        if self.outcome.is_ok() {
            self.outcome = write!(self.writer, ",\"{}\":{}", field.name(), value.into());
        }
    }
}

impl Visit for Visitor<'_> {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.member(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field, value);
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.member(field, format!("{value:?}"));
    }
}

/// Writes an event as a line.
pub struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, context: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        line.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut line)?;
        let metadata = event.metadata();
        write!(line, "\",\"level\":\"{}\",\"target\":\"{}\"", metadata.level(), metadata.target())?;
        context.format_fields(line.by_ref(), event)?;
        for span in context.event_scope().into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>() {
                line.write_str(fields)?;
            }
        }
        line.write_str("}\n")
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_line_is_one_flat_object_with_what_its_spans_know() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_writer(move || writer.clone())
            .fmt_fields(Members)
            .event_format(Lines)
            .finish();
        tracing::subscriber::with_default(subscriber, || {
            let request = tracing::info_span!("request", request = "r", clinic = tracing::field::Empty);
            let _in_request = request.enter();
            let _in_statement = tracing::info_span!("statement", statement = "patients::LIST").entered();
            request.record("clinic", tracing::field::display("c"));
            tracing::info!(odd = "a \"quoted\"\nline \u{1b}[0m", count = 3, half = 0.5, yes = true, "said");
        });
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert_eq!(text.lines().count(), 1, "{text}");
        let mut line: Value = serde_json::from_str(&text).unwrap();
        let stamp = line.as_object_mut().unwrap().remove("timestamp").unwrap();
        assert!(stamp.as_str().unwrap().ends_with('Z'), "{stamp}");
        let expected = serde_json::json!({
            "level": "INFO", "target": "medicalpro::telemetry::json::tests", "message": "said",
            "odd": "a \"quoted\"\nline \u{1b}[0m", "count": 3, "half": 0.5, "yes": true,
            "request": "r", "clinic": "c", "statement": "patients::LIST",
        });
        assert_eq!(line, expected);
    }
}
