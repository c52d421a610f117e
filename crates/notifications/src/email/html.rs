use std::fmt::Write;

use crate::{Notification, text};

/// The notification as a small page: no image, no script, nothing that is loaded from anywhere.
pub(super) fn page(notification: &Notification) -> String {
    let mut page = format!(
        "<!doctype html>\n<html><body style=\"font-family:sans-serif\">\n<h2>{}</h2>\n<p>{}</p>\n",
        escaped(&text::title(notification)),
        escaped(&text::message(notification)).replace('\n', "<br>\n"),
    );
    for (name, url) in notification.links.named() {
        // Writing to a text cannot fail.
        let _ = writeln!(page, "<p><a href=\"{}\">{name}</a></p>", escaped(url.as_str()));
    }
    page.push_str("</body></html>\n");
    page
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
