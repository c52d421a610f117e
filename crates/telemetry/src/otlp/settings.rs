//! What the environment says, by the names of the OpenTelemetry specification:
//! <https://opentelemetry.io/docs/specs/otel/protocol/exporter/>. What is not read here, the SDK reads itself
//! (endpoints, headers, intervals, queue sizes).

use std::time::Duration;

/// How long a collector may take for one delivery when nothing else is said, as the specification has it.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Why nothing can be sent to a collector.
#[derive(Debug, thiserror::Error)]
pub enum OtlpError {
    /// Another protocol than ours was asked for.
    #[error(
        "{variable} is {given:?}, and only http/protobuf is spoken here (a collector takes it on port 4318)"
    )]
    Protocol {
        /// Which variable.
        variable: String,
        /// What it says.
        given: String,
    },
    /// A variable that the exporter cannot work with.
    #[error("the OTEL_EXPORTER_OTLP_* variables cannot be used")]
    Exporter(#[from] opentelemetry_otlp::ExporterBuildError),
    /// There is no HTTP client.
    #[error("the HTTP client for the collector could not be set up")]
    Client(#[source] reqwest::Error),
    /// There is no thread for it.
    #[error("there is no thread to set up the HTTP client for the collector")]
    Thread,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Metrics,
    Logs,
    Traces,
}

impl Signal {
    const ALL: [Self; 3] = [Self::Metrics, Self::Logs, Self::Traces];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Metrics => "METRICS",
            Self::Logs => "LOGS",
            Self::Traces => "TRACES",
        }
    }
}

#[derive(Debug)]
pub(super) struct Settings {
    /// Those that there is a collector for, each with how long it may take.
    signals: Vec<(Signal, Duration)>,
    pub(super) sampler_is_given: bool,
}

impl Settings {
    /// Nothing, if no collector is named or all is switched off.
    pub(super) fn from_env(get: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, OtlpError> {
        let get =
            |name: &str| get(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
        if get("OTEL_SDK_DISABLED").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            return Ok(None);
        }
        let mut signals = Vec::new();
        for signal in Signal::ALL {
            let word = signal.word();
            // A signal's own variable goes before the one for all.
            let own = |part: &str| format!("OTEL_EXPORTER_OTLP_{word}_{part}");
            let either = |part: &str| {
                [own(part), format!("OTEL_EXPORTER_OTLP_{part}")]
                    .into_iter()
                    .find_map(|name| get(&name).map(|value| (name, value)))
            };
            let switched_off = get(&format!("OTEL_{word}_EXPORTER")).is_some_and(|value| value == "none");
            if switched_off || either("ENDPOINT").is_none() {
                continue;
            }
            if let Some((variable, given)) = either("PROTOCOL").filter(|(_, value)| value != "http/protobuf")
            {
                return Err(OtlpError::Protocol { variable, given });
            }
            let timeout = either("TIMEOUT").and_then(|(_, value)| value.parse().ok());
            signals.push((signal, timeout.map_or(TIMEOUT, Duration::from_millis)));
        }
        let sampler_is_given = get("OTEL_TRACES_SAMPLER").is_some();
        Ok(Some(Self { signals, sampler_is_given }).filter(|settings| !settings.signals.is_empty()))
    }

    pub(super) fn has(&self, signal: Signal) -> bool {
        self.signals.iter().any(|(other, _)| *other == signal)
    }

    /// How long the collector may take for one delivery.
    pub(super) fn timeout(&self, signal: Signal) -> Duration {
        let found = self.signals.iter().find(|(other, _)| *other == signal);
        found.map_or(TIMEOUT, |(_, timeout)| *timeout)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn settings(variables: &[(&str, &str)]) -> Result<Option<Settings>, OtlpError> {
        Settings::from_env(|name| {
            variables.iter().find(|(other, _)| *other == name).map(|(_, value)| (*value).to_owned())
        })
    }

    const ENDPOINT: (&str, &str) = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318");

    #[test]
    fn without_a_collector_there_is_nothing() {
        assert!(settings(&[]).unwrap().is_none());
        assert!(settings(&[("OTEL_EXPORTER_OTLP_ENDPOINT", " ")]).unwrap().is_none());
        assert!(settings(&[ENDPOINT, ("OTEL_SDK_DISABLED", "true")]).unwrap().is_none());
        assert!(settings(&[("OTEL_EXPORTER_OTLP_HEADERS", "a=b")]).unwrap().is_none());
    }

    #[test]
    fn one_endpoint_is_for_all_and_one_of_a_signal_for_that_signal() {
        let all = settings(&[ENDPOINT]).unwrap().unwrap();
        assert!(Signal::ALL.into_iter().all(|signal| all.has(signal)));
        let logs = settings(&[("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://l/x")]).unwrap().unwrap();
        assert_eq!(Signal::ALL.map(|signal| logs.has(signal)), [false, true, false]);
        let no_traces = settings(&[ENDPOINT, ("OTEL_TRACES_EXPORTER", "none")]).unwrap().unwrap();
        assert_eq!(Signal::ALL.map(|signal| no_traces.has(signal)), [true, true, false]);
    }

    #[test]
    fn a_signal_s_own_time_goes_before_everybody_s() {
        let some = settings(&[
            ENDPOINT,
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "300"),
            ("OTEL_EXPORTER_OTLP_LOGS_TIMEOUT", "5"),
        ]);
        let some = some.unwrap().unwrap();
        assert_eq!(some.timeout(Signal::Logs), Duration::from_millis(5));
        assert_eq!(some.timeout(Signal::Traces), Duration::from_millis(300));
        assert_eq!(settings(&[ENDPOINT]).unwrap().unwrap().timeout(Signal::Logs), TIMEOUT);
    }

    #[test]
    fn a_protocol_that_is_not_spoken_here_is_named() {
        let error = settings(&[ENDPOINT, ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).unwrap_err().to_string();
        assert!(error.contains("OTEL_EXPORTER_OTLP_PROTOCOL") && error.contains("grpc"), "{error}");
        assert!(settings(&[ENDPOINT, ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf")]).is_ok());
        assert!(settings(&[("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")]).unwrap().is_none());
    }
}
