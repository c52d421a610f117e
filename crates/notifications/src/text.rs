//! Words as people read them, each cut where it stops being readable.

use crate::Notification;

/// The longest title, in characters: what a lock screen shows.
const TITLE: usize = 120;

/// The longest message, in characters: what Slack takes in one piece.
const MESSAGE: usize = 4_000;

/// The title: one line, without anything that a terminal or a mail header would take for more than text.
pub(crate) fn title(notification: &Notification) -> String {
    let words = notification.title.split(|c: char| c.is_whitespace() || c.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    cut(&line, TITLE)
}

/// The message, its lines kept.
pub(crate) fn message(notification: &Notification) -> String {
    let text: String = notification.message.chars().filter(|c| *c == '\n' || !c.is_control()).collect();
    cut(text.trim(), MESSAGE)
}

/// The message with its links below it, each on a line of its own, for where a link is just an address.
pub(crate) fn message_and_links(notification: &Notification) -> String {
    let links: Vec<String> = notification.links.named().map(|(name, url)| format!("{name}: {url}")).collect();
    [message(notification), links.join("\n")]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n\n")
}

fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        // The last character makes room for the sign that there was more.
        Some(_) => text.chars().take(characters - 1).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_fits_stays_and_a_longer_one_ends_in_a_sign() {
        assert_eq!(cut("äöü", 3), "äöü");
        assert_eq!(cut("äöüß", 3), "äö…");
        assert_eq!(cut("", 3), "");
    }
}
