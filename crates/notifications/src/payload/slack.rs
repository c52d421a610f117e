//! An incoming webhook of Slack's, in the older shape with attachments that Mattermost and Rocket.Chat take too
//! (<https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments>).

use alerting::Severity;
use serde::Serialize;

use crate::{Notification, Status, text};

/// The body: `text` is what a phone's lock screen shows, the attachment what is below it.
#[derive(Serialize)]
pub(crate) struct Message {
    text: String,
    attachments: [Attachment; 1],
}

#[derive(Serialize)]
struct Attachment {
    fallback: String,
    color: &'static str,
    text: String,
    footer: String,
    /// Seconds since 1970: since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    ts: Option<i64>,
    mrkdwn_in: [&'static str; 1],
}

/// The body for a notification.
pub(crate) fn message(notification: &Notification) -> Message {
    let title = escaped(&text::title(notification));
    let links: Vec<String> = notification
        .links
        .named()
        .map(|(name, url)| format!("<{}|{name}>", escaped(url.as_str()).replace('|', "%7C")))
        .collect();
    let parts = [escaped(&text::message(notification)), links.join(" · ")];
    let below: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Message {
        attachments: [Attachment {
            fallback: title.clone(),
            color: color(notification),
            text: below.join("\n\n"),
            footer: escaped(&notification.group),
            ts: notification.alerts.iter().map(|alert| alert.starts_at.as_second()).min(),
            mrkdwn_in: ["text"],
        }],
        text: title,
    }
}

fn color(notification: &Notification) -> &'static str {
    match (notification.status, notification.severity) {
        (Status::Resolved, _) => "good",
        (Status::Firing, Severity::Page) => "danger",
        (Status::Firing, _) => "warning",
        (Status::Test, _) => "#439fe0",
    }
}

/// The three characters that mean something to Slack; without them nothing in a text is a link or calls a channel.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
