//! How far the conversation with one client is.

use futures::task::AtomicWaker;
use std::{
    sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering::Relaxed},
    task::Waker,
};

/// What a connection is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Phase {
    /// The client has not said a word.
    Opened,
    /// The client has its answers and has not asked for more.
    Idle,
    /// The client has begun to ask.
    Head,
    /// The headers are here, the body is not.
    Body,
    /// The request is here, its answer has not begun.
    Answer,
    /// The answer is on its way.
    Sending,
    /// The last is said; what the client still sends is thrown away.
    Closing,
}

/// How far the conversation with one client is, shared by those who see it go on. They are all polled by the
/// connection's task, so relaxed atomics do; a handler that reads its body on another task is woken by `reader`.
pub(crate) struct Progress {
    phase: AtomicU8,
    /// The client does not take what is written.
    stalled: AtomicBool,
    /// Counts every change, so that the stopwatch knows of each.
    changes: AtomicU32,
    body_late: AtomicBool,
    /// The client may be sending what nobody will read.
    unread: AtomicBool,
    /// The client has had an answer.
    was_answered: AtomicBool,
    reader: AtomicWaker,
}

impl Progress {
    /// Of a connection that was just opened.
    pub(crate) fn new() -> Self {
        Self {
            phase: AtomicU8::new(Phase::Opened as u8),
            stalled: AtomicBool::new(false),
            changes: AtomicU32::new(0),
            body_late: AtomicBool::new(false),
            unread: AtomicBool::new(false),
            was_answered: AtomicBool::new(false),
            reader: AtomicWaker::new(),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        use Phase::{Answer, Body, Closing, Head, Idle, Opened, Sending};
        const PHASES: [Phase; 7] = [Opened, Idle, Head, Body, Answer, Sending, Closing];
        PHASES[usize::from(self.phase.load(Relaxed))]
    }

    pub(crate) fn is_stalled(&self) -> bool {
        self.stalled.load(Relaxed)
    }

    pub(crate) fn changes(&self) -> u32 {
        self.changes.load(Relaxed)
    }

    /// Bytes arrived.
    pub(crate) fn heard(&self) {
        if matches!(self.phase(), Phase::Opened | Phase::Idle) {
            self.enter(Phase::Head);
        }
    }

    /// A request's headers arrived, and its body has yet to.
    pub(crate) fn asked(&self, with_body: bool) {
        self.body_late.store(false, Relaxed);
        self.unread.store(false, Relaxed);
        self.enter(if with_body { Phase::Body } else { Phase::Answer });
    }

    /// The request's body is here, or nobody wants it any more.
    pub(crate) fn body_ended(&self) {
        if self.phase() == Phase::Body {
            self.enter(Phase::Answer);
        }
    }

    /// The request's body was not read to its end.
    pub(crate) fn body_dropped(&self) {
        self.unread.store(true, Relaxed);
        self.body_ended();
    }

    /// The client had its time to send a body. Whoever reads it is told.
    pub(crate) fn body_is_late(&self) {
        self.body_late.store(true, Relaxed);
        self.body_ended();
        self.reader.wake();
    }

    /// Whether there is no more time for the body; if there is, this reader is told when there is not.
    pub(crate) fn is_body_late(&self, reader: &Waker) -> bool {
        self.reader.register(reader);
        self.was_body_late()
    }

    pub(crate) fn was_body_late(&self) -> bool {
        self.body_late.load(Relaxed)
    }

    /// The answer begins.
    pub(crate) fn answering(&self) {
        self.enter(Phase::Sending);
    }

    /// The answer is said, though parts of it may still have to be sent.
    pub(crate) fn answered(&self) {
        self.was_answered.store(true, Relaxed);
        self.enter(Phase::Idle);
    }

    /// Whether the client has had an answer, to whatever it asked first.
    pub(crate) fn was_answered(&self) -> bool {
        self.was_answered.load(Relaxed)
    }

    /// Whether the client is taking what is written.
    pub(crate) fn written(&self, took: bool) {
        if self.stalled.load(Relaxed) == took {
            self.stalled.store(!took, Relaxed);
            self.changed();
        }
    }

    /// Nothing more will be said. Returns whether the client may be in the middle of a request.
    pub(crate) fn closing(&self) -> bool {
        let in_a_request = self.phase() == Phase::Head || self.unread.load(Relaxed);
        self.enter(Phase::Closing);
        in_a_request
    }

    fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Relaxed);
        self.changed();
    }

    fn changed(&self) {
        // Not `fetch_add`: a change that is lost to another at the same time was still seen.
        self.changes.store(self.changes.load(Relaxed).wrapping_add(1), Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_goes_its_way() {
        let progress = Progress::new();
        assert_eq!(progress.phase(), Phase::Opened);
        progress.heard();
        assert_eq!(progress.phase(), Phase::Head);
        progress.asked(true);
        assert_eq!(progress.phase(), Phase::Body);
        progress.heard();
        progress.body_ended();
        assert_eq!(progress.phase(), Phase::Answer);
        progress.answering();
        progress.heard();
        assert_eq!(progress.phase(), Phase::Sending, "what comes early is for later");
        progress.answered();
        assert_eq!(progress.phase(), Phase::Idle);
        progress.heard();
        assert_eq!(progress.phase(), Phase::Head);
        progress.asked(false);
        assert_eq!(progress.phase(), Phase::Answer);
    }

    #[test]
    fn every_change_is_counted_and_what_is_none_is_not() {
        let progress = Progress::new();
        progress.written(true);
        progress.body_ended();
        assert_eq!(progress.changes(), 0);
        progress.written(false);
        progress.written(false);
        assert_eq!(progress.changes(), 1);
        progress.written(true);
        assert_eq!(progress.changes(), 2);
    }

    #[test]
    fn only_who_was_cut_short_may_still_be_sending() {
        let cut_short = |so_far: fn(&Progress)| {
            let progress = Progress::new();
            so_far(&progress);
            progress.closing()
        };
        assert!(cut_short(Progress::heard));
        assert!(!cut_short(|_| {}));
        assert!(!cut_short(Progress::answered));
        assert!(cut_short(|progress| {
            progress.asked(true);
            progress.body_dropped();
            progress.answering();
            progress.answered();
        }));
    }
}
