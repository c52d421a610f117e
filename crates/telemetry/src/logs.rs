//! Log lines: JSON for machines, a readable form for a terminal.

use crate::{
    json_line::{JsonLine, JsonMembers},
    lines::Lines,
};
use std::{
    io::{self, IsTerminal},
    str::FromStr,
};
use tracing_subscriber::{Layer, Registry};

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// [`LogFormat::Pretty`] on a terminal, [`LogFormat::Json`] otherwise.
    #[default]
    Auto,
    /// One JSON object a line.
    Json,
    /// For people.
    Pretty,
}

/// A word that is no format.
#[derive(Debug, thiserror::Error)]
#[error("log.format {0:?} is not one of auto, json, pretty")]
pub struct LogFormatError(String);

impl FromStr for LogFormat {
    type Err = LogFormatError;

    fn from_str(word: &str) -> Result<Self, LogFormatError> {
        match word {
            "auto" => Ok(Self::Auto),
            "json" => Ok(Self::Json),
            "pretty" => Ok(Self::Pretty),
            other => Err(LogFormatError(other.to_owned())),
        }
    }
}

/// Writes every event as a line.
pub(crate) fn layer(to: Lines, format: LogFormat) -> Box<dyn Layer<Registry> + Send + Sync> {
    let terminal = io::stdout().is_terminal();
    let lines = tracing_subscriber::fmt::layer().with_writer(to).with_ansi(terminal);
    if format == LogFormat::Pretty || (format == LogFormat::Auto && terminal) {
        lines.with_target(false).compact().boxed()
    } else {
        lines.fmt_fields(JsonMembers).event_format(JsonLine).boxed()
    }
}
