//! What must not be shown, and how it is kept out of what the other side says.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::{Kind, Notification, SecretUrl};

const REDACTED: &str = "[redacted]";

/// Shorter parts of an address are words such as `services`, not secrets.
const SHORTEST_PART: usize = 8;

/// How much of the other side's words is shown, in characters.
const SHOWN: usize = 200;

/// What could let somebody else act in our place, longest first, so that no secret is left over from another.
pub(crate) struct Secrets(Vec<String>);

impl Secrets {
    /// Those of a contact point, and the links of a notification that do something.
    pub(crate) fn of(kind: &Kind, notification: &Notification) -> Self {
        let mut secrets = Vec::new();
        match kind {
            Kind::Webhook { url, authorization } | Kind::Alertmanager { url, authorization } => {
                of_url(url, &mut secrets);
                of_authorization(authorization.as_ref(), &mut secrets);
            }
            Kind::Slack { url } => of_url(url, &mut secrets),
            Kind::Email { user, password, .. } => {
                of_login(user.as_deref(), password.as_ref(), &mut secrets);
            }
        }
        let acting = [&notification.links.fix, &notification.links.acknowledge];
        secrets.extend(acting.into_iter().flatten().map(Url::to_string));
        secrets.retain(|secret| !secret.is_empty());
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        Self(secrets)
    }

    /// Words of the other side's as they may be shown: one line of at most 200 characters without a secret in it.
    ///
    /// Cutting comes last, so that no half of a secret escapes recognition.
    pub(crate) fn redact(&self, words: &str) -> String {
        let words = self.0.iter().fold(words.to_owned(), |words, secret| words.replace(secret, REDACTED));
        let line = words.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
        line.collect::<Vec<_>>().join(" ").chars().take(SHOWN).collect()
    }
}

fn of_url(url: &SecretUrl, secrets: &mut Vec<String>) {
    let url = url.expose();
    if url.path().len() > 1 {
        secrets.push(url.path().to_owned());
    }
    secrets.extend(url.query().map(str::to_owned));
    let parts = url.path().split('/').map(str::to_owned);
    let values = url.query_pairs().map(|(_, value)| value.into_owned());
    secrets.extend(parts.chain(values).filter(|part| part.len() >= SHORTEST_PART));
}

/// `Bearer s3cret` is one, and `s3cret` another.
fn of_authorization(authorization: Option<&SecretString>, secrets: &mut Vec<String>) {
    let Some(authorization) = authorization.map(ExposeSecret::expose_secret) else { return };
    secrets.push(authorization.to_owned());
    secrets.extend(authorization.split_once(' ').map(|(_, credentials)| credentials.trim().to_owned()));
}

/// The password, and what SMTP's AUTH PLAIN and LOGIN make of it (RFC 4616).
fn of_login(user: Option<&str>, password: Option<&SecretString>, secrets: &mut Vec<String>) {
    let (Some(user), Some(password)) = (user, password.map(ExposeSecret::expose_secret)) else { return };
    secrets.push(password.to_owned());
    secrets.push(STANDARD.encode(password));
    secrets.push(STANDARD.encode(format!("\0{user}\0{password}")));
}
