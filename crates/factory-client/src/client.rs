use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use factory_api::{OrderRequest, OrderResponse, ReportLink};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use reqwest::Response;
use secrecy::ExposeSecret;
use url::Url;

use crate::body::{Body, read_bounded};
use crate::keys::KeyRing;
use crate::retry_after::retry_after;
use crate::verify::{self, Pizza, VerifyError};
use crate::{ConfigError, FactoryConfig, Failure, FailureKind, ReportLinkError, Sent, redact, report};

const IDEMPOTENCY_KEY: &str = "idempotency-key";
const TRACEPARENT: &str = "traceparent";

/// Shorter than the keep-alive of the servers we know (Node: 5 s), so that no call is lost to a
/// connection that the factory is just closing.
const IDLE: Duration = Duration::from_secs(4);

/// A client of one factory. Cheap to clone; clones share connections and keys.
#[derive(Clone)]
pub struct FactoryClient {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    pub(crate) config: FactoryConfig,
    pub(crate) http: reqwest::Client,
    order_url: Url,
    pub(crate) authorization: HeaderValue,
    keys: KeyRing,
}

impl FactoryClient {
    /// Makes a client; nothing is connected or fetched yet.
    pub fn new(config: FactoryConfig) -> Result<Self, ConfigError> {
        if !matches!(config.base_url.scheme(), "http" | "https") {
            return Err(ConfigError::BaseUrl);
        }
        let http = reqwest::Client::builder()
            .connect_timeout(config.connect_timeout)
            .timeout(config.attempt_timeout)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .tcp_nodelay(true)
            .pool_idle_timeout(IDLE)
            .build()
            .map_err(ConfigError::Http)?;
        let keys = KeyRing::new(
            http.clone(),
            under(&config.base_url, ".well-known/jwks.json"),
            config.jwks_refresh_min_interval,
            config.max_response_bytes,
        );
        Ok(Self {
            shared: Arc::new(Shared {
                http,
                order_url: under(&config.base_url, "api/order"),
                authorization: authorization(&config)?,
                keys,
                config,
            }),
        })
    }

    /// Asks the factory once to make this order. The same key always means the same pizza.
    ///
    /// `traceparent` is the W3C trace context the call belongs to.
    pub async fn send(
        &self,
        request: &OrderRequest,
        idempotency_key: &str,
        traceparent: Option<&str>,
    ) -> Sent {
        let mut call = self
            .shared
            .http
            .post(self.shared.order_url.clone())
            .header(header::AUTHORIZATION, self.shared.authorization.clone())
            .header(IDEMPOTENCY_KEY, idempotency_key)
            .json(request);
        if let Some(trace) = traceparent.and_then(|text| HeaderValue::from_str(text).ok()) {
            call = call.header(TRACEPARENT, trace);
        }
        match call.send().await {
            Ok(response) => self.classify(response).await,
            Err(error) => Sent::Failed(self.transport_failure(error)),
        }
    }

    /// The host that calls go to.
    pub fn host(&self) -> &str {
        self.shared.order_url.host_str().unwrap_or_default()
    }

    /// Checks that a token is the pizza of this order: signature against the factory's keys, vendor,
    /// order and times.
    pub async fn verify(&self, jwt: &str, order_id: i64) -> Result<Pizza, VerifyError> {
        let vendor_id = self.shared.config.vendor_id.as_deref();
        verify::verify(&self.shared.keys, jwt, vendor_id, order_id).await
    }

    /// Ends the chaos behind a report link, and gives the factory's words for it. A link to any
    /// other origin than the factory's own is not followed.
    pub async fn follow_report_link(&self, link: &ReportLink) -> Result<String, ReportLinkError> {
        let config = &self.shared.config;
        report::follow(&self.shared.http, config, link).await
    }

    /// What an answer of the factory to [`Self::send`] means, whoever received it.
    pub async fn classify(&self, response: Response) -> Sent {
        let status = response.status();
        let headers = response.headers().clone();
        let answer = match read_bounded(response, self.shared.config.max_response_bytes).await {
            Ok(body) => body,
            // What the status says is known even when the rest is lost.
            Err(_) if !status.is_success() => Body::empty(),
            Err(error) => {
                return Sent::Failed(Failure {
                    status: Some(status.as_u16()),
                    ..self.transport_failure(error)
                });
            }
        };
        match status {
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
                Sent::Refused {
                    status: status.as_u16(),
                    message: redact::words(&answer.bytes, self.shared.config.api_key.expose_secret()),
                }
            }
            StatusCode::CONFLICT => Sent::InProgress { retry_after: retry_after(&headers, Timestamp::now()) },
            success if success.is_success() => self.read_token(success, &headers, &answer),
            failure => Sent::Failed(self.failure(kind_of(failure), failure, &headers, &answer)),
        }
    }

    fn read_token(&self, status: StatusCode, headers: &HeaderMap, answer: &Body) -> Sent {
        if answer.cut {
            return Sent::Failed(Failure {
                message: "the answer is too large".to_owned(),
                ..self.failure(FailureKind::Unreadable, status, headers, answer)
            });
        }
        match serde_json::from_slice::<OrderResponse>(&answer.bytes) {
            Ok(made) if !made.jwt.is_empty() => Sent::Made { jwt: made.jwt, report_link: made.report_url },
            _ => Sent::Failed(self.failure(FailureKind::BadPizza, status, headers, answer)),
        }
    }

    fn failure(&self, kind: FailureKind, status: StatusCode, headers: &HeaderMap, answer: &Body) -> Failure {
        Failure {
            kind,
            status: Some(status.as_u16()),
            message: redact::body(&answer.bytes, self.shared.config.api_key.expose_secret()),
            retry_after: retry_after(headers, Timestamp::now()),
            report_link: serde_json::from_slice::<WithReport>(&answer.bytes)
                .ok()
                .and_then(|body| body.report_url.as_deref().and_then(ReportLink::parse)),
        }
    }

    fn transport_failure(&self, error: reqwest::Error) -> Failure {
        // A connect timeout is a connect failure: nothing was sent.
        let kind = if error.is_connect() || error.is_builder() {
            FailureKind::Connect
        } else if error.is_timeout() {
            FailureKind::Timeout
        } else {
            FailureKind::Unreadable
        };
        Failure {
            kind,
            status: None,
            message: redact::message(&chain(error), self.shared.config.api_key.expose_secret()),
            retry_after: None,
            report_link: None,
        }
    }
}

/// The one member that any answer may carry.
#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct WithReport {
    report_url: Option<String>,
}

/// What an answer that is neither a success nor about this order says of the factory.
fn kind_of(status: StatusCode) -> FailureKind {
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => FailureKind::Unauthorized,
        StatusCode::TOO_MANY_REQUESTS => FailureKind::RateLimited,
        _ => FailureKind::Status,
    }
}

fn authorization(config: &FactoryConfig) -> Result<HeaderValue, ConfigError> {
    let text = format!("Bearer {}", config.api_key.expose_secret());
    let mut value = HeaderValue::from_str(&text).map_err(|_| ConfigError::ApiKey)?;
    value.set_sensitive(true);
    Ok(value)
}

/// `path` below the base, whether or not the base ends with a slash.
pub(crate) fn under(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}/{path}", base.path().trim_end_matches('/')));
    url.set_query(None);
    url.set_fragment(None);
    url
}

/// An error and its causes in one line, without the URL.
pub(crate) fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
