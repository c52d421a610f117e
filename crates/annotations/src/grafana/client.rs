use http::{HeaderValue, Method, StatusCode, header};
use reqwest::Response;
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use url::Url;

use super::wire::{Body, Posted, Stored};
use super::{ConfigError, GrafanaConfig};
use crate::{AnnotationError, AnnotationId};

/// How much of an answer is read, in bytes.
const MOST_READ: usize = 256 * 1024;

/// How many annotations of one moment are looked through for ours.
const MOST_FOUND: usize = 100;

/// How much of Grafana's words is shown, in characters.
const SHOWN: usize = 200;

/// Grafana's API, one method a request.
pub(super) struct Client {
    http: reqwest::Client,
    annotations: Url,
    authorization: HeaderValue,
    token: SecretString,
}

/// Why a request failed.
#[derive(Debug)]
pub(super) enum Refusal {
    /// 404.
    NotThere {
        why: String,
    },
    Temporary {
        why: String,
    },
    Permanent {
        why: String,
    },
}

impl From<Refusal> for AnnotationError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Temporary { why } => Self::Temporary { why },
            Refusal::NotThere { why } | Refusal::Permanent { why } => Self::Permanent { why },
        }
    }
}

impl Client {
    pub(super) fn new(config: &GrafanaConfig) -> Result<Self, ConfigError> {
        let mut annotations = config.url.clone();
        let user = !config.url.username().is_empty() || config.url.password().is_some();
        if !matches!(config.url.scheme(), "http" | "https") || user {
            return Err(ConfigError::Url);
        }
        annotations.set_path(&format!("{}/api/annotations", config.url.path().trim_end_matches('/')));
        annotations.set_query(None);
        annotations.set_fragment(None);
        let token = config.token.expose_secret();
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| ConfigError::Token)?;
        authorization.set_sensitive(true);
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            // Regions are written minutes apart; a connection kept for the next one would be closed by then.
            .pool_max_idle_per_host(0)
            .user_agent(concat!("jwt-pizza-service/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(ConfigError::Http)?;
        Ok(Self { http, annotations, authorization, token: config.token.clone() })
    }

    pub(super) async fn post(&self, body: &Body) -> Result<AnnotationId, Refusal> {
        let posted: Posted = self.ask(Method::POST, self.annotations.clone(), Some(body)).await?;
        Ok(AnnotationId(posted.id))
    }

    pub(super) async fn patch(&self, id: AnnotationId, body: &Body) -> Result<(), Refusal> {
        self.call(Method::PATCH, self.one(id), Some(body)).await.map(drop)
    }

    pub(super) async fn delete(&self, id: AnnotationId) -> Result<(), Refusal> {
        match self.call(Method::DELETE, self.one(id), None).await {
            Ok(_) | Err(Refusal::NotThere { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Not in the manual, but in Grafana's own OpenAPI document since version 8 (`getAnnotationByID`).
    pub(super) async fn get(&self, id: AnnotationId) -> Result<Stored, Refusal> {
        self.ask(Method::GET, self.one(id), None).await
    }

    /// Annotations of that moment with those tags. Grafana finds what overlaps.
    pub(super) async fn find(&self, body: &Body) -> Result<Vec<Stored>, Refusal> {
        let mut url = self.annotations.clone();
        url.query_pairs_mut()
            .append_pair("type", "annotation")
            .append_pair("from", &body.time.to_string())
            .append_pair("to", &body.time.saturating_add(1).to_string())
            .append_pair("limit", &MOST_FOUND.to_string())
            .extend_pairs(body.tags.iter().map(|tag| ("tags", tag)))
            .extend_pairs(body.dashboard_uid.iter().map(|uid| ("dashboardUID", uid)));
        self.ask(Method::GET, url, None).await
    }

    fn one(&self, id: AnnotationId) -> Url {
        let mut url = self.annotations.clone();
        url.set_path(&format!("{}/{}", self.annotations.path(), id.0));
        url
    }

    async fn ask<A: DeserializeOwned>(
        &self,
        method: Method,
        url: Url,
        body: Option<&Body>,
    ) -> Result<A, Refusal> {
        let answer = self.call(method, url, body).await?;
        // Nobody knows whether an answer that makes no sense is there to stay; what it answered may be done.
        serde_json::from_slice(&answer)
            .map_err(|_| Refusal::Temporary { why: "Grafana's answer is not what it should be".to_owned() })
    }

    async fn call(&self, method: Method, url: Url, body: Option<&Body>) -> Result<Vec<u8>, Refusal> {
        let mut request =
            self.http.request(method, url).header(header::AUTHORIZATION, self.authorization.clone());
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await.map_err(|error| self.transport(error))?;
        let status = response.status();
        let answer = read(response).await;
        if status.is_success() {
            return answer.map_err(|error| self.transport(error));
        }
        // What the status says is known even when the rest is lost.
        Err(self.refusal(status, &answer.unwrap_or_default()))
    }

    fn refusal(&self, status: StatusCode, answer: &[u8]) -> Refusal {
        let why = format!("Grafana: HTTP {status} {}", self.shown(&String::from_utf8_lossy(answer)));
        match status {
            StatusCode::NOT_FOUND => Refusal::NotThere { why },
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => Refusal::Temporary { why },
            status if status.is_server_error() => Refusal::Temporary { why },
            _ => Refusal::Permanent { why },
        }
    }

    fn transport(&self, error: reqwest::Error) -> Refusal {
        let kind = if error.is_connect() { "cannot be reached" } else { "broke off" };
        Refusal::Temporary {
            why: format!("Grafana {kind}: {}", self.shown(&error.without_url().to_string())),
        }
    }

    /// One line of Grafana's words, without our token should they repeat it.
    fn shown(&self, words: &str) -> String {
        let token = self.token.expose_secret();
        let words = if token.is_empty() { words.to_owned() } else { words.replace(token, "[redacted]") };
        words.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect()
    }
}

/// At most so much of an answer: more than that makes no sense anyway.
async fn read(mut response: Response) -> Result<Vec<u8>, reqwest::Error> {
    let mut answer = Vec::new();
    while answer.len() < MOST_READ
        && let Some(chunk) = response.chunk().await?
    {
        answer.extend_from_slice(&chunk[..chunk.len().min(MOST_READ - answer.len())]);
    }
    Ok(answer)
}
