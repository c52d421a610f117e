//! Telling people: one message, delivered to one contact point.
//!
//! [`Notifier::deliver`] says whether it arrived, or whether trying again may help. Nothing here keeps, counts or
//! repeats anything: that is the business of the outbox which calls it, with [`DeliveryError::retry_in`] for the pace.
//! Whatever the other side does, a delivery has ended after [`DEADLINE`].
//!
//! Four kinds of receiver are spoken to: whoever takes Grafana Alerting's webhooks, Slack and what is like it, people
//! with a mailbox, and Alertmanager.

mod contact_point;
mod delivery;
mod email;
mod notification;
mod notifier;
mod payload;
mod post;
mod retry_after;
mod secret_url;
mod secrets;
mod text;

pub use contact_point::{ContactPoint, Invalid, Kind};
pub use delivery::{DeliveryError, retry_delay};
pub use email::SmtpServer;
pub use notification::{Alert, Links, Notification, Status};
pub use notifier::{ConfigError, DEADLINE, Notifier};
pub use secret_url::SecretUrl;

pub use alerting::Severity;
pub use lettre::message::Mailbox;
