//! Everybody else: people who read the menu, log in and order, each time over a new connection, and must be served
//! whatever others do.

use crate::{
    house::{House, person},
    wire::{Wire, request},
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longer than any of them waits, even in a debug build on a busy machine that is under attack.
const PATIENCE: Duration = Duration::from_secs(20);
const PAUSE: Duration = Duration::from_millis(100);

/// People who are there until they are asked how it was.
pub struct Neighbours {
    leave: CancellationToken,
    visits: JoinHandle<Vec<Visit>>,
}

struct Visit {
    what: &'static str,
    status: u16,
    took: Duration,
}

impl Neighbours {
    pub async fn of(house: &Arc<House>) -> Self {
        let name = "neighbour";
        let token = house.register(name).await;
        let leave = CancellationToken::new();
        let (house, until) = (Arc::clone(house), leave.clone());
        let visits = tokio::spawn(async move {
            let requests = [
                ("menu", 200, request("GET", "/api/order/menu", None, None)),
                ("login", 200, request("PUT", "/api/auth", None, Some(&person(name)))),
                ("order", 202, house.order(&token)),
            ];
            let mut visits = Vec::new();
            while !until.is_cancelled() {
                for (what, expected, request) in &requests {
                    let begun = Instant::now();
                    let asked = async { Wire::open(house.address).await?.ask(request).await };
                    let answer = asked.await.unwrap_or_else(|error| panic!("{what}: {error}"));
                    assert_eq!(answer.status, *expected, "{what}: {answer:?}");
                    visits.push(Visit { what, status: answer.status, took: begun.elapsed() });
                }
                tokio::time::sleep(PAUSE).await;
            }
            visits
        });
        Self { leave, visits }
    }

    /// They were served, every one of them, and in time.
    pub async fn were_served(self) {
        self.leave.cancel();
        let visits = self.visits.await.expect("every neighbour was served");
        assert!(visits.len() >= 3, "nobody came");
        let slowest = visits.iter().max_by_key(|visit| visit.took).unwrap();
        let Visit { what, status, took } = slowest;
        eprintln!("{} neighbours, the slowest: {what} {status} after {took:?}", visits.len());
        assert!(*took < PATIENCE, "{what} {status} after {took:?}");
    }
}
