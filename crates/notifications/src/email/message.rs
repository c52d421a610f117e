use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lettre::Message;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::html;
use crate::{Notification, text};

/// Keeps answering machines from answering (RFC 3834).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// The mail that a notification becomes.
///
/// All mail of a group answers the same message, which need not exist, so that a mailbox shows what fires and what is
/// over as one thread. The same notification is the same message however often it is sent.
pub(crate) fn message(
    notification: &Notification,
    from: &Mailbox,
    to: &[Mailbox],
    now: Timestamp,
) -> Result<Message, lettre::error::Error> {
    let domain = from.email.domain();
    let thread = format!("<{}.group@{domain}>", digest(&notification.group));
    let this = digest(notification);
    let mut builder = Message::builder()
        .from(from.clone())
        .date(date(now))
        .subject(text::title(notification))
        .message_id(Some(format!("<{this}@{domain}>")))
        .in_reply_to(thread.clone())
        .references(thread)
        .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()));
    for mailbox in to {
        builder = builder.to(mailbox.clone());
    }
    let part = |kind, body: String| SinglePart::builder().header(kind).body(body);
    let parts = MultiPart::alternative()
        .boundary(&this)
        .singlepart(part(ContentType::TEXT_PLAIN, text::message_and_links(notification)))
        .singlepart(part(ContentType::TEXT_HTML, html::page(notification)));
    builder.multipart(parts)
}

/// A mail has no date before 1970, whatever the clock says.
fn date(now: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(now.as_second().try_into().unwrap_or_default())
}

/// What names a thing without showing it; the first 128 bits are enough to tell messages apart.
fn digest(of: &(impl Serialize + ?Sized)) -> String {
    // Neither a text nor a notification can fail to become JSON: no keys but texts, no maps of anything else.
    let json = serde_json::to_vec(of).unwrap_or_default();
    Sha256::digest(json).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}
