//! What became of the orders of a span of time, with those that somebody has damaged.

use super::{Backend, Damage, Verbs, making, new_order, order_in, place, queued};
use crate::Database;
use domain::{OrderState, OrderTally};
use jiff::{SignedDuration, Timestamp};
use std::time::Duration;
use store::{Finish, OrderSpan, Settlement};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn the_orders_of_a_span_are_counted_by_what_became_of_them() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let start = store.queue_stats().await.unwrap().now;
    assert_eq!(tally(&*store, start, 1000).await, OrderTally::default());
    queued(&*store).await;
    database.advance(SECOND).await;
    for state in OrderState::ALL {
        order_in(&*store, state).await;
    }
    let (late, token) = making(&*store).await;
    database.advance(31 * SECOND).await;
    let pizza = Finish::Fulfilled { jwt: "a.b.c".into() };
    assert_eq!(store.finish(late, &token, pizza).await.unwrap(), Settlement::Applied);
    queued(&*store).await;

    let of_the_middle = OrderTally {
        placed: 7,
        fulfilled_at_once: 1,
        fulfilled_later: 1,
        waiting: 2,
        quarantined: 1,
        rejected: 1,
        cancelled: 1,
        lost: 0,
        longest_seconds: 31,
    };
    assert_eq!(tally(&*store, start + SECOND, 31).await, of_the_middle);
    assert_eq!(of_the_middle.affected(), 6);
    assert_eq!(tally(&*store, start, 32).await, OrderTally { placed: 8, waiting: 3, ..of_the_middle });
    assert_eq!(tally(&*store, start, 33).await, OrderTally { placed: 9, waiting: 4, ..of_the_middle });
    assert_eq!(tally(&*store, start + 40 * SECOND, 100).await, OrderTally::default());
    assert_eq!(tally(&*store, start, -5).await, OrderTally::default(), "a span that ends before it begins");
}

#[tokio::test]
async fn a_span_is_found_among_the_orders_of_many_days() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let start = store.queue_stats().await.unwrap().now;
    for day in 0..7 {
        for _ in 0..10 * (day + 1) {
            queued(&*store).await;
        }
        database.advance(DAY).await;
    }
    for day in 0..7_u32 {
        let placed = tally(&*store, start + DAY * day, 1).await.placed;
        assert_eq!(placed, 10 * (u64::from(day) + 1), "{day}");
    }
    let all = OrderSpan { from: Timestamp::MIN, to: Timestamp::MAX, at_once: Duration::ZERO };
    assert_eq!(store.tally_orders(all).await.unwrap().placed, 280);
}

#[tokio::test]
async fn more_orders_than_are_looked_at_in_one_go_are_all_counted() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let start = store.queue_stats().await.unwrap().now;
    let placing = (0..4001).map(|diner| place(&*store, new_order(diner, 1)));
    let placed = futures::future::join_all(placing).await;
    database.damage(placed[1999], Damage::StateMangled).await;
    database.damage(placed[2000], Damage::OrderGone).await;
    let counted = tally(&*store, start, 1).await;
    assert_eq!((counted.placed, counted.waiting, counted.lost), (4001, 3999, 2));
}

#[tokio::test]
async fn an_order_that_is_damaged_counts_as_lost() {
    for (state, damage) in [
        (OrderState::Fulfilled, Damage::PizzaGone),
        (OrderState::Queued, Damage::StateMangled),
        (OrderState::Making, Damage::LeaseGone),
        (OrderState::Queued, Damage::OrderGone),
        (OrderState::Fulfilled, Damage::RecordGone),
    ] {
        let database = Database::fresh().await;
        let store = database.open().await;
        let start = store.queue_stats().await.unwrap().now;
        queued(&*store).await;
        let (order, _) = order_in(&*store, state).await;
        assert_eq!(tally(&*store, start, 1).await.lost, 0);
        database.damage(order, damage).await;
        let counted = tally(&*store, start, 1).await;
        assert_eq!((counted.placed, counted.waiting, counted.lost), (2, 1, 1), "{damage:?}");
    }
}

#[tokio::test]
async fn historic_orders_are_not_ours() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let start = store.queue_stats().await.unwrap().now;
    let historic = place(&*store, new_order(1, 1)).await;
    database.damage(historic, Damage::RecordGone).await;
    assert_eq!(tally(&*store, start, 1).await, OrderTally::default(), "nothing is ours");
    queued(&*store).await;
    let counted = tally(&*store, start, 1).await;
    assert_eq!((counted.placed, counted.waiting, counted.lost), (1, 1, 0));
}

/// Of so many seconds; a diner waits for ten.
async fn tally(store: &dyn Verbs, from: Timestamp, seconds: i64) -> OrderTally {
    let span =
        OrderSpan { from, to: from + SignedDuration::from_secs(seconds), at_once: Duration::from_secs(10) };
    store.tally_orders(span).await.unwrap()
}
