//! A log line as one JSON object, written member by member as it comes: every request writes one, so it is worth
//! not building a map first.

use std::fmt::{self, Debug, Write};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::Writer,
        time::{FormatTime, SystemTime},
    },
    registry::LookupSpan,
};

/// `{"timestamp":…,"level":…,` the event's fields `,"span":{"name":…,` the innermost span's fields `}}`
pub(crate) struct JsonLine;

/// A span's fields as members: each with a comma before it.
pub(crate) struct JsonMembers;

impl<S> FormatEvent<S, JsonMembers> for JsonLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonMembers>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        line.write_str("{\"timestamp\":\"")?;
        SystemTime.format_time(&mut line)?;
        line.write_str("\",\"level\":\"")?;
        line.write_str(event.metadata().level().as_str())?;
        line.write_char('"')?;
        JsonMembers.format_fields(line.by_ref(), event)?;
        if let Some(span) = context.lookup_current() {
            line.write_str(",\"span\":{\"name\":")?;
            text(&mut line, format_args!("{}", span.name()))?;
            if let Some(members) = span.extensions().get::<FormattedFields<JsonMembers>>() {
                line.write_str(members)?;
            }
            line.write_char('}')?;
        }
        line.write_str("}\n")
    }
}

impl<'writer> FormatFields<'writer> for JsonMembers {
    fn format_fields<R: RecordFields>(&self, line: Writer<'writer>, fields: R) -> fmt::Result {
        let mut members = Members { line, written: Ok(()) };
        fields.record(&mut members);
        members.written
    }
}

struct Members<'writer> {
    line: Writer<'writer>,
    written: fmt::Result,
}

impl Members<'_> {
    fn add(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let line = &mut self.line;
        let add = || {
            line.write_char(',')?;
            text(line, format_args!("{}", field.name()))?;
            line.write_char(':')?;
            value(line)
        };
        self.written = self.written.and_then(|()| add());
    }
}

impl Visit for Members<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.add(field, |line| text(line, format_args!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, |line| {
            line.write_char('"')?;
            Escaped(line).write_str(value)?;
            line.write_char('"')
        });
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(
            field,
            |line| if value.is_finite() { write!(line, "{value:?}") } else { line.write_str("null") },
        );
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, |line| write!(line, "{value}"));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, |line| write!(line, "{value}"));
    }

    fn record_i128(&mut self, field: &Field, value: i128) {
        self.add(field, |line| write!(line, "{value}"));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.add(field, |line| write!(line, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, |line| write!(line, "{value}"));
    }
}

fn text(line: &mut Writer<'_>, text: fmt::Arguments<'_>) -> fmt::Result {
    line.write_char('"')?;
    Escaped(line).write_fmt(text)?;
    line.write_char('"')
}

/// Text within a JSON string (RFC 8259, section 7).
struct Escaped<'a, 'writer>(&'a mut Writer<'writer>);

impl Write for Escaped<'_, '_> {
    fn write_str(&mut self, mut text: &str) -> fmt::Result {
        let special = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
        // Special bytes are ASCII, so the text is never cut within a character.
        while let Some(plain) = text.bytes().position(special) {
            self.0.write_str(&text[..plain])?;
            match text.as_bytes()[plain] {
                b'"' => self.0.write_str("\\\"")?,
                b'\\' => self.0.write_str("\\\\")?,
                b'\n' => self.0.write_str("\\n")?,
                control => write!(self.0, "\\u{control:04x}")?,
            }
            text = &text[plain + 1..];
        }
        self.0.write_str(text)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::{
        io,
        sync::{Arc, Mutex},
    };
    use tracing_subscriber::{fmt::MakeWriter, layer::SubscriberExt};

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'a> MakeWriter<'a> for Log {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }

    /// The lines of whatever `say` logs.
    fn lines(say: impl FnOnce()) -> Vec<Value> {
        let log = Log::default();
        let layer = tracing_subscriber::fmt::layer()
            .with_writer(log.clone())
            .with_ansi(false)
            .fmt_fields(JsonMembers)
            .event_format(JsonLine);
        tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), say);
        let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[test]
    fn fields_keep_their_types() {
        let id = format_args!("{:04x}", 7).to_string();
        let lines = lines(|| {
            let (some, took) = (Some(1), 12_u128);
            tracing::warn!("type" = "http", %id, ?some, status = 200_u16, ms = 1.5, took, below = -1, ok = true, "said");
        });
        let line = &lines[0];
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
        assert_eq!(line["level"], "WARN");
        assert_eq!(line["type"], "http");
        assert_eq!(line["id"], "0007");
        assert_eq!(line["some"], "Some(1)");
        assert_eq!(line["status"], 200);
        assert_eq!(line["ms"], 1.5);
        assert_eq!(line["took"], 12);
        assert_eq!(line["below"], -1);
        assert_eq!(line["ok"], true);
        assert_eq!(line["message"], "said");
    }

    #[test]
    fn whatever_a_stranger_sends_stays_within_its_string() {
        let nasty = "a\"b\\c\nd\re\u{0}f\u{1b}[31m名\u{7f}\",\"level\":\"x";
        let lines = lines(|| {
            tracing::info!(nasty, "{nasty}");
            tracing::info!(shown = %nasty, debugged = ?nasty);
        });
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0]["nasty"], nasty);
        assert_eq!(lines[0]["message"], nasty);
        assert_eq!(lines[1]["shown"], nasty);
        assert_eq!(lines[1]["debugged"], format!("{nasty:?}"));
        assert_eq!(lines[1]["level"], "INFO");
    }

    #[test]
    fn what_is_no_number_in_json_is_null() {
        let lines = lines(|| tracing::info!(nan = f64::NAN, inf = f64::INFINITY, tiny = 1e-12, whole = 3.0));
        assert_eq!(lines[0]["nan"], Value::Null);
        assert_eq!(lines[0]["inf"], Value::Null);
        assert_eq!(lines[0]["tiny"], 1e-12);
        assert_eq!(lines[0]["whole"], 3.0);
    }

    #[test]
    fn a_line_names_the_span_it_was_said_in_and_its_fields() {
        let lines = lines(|| {
            let span = tracing::info_span!("request", request_id = "ab");
            span.in_scope(|| tracing::info!("within"));
            tracing::info!("outside");
        });
        assert_eq!(lines[0]["span"], serde_json::json!({ "name": "request", "request_id": "ab" }));
        assert_eq!(lines[1].get("span"), None);
    }
}
