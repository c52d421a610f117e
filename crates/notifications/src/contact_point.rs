use alerting::Severity;
use lettre::message::Mailbox;
use secrecy::SecretString;

use crate::{SecretUrl, SmtpServer};

mod keys;

pub use keys::Invalid;

/// Where notifications are delivered to. Read from configuration, of which no error and no `Debug` shows a secret.
///
/// ```toml
/// name = "on-call"
/// type = "webhook"
/// url = "https://oncall.example/grafana/…"
/// authorization = "Bearer …"
/// least_severity = "page"
/// ```
#[derive(Debug, Clone)]
pub struct ContactPoint {
    /// The name by which it is known, `receiver` in payloads.
    pub name: String,
    /// It wants notifications of this severity and above; `ticket` unless configured.
    pub least_severity: Severity,
    /// What is there, and how it is reached.
    pub kind: Kind,
}

impl ContactPoint {
    /// Whether it wants to be told about something of this severity.
    pub fn wants(&self, severity: Severity) -> bool {
        severity >= self.least_severity
    }
}

/// What is at a contact point.
#[derive(Debug, Clone)]
pub enum Kind {
    /// Something that takes Grafana Alerting's webhooks.
    Webhook {
        /// Where it listens.
        url: SecretUrl,
        /// The whole value of the header `Authorization`, such as `Bearer …`.
        authorization: Option<SecretString>,
    },
    /// Slack, Mattermost or whatever else takes their incoming webhooks.
    Slack {
        /// The incoming webhook.
        url: SecretUrl,
    },
    /// People with a mailbox.
    Email {
        /// Who takes mail from us.
        server: SmtpServer,
        /// Who we are.
        from: Mailbox,
        /// Who they are.
        to: Vec<Mailbox>,
        /// The user to log in as, if the server wants that; there is a password if and only if there is a user.
        user: Option<String>,
        /// The user's password.
        password: Option<SecretString>,
    },
    /// A Prometheus Alertmanager, version 2 of its API.
    Alertmanager {
        /// Where it is, without `/api/v2`.
        url: SecretUrl,
        /// The whole value of the header `Authorization`, such as `Basic …`.
        authorization: Option<SecretString>,
    },
}

impl Kind {
    /// Whether what fires has to be told again every minute, because silence is taken for its end.
    pub fn wants_repeats(&self) -> bool {
        matches!(self, Self::Alertmanager { .. })
    }

    /// The word for it in configuration.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook",
            Self::Slack { .. } => "slack",
            Self::Email { .. } => "email",
            Self::Alertmanager { .. } => "alertmanager",
        }
    }
}
