//! A flood of logins, ten times what can be hashed: it may take the logins, but not the orders.

use crate::{
    MACHINE, PATIENCE,
    house::House,
    latency::{Growth, orders_for},
    wire::{Wire, request},
};
use serde_json::json;
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};
use tokio::{
    sync::Mutex,
    task::{JoinHandle, JoinSet},
    time::{sleep, sleep_until},
};
use tokio_util::sync::CancellationToken;

/// Logins a second, on a machine that hashes hardly any.
const LEAST: f64 = 100.0;
/// More than wait to be hashed, so that the flood goes on while they do.
const CONNECTIONS: usize = 1_024;

#[tokio::test(flavor = "multi_thread")]
async fn a_login_flood_does_not_slow_down_orders() {
    let growth = flooded(Duration::from_secs(8)).await;
    growth.assert_bearable();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures for two minutes; cargo test -p pizza --test hostile -- --ignored --nocapture --test-threads 1"]
async fn a_login_flood_in_full() {
    let growth = flooded(Duration::from_secs(60)).await;
    assert!(growth.ratio() < 3.0, "{}", growth.ratio());
}

async fn flooded(time: Duration) -> Growth {
    let _alone = MACHINE.write().await;
    let house = Arc::new(House::open(&[]).await);
    let token = house.register("diner").await;
    orders_for(&house, &token, Duration::from_secs(2)).await;
    let capacity = hashed_in_a_second(house.address).await;
    let without = orders_for(&house, &token, time).await;
    let before = house.vitals();
    let flood = Flood::of(house.address, (10.0 * capacity).max(LEAST)).await;
    flood.until_somebody_is_refused().await;
    let during = orders_for(&house, &token, time).await;
    let after = house.vitals();
    let Told { sent, refused, tried } = flood.end().await;
    let growth = Growth { without, during };
    growth.print(&format!(
        "login flood, {capacity:.0}/s can be hashed, {sent:.0}/s sent, {tried} tried, {refused} refused (503)"
    ));
    assert!(sent > 3.0 * capacity, "that was no flood: {sent}/s");
    assert!(refused > 0, "nobody was refused");
    assert!(after.memory < before.memory + (96 << 20), "{before:?} {after:?}");
    house.assert_no_fault();
    growth
}

/// How many logins a second a few who come one after the other get answered.
async fn hashed_in_a_second(address: SocketAddr) -> f64 {
    let (begun, time) = (Instant::now(), Duration::from_secs(2));
    let mut people = JoinSet::new();
    for _ in 0..8 {
        people.spawn(async move {
            let (mut wire, mut count) = (Wire::open(address).await.unwrap(), 0);
            while begun.elapsed() < time {
                assert_eq!(wire.ask(login(count)).await.unwrap().status, 404);
                count += 1;
            }
            count
        });
    }
    let count: usize = people.join_all().await.into_iter().sum();
    count as f64 / begun.elapsed().as_secs_f64()
}

/// A login of somebody else each time: of nobody, which takes as long as any.
fn login(number: usize) -> Vec<u8> {
    let email = format!("{number}-{}@jwt.com", fastrand::u64(..));
    request("PUT", "/api/auth", None, Some(&json!({ "email": email, "password": "a wrong password" })))
}

struct Flood {
    leave: CancellationToken,
    refused: Arc<AtomicUsize>,
    sending: JoinHandle<Told>,
}

/// What the flood came to.
struct Told {
    /// Logins a second.
    sent: f64,
    refused: usize,
    tried: usize,
}

impl Flood {
    async fn of(address: SocketAddr, rate: f64) -> Self {
        let mut wires = Vec::new();
        for _ in 0..CONNECTIONS {
            wires.push(Wire::open(address).await.unwrap());
        }
        let (leave, refused) = (CancellationToken::new(), Arc::default());
        let sending = tokio::spawn(send(wires, rate, Arc::clone(&refused), leave.clone()));
        Self { leave, refused, sending }
    }

    /// From then on as many wait as may.
    async fn until_somebody_is_refused(&self) {
        let begun = Instant::now();
        while self.refused.load(Relaxed) == 0 {
            assert!(begun.elapsed() < PATIENCE, "everybody may wait");
            sleep(Duration::from_millis(50)).await;
        }
    }

    async fn end(self) -> Told {
        self.leave.cancel();
        self.sending.await.unwrap()
    }
}

async fn send(wires: Vec<Wire>, rate: f64, refused: Arc<AtomicUsize>, until: CancellationToken) -> Told {
    let (wires, tried) = (Arc::new(Mutex::new(wires)), Arc::new(AtomicUsize::new(0)));
    let begun = Instant::now();
    let (mut due, mut sent) = (0, 0);
    let mut under_way = JoinSet::new();
    while !until.is_cancelled() {
        sleep_until((begun + Duration::from_secs_f64(f64::from(due) / rate)).into()).await;
        due += 1;
        while under_way.try_join_next().is_some() {}
        let Some(mut wire) = wires.lock().await.pop() else { continue };
        sent += 1;
        let (wires, refused, tried) = (Arc::clone(&wires), Arc::clone(&refused), Arc::clone(&tried));
        under_way.spawn(async move {
            let Ok(answer) = wire.ask(login(0)).await else { return };
            match answer.status {
                503 => {
                    assert!(answer.header("retry-after").is_some());
                    refused.fetch_add(1, Relaxed);
                }
                404 => _ = tried.fetch_add(1, Relaxed),
                _ => panic!("{answer:?}"),
            }
            wires.lock().await.push(wire);
        });
    }
    let (refused, tried) = (refused.load(Relaxed), tried.load(Relaxed));
    Told { sent: f64::from(sent) / begun.elapsed().as_secs_f64(), refused, tried }
}
