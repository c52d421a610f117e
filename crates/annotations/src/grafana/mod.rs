//! Grafana's annotations
//! (<https://grafana.com/docs/grafana/latest/developer-resources/api-reference/http-api/annotations/>).
//!
//! Two things are not as one would expect of the documentation. `PATCH` has been seen to report success without moving
//! the end (<https://github.com/grafana/grafana/issues/27018>), so what it did is read back, and what it did not do is
//! done by deleting and posting. And what timed out may have been posted all the same, so before a region is posted it
//! is looked for.

mod client;
mod wire;

use std::time::Duration;

use async_trait::async_trait;
use secrecy::SecretString;
use tokio::time::timeout;
use url::Url;

use crate::{AnnotationError, AnnotationId, Annotations, Region};
use client::{Client, Refusal};
use wire::Body;

/// A call that has not succeeded by then, all its requests together, has failed.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// How to reach a Grafana.
#[derive(Debug, Clone)]
pub struct GrafanaConfig {
    /// Where it is; a path, if any, is kept in front of Grafana's own paths.
    pub url: Url,
    /// The token of a service account that may read, create, write and delete annotations.
    pub token: SecretString,
    /// The only dashboard that shows regions which name none; all dashboards when absent.
    pub dashboard_uid: Option<String>,
    /// The only panel of that dashboard.
    pub panel_id: Option<i64>,
}

/// Why no client can be made of a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The URL is not `http` or `https`, or holds a user.
    #[error("Grafana's URL must begin with http:// or https://, and hold no user name")]
    Url,
    /// The token has characters that no header can carry.
    #[error("Grafana's token has characters that cannot be sent")]
    Token,
    /// The HTTP client could not be set up, most likely its TLS roots.
    #[error("the HTTP client could not be set up")]
    Http(#[source] reqwest::Error),
}

/// Annotations in a Grafana.
pub struct GrafanaAnnotations {
    client: Client,
    dashboard_uid: Option<String>,
    panel_id: Option<i64>,
    deadline: Duration,
}

impl GrafanaAnnotations {
    /// Prepares for a Grafana; nothing is connected yet.
    pub fn new(config: GrafanaConfig) -> Result<Self, ConfigError> {
        Ok(Self {
            client: Client::new(&config)?,
            dashboard_uid: config.dashboard_uid,
            panel_id: config.panel_id,
            deadline: DEADLINE,
        })
    }

    /// The same with another deadline for a call than [`DEADLINE`].
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, Refusal>>) -> Result<T, AnnotationError> {
        match timeout(self.deadline, work).await {
            Ok(result) => result.map_err(AnnotationError::from),
            Err(_) => Err(AnnotationError::Temporary { why: "Grafana did not answer in time".to_owned() }),
        }
    }

    fn body(&self, region: &Region) -> Body {
        match &region.dashboard_uid {
            Some(uid) => Body::new(region, Some(uid), region.panel_id),
            None => Body::new(region, self.dashboard_uid.as_deref(), self.panel_id),
        }
    }
}

#[async_trait]
impl Annotations for GrafanaAnnotations {
    async fn write(&self, region: &Region) -> Result<AnnotationId, AnnotationError> {
        let body = self.body(region);
        self.in_time(self.client.write(&body)).await
    }

    async fn end(&self, id: AnnotationId, region: &Region) -> Result<AnnotationId, AnnotationError> {
        let body = self.body(region);
        self.in_time(self.client.end(id, &body)).await
    }
}

impl Client {
    async fn write(&self, body: &Body) -> Result<AnnotationId, Refusal> {
        let there = match self.find(body).await {
            Ok(stored) => stored.into_iter().find(|stored| stored.is(body)),
            // Who may not read can still write.
            Err(Refusal::Permanent { .. } | Refusal::NotThere { .. }) => None,
            Err(error) => return Err(error),
        };
        match there {
            Some(stored) => Ok(AnnotationId(stored.id)),
            None => self.post(body).await,
        }
    }

    async fn end(&self, id: AnnotationId, body: &Body) -> Result<AnnotationId, Refusal> {
        match self.patch(id, body).await {
            Err(Refusal::NotThere { .. }) => return self.write(body).await,
            result => result?,
        }
        match self.get(id).await {
            Ok(stored) if stored.is(body) => return Ok(id),
            // Deleting comes first: if posting fails then, the next try finds nothing, and posts.
            Ok(_) => self.delete(id).await?,
            Err(Refusal::NotThere { .. }) => {}
            Err(error) => return Err(error),
        }
        self.write(body).await
    }
}
