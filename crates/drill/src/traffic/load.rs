//! The load: who comes when. Nobody waits for anybody else.

use super::{
    Habit, Outcome, Restaurant, Visit, Wish,
    visit::{Stubbornness, Visitor},
};
use anyhow::ensure;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, mpsc},
    time::{Instant, sleep_until},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Visits a second, at most.
pub const MAX_RATE: f64 = 20_000.0;
/// Visits of one load, at most.
pub const MAX_ARRIVALS: f64 = 5_000_000.0;
/// Diners, at most.
pub const MAX_DINERS: usize = 10_000;
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// Visits that wait for an answer at one time; who comes then is counted as unsent, and never silently left out.
const MAX_IN_FLIGHT: usize = 4096;

/// How many come, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Visits a second, on average: they come at random (a Poisson process), as people do.
    pub rate: f64,
    /// For how long.
    pub duration: Duration,
    /// The same number makes the same visits at the same times.
    pub seed: u64,
    /// Whether only this habit is followed, instead of all.
    pub only: Option<Habit>,
    pub(crate) stubborn: Option<Stubbornness>,
}

/// Visits on their way. Dropped, nobody comes any more.
pub struct Traffic {
    progress: Arc<Progress>,
    visits: mpsc::UnboundedReceiver<Visit>,
    stop: CancellationToken,
}

/// How far it is.
#[derive(Debug, Default)]
pub struct Progress {
    /// Who has come.
    pub arrived: AtomicU64,
    /// Whose visit is over.
    pub done: AtomicU64,
    /// Whose visit went as it should.
    pub as_expected: AtomicU64,
}

impl Load {
    /// A load within its bounds.
    ///
    /// # Errors
    /// When it is out of them; the error says which.
    pub fn new(rate: f64, duration: Duration) -> anyhow::Result<Self> {
        ensure!(
            rate > 0.0 && rate <= MAX_RATE,
            "the rate must be above 0 and at most {MAX_RATE} visits a second"
        );
        ensure!(!duration.is_zero() && duration <= LONGEST, "the duration must be above 0 and at most 24 h");
        let visits = rate * duration.as_secs_f64();
        ensure!(visits <= MAX_ARRIVALS, "{visits:.0} visits are more than the limit of {MAX_ARRIVALS}");
        Ok(Self { rate, duration, seed: fastrand::u64(..), only: None, stubborn: None })
    }

    /// Begins now. Ends when the time is over or `stop` is cancelled, and everybody who came has been answered.
    pub fn begin(self, restaurant: Arc<Restaurant>, began: Instant, stop: &CancellationToken) -> Traffic {
        let progress = Arc::<Progress>::default();
        let (tell, visits) = mpsc::unbounded_channel();
        let stop = stop.child_token();
        tokio::spawn(self.drive(restaurant, began, stop.clone(), Arc::clone(&progress), tell));
        Traffic { progress, visits, stop }
    }

    async fn drive(
        self,
        restaurant: Arc<Restaurant>,
        began: Instant,
        stop: CancellationToken,
        progress: Arc<Progress>,
        tell: mpsc::UnboundedSender<Visit>,
    ) {
        let mut random = fastrand::Rng::with_seed(self.seed);
        let run = format!("{:016x}", fastrand::u64(..));
        let places = Arc::new(Semaphore::new(MAX_IN_FLIGHT));
        let visiting = TaskTracker::new();
        let mut due = Duration::ZERO;
        for number in 0_u64.. {
            due += gap(&mut random, self.rate);
            if due >= self.duration {
                break;
            }
            tokio::select! {
                biased;
                () = stop.cancelled() => break,
                () = sleep_until(began + due) => {}
            }
            progress.arrived.fetch_add(1, Ordering::Relaxed);
            let habit = self.only.unwrap_or_else(|| Habit::any(&mut random));
            let visitor = Visitor::new(
                Arc::clone(&restaurant),
                habit,
                format!("{run}-{number}"),
                &mut random,
                self.stubborn,
            );
            let place = Arc::clone(&places).try_acquire_owned().ok();
            visiting.spawn(visit(visitor, began, due, place, Arc::clone(&progress), tell.clone()));
        }
        // Who came is served, or gives up; those who count have dropped the receiver if they do not care.
        visiting.close();
        tokio::select! {
            () = visiting.wait() => {}
            () = tell.closed() => {}
        }
    }
}

async fn visit(
    visitor: Visitor,
    began: Instant,
    due: Duration,
    place: Option<OwnedSemaphorePermit>,
    progress: Arc<Progress>,
    tell: mpsc::UnboundedSender<Visit>,
) {
    let visit = if place.is_some() { visitor.visit(began, due).await } else { turned_away(visitor, due) };
    progress.done.fetch_add(1, Ordering::Relaxed);
    if visit.as_expected() {
        progress.as_expected.fetch_add(1, Ordering::Relaxed);
    }
    // Nobody listens any more: then nobody wants to know.
    let _ = tell.send(visit);
}

fn turned_away(visitor: Visitor, due: Duration) -> Visit {
    let wish = (!visitor.items.is_empty()).then(|| Wish {
        diner: visitor.diner,
        key: visitor.key.clone(),
        pizzas: visitor.items.len(),
        tries: 0,
        answer: None,
    });
    Visit { habit: visitor.habit, intended: due, done: due, outcome: Outcome::Unsent, wish }
}

/// Until the next one comes: exponentially distributed.
fn gap(random: &mut fastrand::Rng, rate: f64) -> Duration {
    // 1 - f64() is above 0, so the logarithm is finite.
    Duration::from_secs_f64(-(1.0 - random.f64()).ln() / rate)
}

impl Traffic {
    /// How far it is.
    pub fn progress(&self) -> Arc<Progress> {
        Arc::clone(&self.progress)
    }

    /// The next visit that is over; `None` when all are.
    pub async fn next(&mut self) -> Option<Visit> {
        self.visits.recv().await
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_has_bounds() {
        assert!(Load::new(10.0, Duration::from_secs(60)).is_ok());
        for (rate, seconds) in
            [(0.0, 1), (-1.0, 1), (f64::NAN, 1), (20_001.0, 1), (1.0, 0), (1.0, 86_401), (20_000.0, 3600)]
        {
            assert!(Load::new(rate, Duration::from_secs(seconds)).is_err(), "{rate}/s for {seconds} s");
        }
    }

    #[test]
    fn who_comes_at_random_comes_as_often_as_was_said() {
        let mut random = fastrand::Rng::with_seed(7);
        let all: Duration = (0..20_000).map(|_| gap(&mut random, 50.0)).sum();
        assert!((380.0..420.0).contains(&all.as_secs_f64()), "{all:?} for 20,000 visits at 50 a second");
    }
}
