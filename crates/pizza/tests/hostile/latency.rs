//! How long orders take to be acknowledged, at a steady rate, whatever else goes on.

use crate::{house::House, wire::Wire};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{sync::Mutex, task::JoinSet, time::sleep_until};

/// Orders a second.
const RATE: u32 = 40;
/// Enough that no order waits for a connection unless the service is late.
const CONNECTIONS: usize = 32;

/// How long orders took, sorted.
pub struct Latencies(Vec<Duration>);

impl Latencies {
    pub fn p99(&self) -> Duration {
        self.0[self.0.len() * 99 / 100]
    }

    pub fn median(&self) -> Duration {
        self.0[self.0.len() / 2]
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }
}

/// Diners who come when they come: an order's time counts from when it was due, not from when a connection was free.
pub async fn orders_for(house: &Arc<House>, token: &str, time: Duration) -> Latencies {
    let mut wires = Vec::new();
    for _ in 0..CONNECTIONS {
        wires.push(Wire::open(house.address).await.unwrap());
    }
    let (wires, order) = (Arc::new(Mutex::new(wires)), house.order(token));
    let mut under_way = JoinSet::new();
    let begun = Instant::now();
    let every = Duration::from_secs(1) / RATE;
    for number in 0.. {
        let due = begun + every * number;
        if due - begun >= time {
            break;
        }
        sleep_until(due.into()).await;
        let (wires, order, address) = (Arc::clone(&wires), order.clone(), house.address);
        under_way.spawn(async move {
            let free = wires.lock().await.pop();
            let mut wire = match free {
                Some(wire) => wire,
                None => Wire::open(address).await.unwrap(),
            };
            let answer = wire.ask(order).await.unwrap();
            assert_eq!(answer.status, 202, "{answer:?}");
            wires.lock().await.push(wire);
            due.elapsed()
        });
    }
    let mut took = under_way.join_all().await;
    took.sort();
    Latencies(took)
}

/// What an attack does to the acknowledgement of orders.
pub struct Growth {
    pub without: Latencies,
    pub during: Latencies,
}

impl Growth {
    /// By how much the p99 grows.
    pub fn ratio(&self) -> f64 {
        self.during.p99().as_secs_f64() / self.without.p99().as_secs_f64()
    }

    pub fn print(&self, what: &str) {
        eprintln!(
            "{what}: p99 of order acknowledgement {:?} ÷ {:?} = {:.2} (medians {:?}, {:?}; {} + {} orders at {RATE}/s)",
            self.during.p99(),
            self.without.p99(),
            self.ratio(),
            self.during.median(),
            self.without.median(),
            self.during.len(),
            self.without.len(),
        );
    }

    /// So much that no busy machine gets there by chance: each order at once, in human terms.
    pub fn assert_bearable(&self) {
        assert!(self.ratio() < 3.0 || self.during.p99() < Duration::from_secs(1), "{}", self.ratio());
    }
}
