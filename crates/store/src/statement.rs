//! What the log says of statements: their text and how long they took, and never a value.

use std::time::Duration;
use tracing::{Level, enabled};

/// A statement that takes longer is worth a warning.
const SLOW: Duration = Duration::from_secs(1);
/// The longest text, in characters: an INSERT of many rows is mostly question marks.
const TEXT: usize = 1000;

/// Whether somebody wants to read every statement.
pub(crate) fn are_all_wanted() -> bool {
    enabled!(target: "db", Level::DEBUG)
}

/// A statement was run, whether or not it went well.
pub(crate) fn ran(sql: &str, took: Duration) {
    let duration_ms = took.as_secs_f64() * 1e3;
    if took >= SLOW {
        let statement = text(sql);
        tracing::warn!(target: "db", { "type" = "db", component = "store", statement, duration_ms }, "a slow statement");
    } else if are_all_wanted() {
        let statement = text(sql);
        tracing::debug!(target: "db", { "type" = "db", component = "store", statement, duration_ms }, "a statement");
    }
}

/// On one line.
fn text(sql: &str) -> String {
    let words: Vec<&str> = sql.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(TEXT) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// What is written by whoever may write from this level on.
    fn said(level: Level, say: impl FnOnce()) -> String {
        #[derive(Clone, Default)]
        struct Lines(Arc<Mutex<Vec<u8>>>);
        impl std::io::Write for Lines {
            fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
                self.0.lock().unwrap().extend(text);
                Ok(text.len())
            }
            fn flush(&mut self) -> std::io::Result<()> {
                Ok(())
            }
        }
        let lines = Lines::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(level)
            .with_writer(move || writer.clone())
            .finish();
        tracing::subscriber::with_default(subscriber, say);
        let lines = lines.0.lock().unwrap().clone();
        String::from_utf8(lines).unwrap()
    }

    #[test]
    fn a_slow_statement_is_a_warning_and_another_is_told_to_who_wants_every_one() {
        let quick = || ran("SELECT  1", SLOW - Duration::from_millis(1));
        assert_eq!(said(Level::INFO, quick), "");
        let line = said(Level::DEBUG, quick);
        for part in ["DEBUG db: a statement", "type=\"db\"", "statement=\"SELECT 1\"", "duration_ms=999"] {
            assert!(line.contains(part), "{line}");
        }
        let line = said(Level::INFO, || ran("SELECT 2", SLOW));
        assert!(line.contains("WARN db: a slow statement") && line.contains("duration_ms=1000"), "{line}");
    }

    #[test]
    fn a_statement_is_one_line_of_bounded_length() {
        assert_eq!(text("SELECT 1\n     FROM t\tWHERE x = ?"), "SELECT 1 FROM t WHERE x = ?");
        assert_eq!(text(&"字".repeat(TEXT)).chars().count(), TEXT);
        assert_eq!(text(&"字".repeat(TEXT + 1)).chars().count(), TEXT + 1);
    }
}
