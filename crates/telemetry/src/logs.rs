//! Log lines: JSON for machines, a readable form for a terminal.

use crate::{
    json_line::{JsonLine, JsonMembers},
    lines::{Lines, LinesGuard},
};
use std::{
    io::{self, IsTerminal},
    str::FromStr,
};
use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

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

impl FromStr for LogFormat {
    type Err = LogsError;

    fn from_str(word: &str) -> Result<Self, LogsError> {
        match word {
            "auto" => Ok(Self::Auto),
            "json" => Ok(Self::Json),
            "pretty" => Ok(Self::Pretty),
            other => Err(LogsError::Format(other.to_owned())),
        }
    }
}

/// Why logging cannot start.
#[derive(Debug, thiserror::Error)]
pub enum LogsError {
    /// The filter is not one that `tracing_subscriber::EnvFilter` reads.
    #[error("log.level {0:?} is not a level (error, warn, info, debug, trace) nor a list of target=level")]
    Filter(String),
    /// Not a format.
    #[error("log.format {0:?} is not one of auto, json, pretty")]
    Format(String),
    /// There is no thread for it.
    #[error("the thread that writes log lines could not be started")]
    Thread(#[source] io::Error),
    /// Logging was started before.
    #[error("logging is started once in a process")]
    Twice,
}

/// Writes what is left when it is dropped: keep it until the program ends.
#[must_use]
pub struct LogGuard {
    _lines: LinesGuard,
}

/// Starts logging to stdout, on a thread of its own so that a slow reader never holds up a request.
pub fn start_logs(format: LogFormat, filter: &str) -> Result<LogGuard, LogsError> {
    let env_filter = EnvFilter::try_new(filter).map_err(|_| LogsError::Filter(filter.to_owned()))?;
    let terminal = io::stdout().is_terminal();
    let (stdout, guard) = Lines::to(io::stdout()).map_err(LogsError::Thread)?;
    let lines = tracing_subscriber::fmt::layer().with_writer(stdout).with_ansi(terminal);
    let pretty = format == LogFormat::Pretty || (format == LogFormat::Auto && terminal);
    let lines = if pretty {
        lines.with_target(false).compact().boxed()
    } else {
        lines.fmt_fields(JsonMembers).event_format(JsonLine).boxed()
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(env_filter))
        .try_init()
        .map_err(|_| LogsError::Twice)?;
    Ok(LogGuard { _lines: guard })
}
