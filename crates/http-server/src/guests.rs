//! Who is connected, so that a full house can ask somebody to leave who wants nothing.
//!
//! Without it whoever opens as many connections as there may be, and then does nothing, keeps everybody else out for
//! as long as connections may be idle.

use crate::progress::{Phase, Progress};
use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};
use tokio::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How long whoever comes has to ask for something, however full the house is.
const WELCOME: Duration = Duration::from_secs(1);

/// Everybody who is connected, in the order of their coming.
#[derive(Default)]
pub(crate) struct Guests {
    present: Mutex<BTreeMap<u64, Guest>>,
    came: AtomicU64,
}

/// One who is connected.
#[derive(Clone)]
pub(crate) struct Guest {
    pub(crate) progress: Arc<Progress>,
    /// Their place is needed, or all are to finish. Each has their own, so that none waits for the others' locks.
    pub(crate) leave: CancellationToken,
    came: Instant,
}

impl Guests {
    /// One more, present until the second value is dropped, who leaves when all are to `finish`.
    pub(crate) fn welcome(self: &Arc<Self>, finish: &CancellationToken) -> (Guest, Presence) {
        let number = self.came.fetch_add(1, Relaxed);
        let guest =
            Guest { progress: Arc::new(Progress::new()), leave: finish.child_token(), came: Instant::now() };
        self.present().insert(number, guest.clone());
        (guest, Presence { guests: Arc::clone(self), number })
    }

    /// Asks one to leave: of those who have their answers and want nothing more, the one who came first; if there is
    /// none, of those who are slow to ask for the first time. Nobody who waits for an answer.
    pub(crate) fn make_room(&self) {
        let present = self.present();
        let first = |may_go: fn(&Guest) -> bool| {
            present.values().find(|guest| may_go(guest) && !guest.leave.is_cancelled())
        };
        if let Some(guest) = first(Guest::is_idle).or_else(|| first(Guest::is_slow_to_ask)) {
            guest.leave.cancel();
        }
    }

    fn present(&self) -> MutexGuard<'_, BTreeMap<u64, Guest>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guest {
    fn is_idle(&self) -> bool {
        self.progress.phase() == Phase::Idle
    }

    fn is_slow_to_ask(&self) -> bool {
        let asks = matches!(self.progress.phase(), Phase::Opened | Phase::Head | Phase::Body);
        asks && !self.progress.was_answered() && self.came.elapsed() >= WELCOME
    }
}

/// Somebody is connected until this is dropped.
pub(crate) struct Presence {
    guests: Arc<Guests>,
    number: u64,
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.guests.present().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_wants_nothing_leaves_first_then_who_is_slow_to_ask_and_who_waits_stays() {
        let guests = Arc::new(Guests::default());
        let (slow, _slow) = guests.welcome(&CancellationToken::new());
        let (waiting, _waiting) = guests.welcome(&CancellationToken::new());
        let (asks_again, _asks_again) = guests.welcome(&CancellationToken::new());
        let (idle, _idle) = guests.welcome(&CancellationToken::new());
        let (idle_too, _idle_too) = guests.welcome(&CancellationToken::new());
        slow.progress.heard();
        waiting.progress.asked(false);
        for answered in [&asks_again, &idle, &idle_too] {
            answered.progress.answered();
        }
        asks_again.progress.heard();
        tokio::time::advance(WELCOME).await;
        let (new, _new) = guests.welcome(&CancellationToken::new());
        for leaves in [&idle, &idle_too, &slow] {
            assert!(!leaves.leave.is_cancelled());
            guests.make_room();
            assert!(leaves.leave.is_cancelled());
        }
        guests.make_room();
        for stays in [&waiting, &asks_again, &new] {
            assert!(!stays.leave.is_cancelled());
        }
    }

    #[test]
    fn nobody_is_remembered_who_has_left() {
        let guests = Arc::new(Guests::default());
        let (_guest, presence) = guests.welcome(&CancellationToken::new());
        drop(presence);
        assert!(guests.present().is_empty());
    }
}
