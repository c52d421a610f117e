//! Logs, and what a collector gets, from the start of the process to its end.

use crate::{
    LogFormat,
    lines::{Lines, LinesGuard},
    logs, otlp, recent,
};
use std::io;
use tracing_subscriber::{EnvFilter, Layer, Registry, layer::SubscriberExt, util::SubscriberInitExt};

/// What is to be told, and how.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// How log lines look on standard output.
    pub format: LogFormat,
    /// A level, or a list of `target=level`.
    pub filter: &'a str,
    /// What this program is called: the resource's `service.name`, unless `OTEL_SERVICE_NAME` says otherwise.
    pub service: &'static str,
    /// The program's version.
    pub version: &'static str,
    /// The name of this process among its like: the resource's `service.instance.id`.
    pub instance: &'a str,
}

/// Why the program cannot tell anything.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The filter is not one that `tracing_subscriber::EnvFilter` reads.
    #[error("log.level {0:?} is not a level (error, warn, info, debug, trace) nor a list of target=level")]
    Filter(String),
    /// There is no thread for it.
    #[error("the thread that writes log lines could not be started")]
    Thread(#[source] io::Error),
    /// The environment asks for a collector that cannot be served.
    #[error(transparent)]
    Otlp(#[from] otlp::OtlpError),
    /// It was started before.
    #[error("logging is started once in a process")]
    Twice,
}

/// Tells what is left when it is dropped, which takes no longer than 2 s: keep it until the program ends.
#[must_use]
pub struct Guard {
    _lines: LinesGuard,
}

impl Drop for Guard {
    fn drop(&mut self) {
        otlp::stop();
    }
}

/// Starts logging to standard output, on a thread of its own so that a slow reader never holds up a request, and to
/// the collector that the `OTEL_*` variables name, if they name one.
///
/// # Errors
/// When a setting cannot be understood.
pub fn start(options: Options<'_>) -> Result<Guard, StartError> {
    let filter =
        || EnvFilter::try_new(options.filter).map_err(|_| StartError::Filter(options.filter.to_owned()));
    let for_lines = filter()?;
    let for_recent = filter()?;
    let resource = otlp::resource(options.service, options.version, options.instance.to_owned());
    let bridge = otlp::start(&resource)?;
    let for_bridge = bridge.is_some().then(filter).transpose()?;
    let (stdout, guard) = Lines::to(io::stdout()).map_err(StartError::Thread)?;
    let mut layers = vec![logs::layer(stdout, options.format).with_filter(for_lines).boxed()];
    layers.push(recent::layer().with_filter(for_recent).boxed());
    layers.extend(bridge.zip(for_bridge).map(|(bridge, filter)| bridge.with_filter(filter).boxed()));
    Registry::default().with(layers).try_init().map_err(|_| StartError::Twice)?;
    Ok(Guard { _lines: guard })
}
