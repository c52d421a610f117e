//! One delivery to the collector, within its time. That it fails is said once, and once more when it works again.

use super::{
    OtlpError,
    settings::{Settings, Signal},
};
use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry_http::{HttpClient, HttpError};
use reqwest::{blocking::Client, redirect::Policy};
use std::{
    fmt,
    io::Read,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

/// The most that is read of an answer, in bytes; it has nothing for us.
const LONGEST_ANSWER: u64 = 64 * 1024;

pub(super) struct Collector {
    signal: Signal,
    http: Client,
    failing: AtomicBool,
}

impl Collector {
    pub(super) fn new(settings: &Settings, signal: Signal) -> Result<Self, OtlpError> {
        let client = Client::builder()
            .timeout(settings.timeout(signal))
            .redirect(Policy::none())
            .pool_max_idle_per_host(1)
            .user_agent(concat!("jwt-pizza/", env!("CARGO_PKG_VERSION")));
        // It starts a runtime of its own, which cannot be done within ours.
        let http = thread::spawn(move || client.build()).join().map_err(|_| OtlpError::Thread)?;
        Ok(Self { signal, http: http.map_err(OtlpError::Client)?, failing: AtomicBool::new(false) })
    }

    fn deliver(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        // What it says is shown: so without the URL, which may have a key in it.
        let answer = self.http.execute(request.try_into()?).map_err(reqwest::Error::without_url)?;
        let mut response = Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            headers.clone_from(answer.headers());
        }
        let mut body = Vec::new();
        answer.take(LONGEST_ANSWER).read_to_end(&mut body)?;
        Ok(response.body(body.into())?)
    }

    fn tell(&self, answer: &Result<Response<Bytes>, HttpError>) {
        let why = match answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(answer.status().to_string()),
            Err(error) => Some(chain(error.as_ref())),
        };
        let signal = self.signal.word();
        match (why, self.failing.load(Ordering::Relaxed)) {
            (Some(why), false) => {
                self.failing.store(true, Ordering::Relaxed);
                tracing::warn!(
                    "type" = "telemetry",
                    component = "otlp",
                    signal,
                    why,
                    "the collector takes nothing"
                );
            }
            (None, true) => {
                self.failing.store(false, Ordering::Relaxed);
                tracing::info!("type" = "telemetry", component = "otlp", signal, "the collector is back");
            }
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for Collector {
    /// Blocks: the SDK calls it on threads of its own.
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let answer = self.deliver(request);
        self.tell(&answer);
        answer
    }
}

impl fmt::Debug for Collector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collector").field("signal", &self.signal).finish_non_exhaustive()
    }
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
