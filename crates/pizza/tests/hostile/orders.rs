//! Floods of orders: from one account, and more than the queue holds.

use crate::{
    MACHINE, PATIENCE,
    house::House,
    wire::{Wire, request},
};
use serde_json::Value;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;

const FLOODERS: usize = 32;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a release build and a quiet machine: PIZZA_PROGRAM=target/release/pizza, as main.rs says"]
async fn an_order_flood_from_one_account_does_not_hold_up_the_orders_of_others() {
    let _shared = MACHINE.write().await;
    let house = Arc::new(House::open(&[]).await);
    let (flooder, other) = (house.register("flooder").await, house.register("other").await);
    let leave = CancellationToken::new();
    let mut flood = JoinSet::new();
    for _ in 0..FLOODERS {
        let (until, order, address) = (leave.clone(), house.order(&flooder), house.address);
        flood.spawn(async move {
            let (mut wire, mut placed) = (Wire::open(address).await.unwrap(), 0);
            while !until.is_cancelled() {
                assert_eq!(wire.ask(&order).await.unwrap().status, 202);
                placed += 1;
            }
            placed
        });
    }
    sleep(Duration::from_secs(2)).await;
    let mut made = Vec::new();
    for _ in 0..10 {
        made.push(how_long_it_takes(&house, &other).await);
        sleep(Duration::from_millis(200)).await;
    }
    let backlog = backlog(&house).await;
    leave.cancel();
    let placed: usize = flood.join_all().await.into_iter().sum();
    made.sort();
    eprintln!(
        "order flood: {placed} orders of one account, {backlog} in the queue; ten of another were made in {made:?}"
    );
    assert!(placed > 500, "that was no flood: {placed}");
    assert!(made[8] < Duration::from_secs(5), "{made:?}");
    house.assert_no_fault();
}

async fn backlog(house: &House) -> u64 {
    let status = house.ask(request("GET", "/api/status", None, None)).await;
    status.json()["queue"]["queued"].as_u64().unwrap_or_default()
}

/// From an order to its pizza.
async fn how_long_it_takes(house: &House, token: &str) -> Duration {
    let begun = Instant::now();
    let mut wire = Wire::open(house.address).await.unwrap();
    let placed = wire.ask(house.order(token)).await.unwrap();
    assert_eq!(placed.status, 202, "{placed:?}");
    let path = format!("/api/order/{}", placed.json()["order"]["id"]);
    while begun.elapsed() < PATIENCE {
        let order = wire.ask(request("GET", &path, Some(token), None)).await.unwrap().json();
        if order["status"] == "fulfilled" {
            return begun.elapsed();
        }
        sleep(Duration::from_millis(20)).await;
    }
    panic!("no pizza after {PATIENCE:?}")
}

/// The factory is not there, and diners go on ordering.
#[tokio::test(flavor = "multi_thread")]
async fn a_queue_at_its_limit_promises_nothing_more() {
    const LIMIT: usize = 100;
    let _shared = MACHINE.read().await;
    let limit = LIMIT.to_string();
    let house =
        Arc::new(House::open(&[("factory.url", "http://127.0.0.1:1"), ("orders.queue_limit", &limit)]).await);
    let mut diners = JoinSet::new();
    for number in 0..FLOODERS {
        let (house, token) = (Arc::clone(&house), house.register(&format!("diner{number}")).await);
        diners.spawn(async move {
            let mut wire = Wire::open(house.address).await.unwrap();
            let (mut promised, mut refused) = (Vec::new(), 0);
            for _ in 0..20 {
                let answer = wire.ask(house.order(&token)).await.unwrap();
                match answer.status {
                    202 => promised.push(answer.json()["order"]["id"].clone()),
                    503 => {
                        assert!(answer.header("retry-after").is_some(), "{answer:?}");
                        assert_eq!(answer.json()["order"], Value::Null, "nothing was promised");
                        refused += 1;
                    }
                    _ => panic!("{answer:?}"),
                }
            }
            let history = wire.ask(request("GET", "/api/order", Some(&token), None)).await.unwrap().json();
            let kept = history["orders"].as_array().unwrap().len();
            assert_eq!(kept, promised.len().min(10), "what was promised is kept, and nothing else");
            (promised.len(), refused)
        });
    }
    let (mut promised, mut refused) = (0, 0);
    for (some, others) in diners.join_all().await {
        promised += some;
        refused += others;
    }
    // Those that are looked at in one moment are let in together.
    assert!((LIMIT..=LIMIT + 2 * FLOODERS).contains(&promised), "{promised} promised");
    assert_eq!(promised + refused, FLOODERS * 20);
    assert_eq!(house.ask(request("GET", "/api/order/menu", None, None)).await.status, 200);
    house.assert_no_fault();
}
