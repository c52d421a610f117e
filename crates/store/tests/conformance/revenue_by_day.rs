//! What a franchise earned day by day.

use super::{Backend, Damage, LEASE, making, new_order, order_in, place};
use crate::Database;
use domain::{Bitcoin, FranchiseId, OrderState};
use jiff::{Timestamp, civil::Date, tz::Offset};
use std::{collections::BTreeMap, time::Duration};
use store::{Finish, Lease, NewOrder, Settlement, Store, Token};

const DAY: Duration = Duration::from_secs(24 * 3600);
const MINE: FranchiseId = FranchiseId(1);
/// What every order of these tests costs.
const ONE: i64 = 800_001;

#[tokio::test]
async fn fulfilled_orders_are_summed_by_the_day_on_which_they_were_placed() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let start = now(&*store).await;
    assert_eq!(store.revenue_by_day(MINE, start - DAY, start + DAY).await.unwrap(), BTreeMap::new());
    let mut expected = BTreeMap::new();
    for day in 0..6_u32 {
        for _ in 0..day {
            fulfilled(&*store, 1).await;
        }
        fulfilled(&*store, 2).await;
        if day > 0 {
            expected.insert(date(start + DAY * day), Bitcoin::from_satoshi(i64::from(day) * ONE));
        }
        database.advance(DAY).await;
    }
    let all = store.revenue_by_day(MINE, start, start + DAY * 6).await.unwrap();
    assert_eq!(all, expected);
    assert_eq!(store.revenue_by_day(MINE, Timestamp::MIN, Timestamp::MAX).await.unwrap(), expected);
    let some = store.revenue_by_day(MINE, start + DAY * 2, start + DAY * 4).await.unwrap();
    assert_eq!(some.values().map(|sum| sum.satoshi() / ONE).collect::<Vec<_>>(), [2, 3]);
    let other = store.revenue_by_day(FranchiseId(2), start, start + DAY * 6).await.unwrap();
    assert_eq!(other.len(), 6);
    for franchise in [FranchiseId(3), FranchiseId(Database::LARGEST_ID)] {
        assert_eq!(store.revenue_by_day(franchise, start, start + DAY * 6).await.unwrap(), BTreeMap::new());
    }
    let backwards = store.revenue_by_day(MINE, start + DAY * 6, start).await.unwrap();
    assert_eq!(backwards, BTreeMap::new());
}

#[tokio::test]
async fn only_what_is_fulfilled_counts_and_counts_where_it_was_placed() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let start = now(&*store).await;
    for state in OrderState::ALL {
        order_in(&*store, state).await;
    }
    let (late, token) = making(&*store).await;
    let released = store.release(late, &token, store::Release::default()).await.unwrap();
    assert_eq!(released, Settlement::Applied);
    let day = |earned| BTreeMap::from([(date(start), Bitcoin::from_satoshi(earned))]);
    let asked = async || store.revenue_by_day(MINE, start, start + DAY / 2).await.unwrap();
    assert_eq!(asked().await, day(ONE));

    // One that waited for days is the revenue of the day on which it was ordered.
    database.advance(DAY * 5).await;
    let claimed = super::claim(&*store, store::Pick::FairShare, 10).await;
    let claimed = claimed.into_iter().find(|claimed| claimed.id == late).unwrap();
    finish(&*store, late, &claimed.token).await;
    assert_eq!(asked().await, day(2 * ONE));
    assert_eq!(store.revenue_by_day(MINE, start + DAY, start + DAY * 9).await.unwrap(), BTreeMap::new());
}

#[tokio::test]
async fn orders_of_closed_stores_count_and_historic_ones_do_not() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let start = now(&*store).await;
    let historic = fulfilled(&*store, 1).await;
    database.damage(historic, Damage::RecordGone).await;
    assert_eq!(store.revenue_by_day(MINE, start, start + DAY).await.unwrap(), BTreeMap::new());
    // There are no stores at all.
    fulfilled(&*store, 1).await;
    let earned = store.revenue_by_day(MINE, start, start + DAY).await.unwrap();
    assert_eq!(earned.values().map(|sum| sum.satoshi()).collect::<Vec<_>>(), [ONE]);
}

#[tokio::test]
async fn more_orders_than_are_looked_at_in_one_go_are_all_summed() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let start = now(&*store).await;
    let orders = (0..2001_i64).map(|diner| fulfilled(&*store, 1 + diner % 2));
    futures::future::join_all(orders).await;
    let earned = store.revenue_by_day(MINE, start, start + DAY).await.unwrap();
    assert_eq!(earned.values().map(|sum| sum.satoshi() / ONE).collect::<Vec<_>>(), [1001]);
}

async fn fulfilled(store: &dyn Store, franchise: i64) -> domain::OrderId {
    let token = Token::new();
    let claim = Some(Lease { token: token.clone(), duration: LEASE });
    let order = place(store, NewOrder { claim, ..new_order(1, franchise) }).await;
    finish(store, order, &token).await;
    order
}

async fn finish(store: &dyn Store, order: domain::OrderId, token: &Token) {
    let pizza = Finish::Fulfilled { jwt: "a.b.c".into() };
    assert_eq!(store.finish(order, token, pizza).await.unwrap(), Settlement::Applied);
}

async fn now(store: &dyn Store) -> Timestamp {
    store.queue_stats().await.unwrap().now
}

fn date(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}
