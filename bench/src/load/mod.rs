//! Load: closed loops, where each connection asks again as soon as it is answered, and open ones, where requests
//! come when they come.

mod closed;
mod connection;
mod open;
mod outcome;

pub use closed::closed_loop;
pub use connection::Connection;
pub use open::open_loop;
pub use outcome::Outcome;

use std::{net::SocketAddr, time::Duration};

/// What is asked of whom.
pub struct Load<'a> {
    /// The server.
    pub target: SocketAddr,
    /// For each connection what it sends, again and again: whole requests, as bytes.
    pub requests: &'a [Vec<u8>],
    /// How long it runs before it counts.
    pub warm_up: Duration,
    /// How long it counts.
    pub span: Duration,
}

/// Longer than any answer takes; after that the server hangs.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

/// A request as bytes.
pub fn request(method: &str, path: &str, token: Option<&str>, body: Option<&str>) -> Vec<u8> {
    let mut request = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\n");
    if let Some(token) = token {
        request += &format!("Authorization: Bearer {token}\r\n");
    }
    if let Some(body) = body {
        request += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
    }
    request += "\r\n";
    request += body.unwrap_or_default();
    request.into_bytes()
}
