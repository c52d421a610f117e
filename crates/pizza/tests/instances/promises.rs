//! What is promised, checked against the answers, both instances, the database and the factory's own ledger.

use crate::{
    diner::Acknowledged,
    installation::{INSTANCES, Installation},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use futures::{StreamExt, stream};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};
use test_kit::eventually;
use tokio::time::sleep;

/// Far longer than a lease.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// Below this many orders nothing is proved.
const ENOUGH: usize = 50;
const AT_ONCE: usize = 8;
const SATOSHI: usize = 380_000;

pub async fn are_kept(installation: &Installation, orders: &[Acknowledged]) {
    let (errors, broken): (usize, u32) =
        orders.iter().fold((0, 0), |(e, b), order| (e + order.errors.len(), b + order.broken));
    println!("{} orders; before them {errors} errors, {broken} broken connections", orders.len());
    assert!(orders.len() > ENOUGH, "only {} orders", orders.len());
    errors_promised_nothing(orders);
    the_backlog_is_drained(installation).await;
    let shown = every_order_is_fulfilled(orders).await;
    assert_eq!(shown.len(), orders.len(), "two requests were acknowledged with one order");
    the_factory_made_these_and_no_others(installation, &shown);
    the_database_holds_these_and_no_others(installation, shown.len());
    every_step_was_taken_by_one(installation);
    for instance in 0..INSTANCES {
        assert!(!installation.log(instance).contains("panicked at"), "instance {instance} panicked");
    }
}

/// While the database is away, the only answer is 503.
fn errors_promised_nothing(orders: &[Acknowledged]) {
    for order in orders {
        let odd = order.errors.iter().find(|(status, _)| *status != 503);
        assert!(odd.is_none(), "order {} was answered {odd:?} before", order.id);
    }
}

/// However long it is, it gets shorter.
async fn the_backlog_is_drained(installation: &Installation) {
    let (mut shortest, mut since) = (usize::MAX, Instant::now());
    while shortest > 0 {
        let waiting = "SELECT COUNT(*) FROM fulfilment WHERE state IN ('queued', 'making')";
        let waiting = installation.database.sql(waiting).trim().parse().unwrap();
        if waiting < shortest {
            (shortest, since) = (waiting, Instant::now());
        }
        assert!(since.elapsed() < PATIENCE, "{waiting} orders are left, and nothing becomes of them");
        sleep(LOOK_EVERY).await;
    }
}

/// Whichever instance is asked, and with the same pizza wherever it is shown.
async fn every_order_is_fulfilled(orders: &[Acknowledged]) -> BTreeMap<i64, String> {
    let pizza = async |order: &Acknowledged| {
        let id = order.id;
        let look = async || {
            let shown = order.diner.look_at(0, id).await;
            (shown["status"] == "fulfilled").then(|| shown["jwt"].as_str().unwrap().to_owned())
        };
        let jwt = eventually(&format!("order {id} is fulfilled"), look).await;
        // The other instance's node may know of it a moment later.
        let there = async || order.diner.look_at(1, id).await["jwt"].as_str().map(str::to_owned);
        let there = eventually(&format!("order {id} is fulfilled there too"), there).await;
        assert_eq!(there, jwt, "order {id} has another pizza there");
        let answered = order.jwt.as_ref().is_none_or(|answered| *answered == jwt);
        assert!(answered, "order {id} was answered with another pizza");
        (id, jwt)
    };
    stream::iter(orders).map(pizza).buffer_unordered(AT_ONCE).collect().await
}

fn the_factory_made_these_and_no_others(installation: &Installation, shown: &BTreeMap<i64, String>) {
    let mut made: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for jwt in installation.pizzas() {
        made.entry(order_in(&jwt)).or_default().push(jwt);
    }
    let doubled: Vec<_> = made.iter().filter(|(_, pizzas)| pizzas.len() > 1).map(|(id, _)| id).collect();
    assert!(doubled.is_empty(), "orders with several pizzas: {doubled:?}");
    let made: BTreeMap<i64, String> =
        made.into_iter().map(|(id, mut pizzas)| (id, pizzas.remove(0))).collect();
    assert_eq!(&made, shown);
}

fn order_in(jwt: &str) -> i64 {
    let claims = BASE64_URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    claims["order"]["id"].as_i64().unwrap()
}

fn the_database_holds_these_and_no_others(installation: &Installation, orders: usize) {
    for (what, sql, expected) in [
        ("orders", "SELECT COUNT(*) FROM dinerOrder", orders),
        ("items", "SELECT COUNT(*) FROM orderItem", orders),
        ("fulfilled", "SELECT COUNT(*) FROM fulfilment WHERE state = 'fulfilled'", orders),
        ("pizzas", "SELECT COUNT(*) FROM pizza", orders),
        (
            "satoshi",
            "SELECT SUM(satoshi) FROM
                 (SELECT satoshi FROM storeRevenue UNION ALL SELECT satoshi FROM storeSale) AS sold",
            orders * SATOSHI,
        ),
    ] {
        assert_eq!(installation.database.sql(sql).trim(), expected.to_string(), "{what}");
    }
}

/// A claim that two had at once would be two steps in one, or two calls for one recorded attempt.
fn every_step_was_taken_by_one(installation: &Installation) {
    for (what, sql) in [
        (
            "histories with gaps",
            "SELECT COUNT(*) FROM fulfilment WHERE version <>
                 (SELECT COUNT(*) FROM orderEvent WHERE orderEvent.orderId = fulfilment.orderId)",
        ),
        (
            "steps taken twice",
            "SELECT COUNT(*) FROM orderEvent AS one JOIN orderEvent AS next
                 ON next.orderId = one.orderId AND next.number = one.number + 1 WHERE next.state = one.state",
        ),
        (
            "steps after the end",
            "SELECT COUNT(*) FROM orderEvent JOIN fulfilment USING (orderId)
                 WHERE orderEvent.state = 'fulfilled' AND number <> version",
        ),
    ] {
        assert_eq!(installation.database.sql(sql), "0\n", "{what}");
    }
    let recorded: usize =
        installation.database.sql("SELECT SUM(attempts) FROM fulfilment").trim().parse().unwrap();
    let calls = installation.calls_of_the_factory();
    assert!(calls <= recorded, "{calls} calls for {recorded} recorded attempts");
}
