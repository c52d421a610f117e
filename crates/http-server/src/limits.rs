//! What one server grants its clients.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::time::Duration;

/// Headers that one request may have; more are answered with 431. It is fixed, because hyper allocates for each
/// request when it is not this number.
pub const MAX_HEADERS: usize = 100;

/// Files that a process needs for other things than connections: its database, its log, its own calls.
const OTHER_FILES: u64 = 256;

/// What one server grants its clients.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections at one time, or fewer if the process may not open so many files. When all places are taken, whoever
    /// came first of those who are idle is closed; if there is none, of those who have not asked yet. More wait to be
    /// accepted.
    pub connections: usize,
    /// Connections at one time from one client, which is an IPv4 address or an IPv6 /64. More are closed at once.
    pub connections_per_client: Option<usize>,
    /// From a connection's beginning, or a request's first byte, to the end of its headers. Then it is cut off.
    pub header_timeout: Duration,
    /// Bytes of request line and headers together, 8,192 or more; more are answered with 431.
    pub header_bytes: usize,
    /// From the end of the headers to the end of the body. Then reading it fails with [`BodyTooSlow`], for
    /// the handler to answer 408.
    ///
    /// [`BodyTooSlow`]: crate::BodyTooSlow
    pub body_timeout: Duration,
    /// From the end of the request to the beginning of its answer. Then the connection is cut off. It must be longer than
    /// handlers wait on purpose; none when absent.
    pub answer_timeout: Option<Duration>,
    /// How long a client may read nothing of what it is sent before it is cut off. An answer or a stream takes as
    /// long as it takes while the client reads.
    pub stall_timeout: Duration,
    /// How long a connection may be idle between requests before it is closed.
    pub idle_timeout: Duration,
    /// How long a shutdown waits for answers under way. Then they are cut off.
    pub shutdown_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 10_000,
            connections_per_client: None,
            header_timeout: Duration::from_secs(10),
            header_bytes: 16 * 1024,
            body_timeout: Duration::from_secs(15),
            answer_timeout: None,
            stall_timeout: Duration::from_secs(30),
            // Longer than load balancers keep theirs, so that it is they who close: 60 s is usual.
            idle_timeout: Duration::from_secs(75),
            shutdown_grace: Duration::from_secs(10),
        }
    }
}

/// As many of these connections as this process may have files open for. It asks for more files first: the limit
/// it starts with is often kept low for the sake of programs older than `poll`.
pub(crate) fn connections_with_files(wanted: usize) -> usize {
    let mut files = getrlimit(Resource::Nofile);
    let needed = (wanted as u64).saturating_add(OTHER_FILES);
    if files.current.is_some_and(|current| current < needed) {
        let more = files.maximum.map_or(needed, |maximum| maximum.min(needed));
        let raised = Rlimit { current: Some(more), maximum: files.maximum };
        if setrlimit(Resource::Nofile, raised).is_ok() {
            files = getrlimit(Resource::Nofile);
        }
    }
    let granted = fitting(wanted, files.current);
    if granted < wanted {
        tracing::warn!(wanted, granted, "fewer connections than configured: raise the limit of open files");
    }
    granted
}

/// A process with hardly any files still serves.
fn fitting(wanted: usize, files: Option<u64>) -> usize {
    let Some(files) = files else { return wanted };
    let spare = files.saturating_sub(OTHER_FILES).max(files / 2).max(1);
    wanted.min(usize::try_from(spare).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_other_things() {
        assert_eq!(fitting(10_000, None), 10_000);
        assert_eq!(fitting(10_000, Some(1 << 20)), 10_000);
        assert_eq!(fitting(10_000, Some(1_024)), 768);
        assert_eq!(fitting(100, Some(1_024)), 100);
    }

    #[test]
    fn a_process_with_hardly_any_files_still_serves() {
        assert_eq!(fitting(10_000, Some(64)), 32);
        assert_eq!(fitting(10_000, Some(0)), 1);
    }

    #[test]
    fn the_process_asks_for_the_files_it_needs() {
        let Some(maximum) = getrlimit(Resource::Nofile).maximum else { return };
        let wanted = usize::try_from(maximum.min(2_048)).expect("a small number") / 2;
        assert_eq!(connections_with_files(wanted), wanted);
    }
}
