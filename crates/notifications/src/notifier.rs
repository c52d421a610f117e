use std::time::Duration;

use http::HeaderValue;
use jiff::Timestamp;
use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::Instant;
use url::Url;

use crate::email::Mailer;
use crate::payload::{alertmanager, grafana, slack};
use crate::post::{self, Post};
use crate::secrets::Secrets;
use crate::{ContactPoint, DeliveryError, Kind, Notification};

/// A delivery that has not succeeded by then has failed.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// Delivers notifications to contact points.
pub struct Notifier {
    points: Vec<ContactPoint>,
    channels: Vec<Channel>,
    client: Client,
    deadline: Duration,
}

/// A contact point as it is used, made once.
enum Channel {
    Posted {
        url: Url,
        authorization: Option<HeaderValue>,
        /// Writes the body, given the name of the contact point.
        body: fn(&str, &Notification) -> serde_json::Result<String>,
    },
    Mailed(Mailer),
}

/// Why contact points cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Two have the same name.
    #[error("there are two contact points `{0}`")]
    SameName(String),
    /// An `authorization` has characters that no header can carry.
    #[error("contact point `{0}`: `authorization` has characters that cannot be sent")]
    Authorization(String),
    /// The HTTP client could not be set up, most likely its TLS roots.
    #[error("the HTTP client could not be set up")]
    Http(#[source] reqwest::Error),
    /// TLS for mail could not be set up, most likely its roots.
    #[error("contact point `{point}`: TLS could not be set up")]
    Tls {
        /// The contact point.
        point: String,
        /// What is wrong.
        #[source]
        source: lettre::transport::smtp::Error,
    },
}

impl Notifier {
    /// Prepares for these contact points; nothing is connected yet.
    pub fn new(points: Vec<ContactPoint>) -> Result<Self, ConfigError> {
        for (index, point) in points.iter().enumerate() {
            if points[..index].iter().any(|other| other.name == point.name) {
                return Err(ConfigError::SameName(point.name.clone()));
            }
        }
        Ok(Self {
            channels: points.iter().map(channel).collect::<Result<_, _>>()?,
            client: post::client().map_err(ConfigError::Http)?,
            points,
            deadline: DEADLINE,
        })
    }

    /// The same with another deadline for a delivery than [`DEADLINE`].
    #[must_use]
    pub fn with_deadline(self, deadline: Duration) -> Self {
        Self { deadline, ..self }
    }

    /// The contact points, in the order of the configuration.
    pub fn points(&self) -> &[ContactPoint] {
        &self.points
    }

    /// Delivers a notification to the contact point of this name, whatever severity it wants.
    ///
    /// After a [`DeliveryError::Temporary`] it may have arrived all the same: receivers may be told twice.
    pub async fn deliver(&self, point: &str, notification: &Notification) -> Result<(), DeliveryError> {
        let known = self.points.iter().zip(&self.channels).find(|(known, _)| known.name == point);
        let Some((point, channel)) = known else {
            return Err(DeliveryError::permanent(format!("there is no contact point `{point}`")));
        };
        let deadline = Instant::now() + self.deadline;
        let secrets = Secrets::of(&point.kind, notification);
        match channel {
            Channel::Mailed(mailer) => mailer.send(notification, Timestamp::now(), &secrets, deadline).await,
            Channel::Posted { url, authorization, body } => {
                let body = body(&point.name, notification).map_err(|error| {
                    DeliveryError::permanent(format!("cannot be written as JSON: {error}"))
                })?;
                let post = Post { url, authorization: authorization.as_ref(), body, secrets: &secrets };
                post.send(&self.client, deadline).await
            }
        }
    }
}

fn channel(point: &ContactPoint) -> Result<Channel, ConfigError> {
    match &point.kind {
        Kind::Webhook { url, authorization } => Ok(Channel::Posted {
            url: url.expose().clone(),
            authorization: header(point, authorization.as_ref())?,
            body: |point, notification| serde_json::to_string(&grafana::webhook(point, notification)),
        }),
        Kind::Slack { url } => Ok(Channel::Posted {
            url: url.expose().clone(),
            authorization: None,
            body: |_, notification| serde_json::to_string(&slack::message(notification)),
        }),
        Kind::Alertmanager { url, authorization } => Ok(Channel::Posted {
            url: url.below("api/v2/alerts"),
            authorization: header(point, authorization.as_ref())?,
            body: |_, notification| {
                serde_json::to_string(&alertmanager::alerts(notification, Timestamp::now()))
            },
        }),
        Kind::Email { server, from, to, user, password } => {
            let login = user.as_ref().zip(password.as_ref());
            let mailer = Mailer::new(server, from, to, login);
            let failed = |source| ConfigError::Tls { point: point.name.clone(), source };
            Ok(Channel::Mailed(mailer.map_err(failed)?))
        }
    }
}

fn header(
    point: &ContactPoint,
    authorization: Option<&SecretString>,
) -> Result<Option<HeaderValue>, ConfigError> {
    let Some(authorization) = authorization else { return Ok(None) };
    let mut value = HeaderValue::from_str(authorization.expose_secret())
        .map_err(|_| ConfigError::Authorization(point.name.clone()))?;
    value.set_sensitive(true);
    Ok(Some(value))
}
