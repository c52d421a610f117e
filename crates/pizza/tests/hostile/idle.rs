//! Connections that want nothing: they cost little, and keep nobody out.

use crate::{
    MACHINE,
    house::House,
    latency::{Growth, orders_for},
    neighbours::Neighbours,
    wire::{Wire, request},
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::task::JoinSet;

const MANY: usize = 10_000;
/// Files that this process needs besides.
const OTHER_FILES: u64 = 1_000;
/// What an idle connection may cost, in bytes.
const COST: u64 = 48 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_idle_connections_do_not_slow_down_orders() {
    let growth = beside_idle(Duration::from_secs(6)).await;
    growth.assert_bearable();
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures for two minutes; cargo test -p pizza --test hostile -- --ignored --nocapture --test-threads 1"]
async fn ten_thousand_idle_connections_in_full() {
    let growth = beside_idle(Duration::from_secs(60)).await;
    assert!(growth.ratio() < 3.0, "{}", growth.ratio());
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_that_take_every_place_make_room_for_whoever_asks() {
    let _shared = MACHINE.read().await;
    let house = Arc::new(House::open(&[("http.max_connections", "200")]).await);
    let neighbours = Neighbours::of(&house).await;
    let before = house.vitals();
    let mut idle = Vec::new();
    for _ in 0..1_000 {
        idle.extend(open_idle(house.address, 1).await);
    }
    assert!(quiet(&idle).await <= 200);
    assert!(house.vitals().files <= before.files + 200, "{before:?} {:?}", house.vitals());
    neighbours.were_served().await;
    house.assert_no_fault();
}

async fn beside_idle(time: Duration) -> Growth {
    let _alone = MACHINE.write().await;
    let files = MANY as u64 + OTHER_FILES;
    let may = getrlimit(Resource::Nofile).maximum;
    assert!(may.is_none_or(|may| may >= files), "this test needs {files} open files: ulimit -Hn {files}");
    setrlimit(Resource::Nofile, Rlimit { current: Some(files), maximum: may }).unwrap();

    let limits = [("http.max_connections", "10500"), ("http.idle_timeout", "10min")];
    let house = Arc::new(House::open(&limits).await);
    let token = house.register("diner").await;
    orders_for(&house, &token, Duration::from_secs(2)).await;
    let without = orders_for(&house, &token, time).await;
    let before = house.vitals();
    let idle = open_idle(house.address, MANY).await;
    let full = house.vitals();
    let during = orders_for(&house, &token, time).await;

    let cost = full.memory.saturating_sub(before.memory) / MANY as u64;
    let growth = Growth { without, during };
    growth.print(&format!("{MANY} idle connections of {cost} bytes each"));
    assert!(cost < COST, "{cost} bytes");
    assert_eq!(quiet(&idle).await, MANY, "all of them stay");
    assert!(full.files >= MANY, "{full:?}");
    drop(idle);
    house.until_files_are_closed(before.files + 32, crate::PATIENCE).await;
    growth
}

/// How many of them are still open.
async fn quiet(wires: &[Wire]) -> usize {
    let mut quiet = 0;
    for wire in wires {
        quiet += usize::from(wire.is_quiet().await);
    }
    quiet
}

/// Connections that have had one answer each.
async fn open_idle(address: SocketAddr, count: usize) -> Vec<Wire> {
    let mut opening = JoinSet::new();
    let (workers, mut idle) = (count.min(16), Vec::with_capacity(count));
    for worker in 0..workers {
        let share = count / workers + usize::from(worker < count % workers);
        opening.spawn(async move {
            let mut idle = Vec::with_capacity(share);
            for _ in 0..share {
                let mut wire = Wire::open(address).await.unwrap();
                let answer = wire.ask(request("GET", "/livez", None, None)).await.unwrap();
                assert_eq!(answer.status, 200);
                idle.push(wire);
            }
            idle
        });
    }
    for opened in opening.join_all().await {
        idle.extend(opened);
    }
    idle
}
