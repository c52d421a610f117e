//! The retry budget.

use std::sync::Arc;
use std::time::{Duration, Instant};

use interleavings::{RetryBudget, every_interleaving, spawn};

#[test]
fn the_last_retry_is_spent_by_one_thread_only() {
    every_interleaving(|| {
        let now = Instant::now();
        let budget = Arc::new(RetryBudget::new(0.0, 2, Duration::from_secs(10)));
        let others = [(); 2].map(|()| {
            let budget = Arc::clone(&budget);
            spawn(move || budget.try_spend(now))
        });
        let mut spent = u32::from(budget.try_spend(now));
        spent += others.map(|other| u32::from(other.join().unwrap())).iter().sum::<u32>();
        assert_eq!(spent, 2);
    });
}

#[test]
fn no_call_is_lost_that_earned_a_retry() {
    every_interleaving(|| {
        let now = Instant::now();
        let budget = Arc::new(RetryBudget::new(0.5, 0, Duration::from_secs(10)));
        let others = [(); 2].map(|()| {
            let budget = Arc::clone(&budget);
            spawn(move || {
                budget.record_call(now);
                budget.record_call(now);
                u32::from(budget.try_spend(now))
            })
        });
        let early: u32 = others.map(|other| other.join().unwrap()).iter().sum();
        let late = (0..9).filter(|_| budget.try_spend(now)).count() as u32;
        assert_eq!(early + late, 2, "four calls earn two retries");
    });
}
