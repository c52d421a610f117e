//! An order's events as a browser would read them (server-sent events, WHATWG HTML §9.2).

use reqwest::Response;
use serde_json::Value;
use std::time::Duration;

/// No test waits longer for an event.
const PATIENCE: Duration = Duration::from_secs(30);

/// One event.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its `id`, with which a client resumes.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its data.
    pub data: Value,
}

/// An open stream of events.
pub struct Events {
    response: Response,
    unread: String,
}

impl Events {
    /// Reads the events of this answer.
    pub fn new(response: Response) -> Self {
        Self { response, unread: String::new() }
    }

    /// The next event; none when the server has closed the stream.
    ///
    /// # Panics
    /// When nothing happens for long.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((block, rest)) = self.unread.split_once("\n\n") {
                let event = read(block);
                self.unread = rest.to_owned();
                match event {
                    // A comment that keeps the connection alive.
                    None => continue,
                    event => return event,
                }
            }
            let chunk = tokio::time::timeout(PATIENCE, self.response.chunk()).await;
            let chunk = chunk.expect("an event, or the end").ok().flatten()?;
            self.unread.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    /// All events until the server closes the stream.
    pub async fn until_closed(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

fn read(block: &str) -> Option<Event> {
    let field = |name: &str| {
        let line = block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(|value| value.trim_start().to_owned())
    };
    let data = serde_json::from_str(&field("data")?).unwrap_or(Value::Null);
    Some(Event { id: field("id").unwrap_or_default(), name: field("event").unwrap_or_default(), data })
}
