//! How long the conversation with one client may stay where it is.

use crate::{
    Limits,
    progress::{Phase, Progress},
};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep};

/// How long a client that was cut short in its request may take to notice, so that the answer that says why is
/// not lost: a socket that is closed with unread bytes in it takes the answer back.
const LINGER: Duration = Duration::from_secs(1);

/// One timer for all the limits of a connection. It looks at [`Progress`] when the connection has been polled and
/// when it runs out, never in between.
pub(crate) struct Stopwatch<'a> {
    progress: &'a Progress,
    limits: &'a Limits,
    seen: u32,
    since: Instant,
    timer: Pin<Box<Sleep>>,
}

impl<'a> Stopwatch<'a> {
    pub(crate) fn new(progress: &'a Progress, limits: &'a Limits) -> Self {
        Self {
            progress,
            limits,
            seen: progress.changes(),
            since: Instant::now(),
            timer: Box::pin(sleep(limits.header_timeout)),
        }
    }

    /// Ready once the client has had its time.
    pub(crate) fn poll_expired(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            self.notice();
            let Some(deadline) = self.limit().and_then(|limit| self.since.checked_add(limit)) else {
                return Poll::Pending;
            };
            // Running out early costs a look; being set again for every request would cost more.
            if self.timer.is_elapsed() || self.timer.deadline() > deadline {
                self.timer.as_mut().reset(deadline);
            }
            ready!(self.timer.as_mut().poll(cx));
            if Instant::now() >= deadline {
                if self.progress.phase() != Phase::Body || self.progress.is_stalled() {
                    return Poll::Ready(());
                }
                self.progress.body_is_late();
            }
        }
    }

    fn notice(&mut self) {
        let changes = self.progress.changes();
        if changes != self.seen {
            self.seen = changes;
            self.since = Instant::now();
        }
    }

    fn limit(&self) -> Option<Duration> {
        if self.progress.is_stalled() {
            return Some(self.limits.stall_timeout);
        }
        match self.progress.phase() {
            Phase::Idle => Some(self.limits.idle_timeout),
            Phase::Opened | Phase::Head => Some(self.limits.header_timeout),
            Phase::Body => Some(self.limits.body_timeout),
            Phase::Answer => self.limits.answer_timeout,
            Phase::Sending => None,
            Phase::Closing => Some(LINGER),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use tokio::time::timeout;

    const SECOND: Duration = Duration::from_secs(1);

    fn limits() -> Limits {
        Limits {
            header_timeout: 10 * SECOND,
            body_timeout: 20 * SECOND,
            answer_timeout: Some(30 * SECOND),
            stall_timeout: 40 * SECOND,
            idle_timeout: 50 * SECOND,
            ..Limits::default()
        }
    }

    /// After how many seconds, of at most so many, the client has had its time.
    async fn expires(stopwatch: &mut Stopwatch<'_>, within: u32) -> Option<u64> {
        let begun = Instant::now();
        let expired = timeout(within * SECOND, poll_fn(|cx| stopwatch.poll_expired(cx))).await;
        expired.ok().map(|()| begun.elapsed().as_secs())
    }

    async fn expires_after(so_far: impl Fn(&Progress)) -> Option<u64> {
        let (progress, limits) = (Progress::new(), limits());
        let mut stopwatch = Stopwatch::new(&progress, &limits);
        so_far(&progress);
        expires(&mut stopwatch, 1000).await
    }

    #[tokio::test(start_paused = true)]
    async fn each_phase_has_its_limit() {
        assert_eq!(expires_after(|_| {}).await, Some(10));
        assert_eq!(expires_after(Progress::heard).await, Some(10));
        assert_eq!(expires_after(|progress| progress.asked(false)).await, Some(30));
        assert_eq!(expires_after(Progress::answering).await, None);
        assert_eq!(expires_after(Progress::answered).await, Some(50));
        assert_eq!(expires_after(|progress| _ = progress.closing()).await, Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_body_is_told_and_its_answer_has_its_own_time() {
        let (progress, limits) = (Progress::new(), limits());
        let mut stopwatch = Stopwatch::new(&progress, &limits);
        progress.asked(true);
        assert_eq!(expires(&mut stopwatch, 19).await, None);
        assert!(!progress.was_body_late());
        assert_eq!(expires(&mut stopwatch, 1000).await, Some(31));
        assert!(progress.was_body_late());
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_a_client_is_at_it_has_to_take_what_is_written() {
        let stall = |progress: &Progress| progress.written(false);
        assert_eq!(expires_after(stall).await, Some(40));
        for phase in [Progress::answering, Progress::answered, |progress: &Progress| progress.asked(true)] {
            let stalled = expires_after(|progress| {
                phase(progress);
                stall(progress);
            });
            assert_eq!(stalled.await, Some(40));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn whatever_goes_on_has_its_time_anew() {
        let (progress, limits) = (Progress::new(), limits());
        let mut stopwatch = Stopwatch::new(&progress, &limits);
        for _ in 0..5 {
            progress.heard();
            assert_eq!(expires(&mut stopwatch, 9).await, None);
            progress.asked(true);
            assert_eq!(expires(&mut stopwatch, 19).await, None);
            progress.body_ended();
            assert_eq!(expires(&mut stopwatch, 29).await, None);
            progress.answering();
            progress.written(false);
            assert_eq!(expires(&mut stopwatch, 39).await, None);
            progress.written(true);
            progress.written(false);
            assert_eq!(expires(&mut stopwatch, 39).await, None);
            progress.written(true);
            assert_eq!(expires(&mut stopwatch, 500).await, None);
            progress.answered();
            assert_eq!(expires(&mut stopwatch, 49).await, None);
        }
        assert_eq!(expires(&mut stopwatch, 1000).await, Some(1));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_limited_takes_for_ever() {
        let progress = Progress::new();
        let limits = Limits { answer_timeout: None, idle_timeout: Duration::MAX, ..limits() };
        let mut stopwatch = Stopwatch::new(&progress, &limits);
        progress.asked(false);
        assert_eq!(expires(&mut stopwatch, 100_000).await, None);
        progress.answered();
        assert_eq!(expires(&mut stopwatch, 100_000).await, None);
        progress.heard();
        assert_eq!(expires(&mut stopwatch, 100_000).await, Some(10));
    }
}
