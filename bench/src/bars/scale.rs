//! How what is asked of the store costs as data grows: orders, of which every tenth waits, and a tenth as many people.
//! One caller at a time, in this process, without HTTP; the figures are microseconds.

use super::p12_history::database;
use crate::{
    bench::Bench,
    row::{Row, Series, Threshold},
};
use anyhow::bail;
use domain::{Bitcoin, Diner, FranchiseId, MenuId, OrderId, OrderItem, OrderState, StoreId, UserId};
use jiff::{SignedDuration, Timestamp};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use store::{
    Claim, Clock, Finish, FranchiseQuery, Lease, NewOrder, Pick, Release, SqliteOptions, SqliteStore, Store,
    Token,
};

const SIZES: [i64; 4] = [1_000, 100_000, 1_000_000, 10_000_000];
const SIZES_SHORT: [i64; 2] = [1_000, 10_000];
/// Of everything that takes a microsecond and not a second.
const TIMES: usize = 200;
const LEASE: Duration = Duration::from_secs(60);

pub fn measure(bench: &Bench) -> anyhow::Result<Vec<Row>> {
    let sizes: &[i64] = if bench.short { &SIZES_SHORT } else { &SIZES };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let mut rows = Vec::new();
    for &orders in sizes {
        let path = database(bench, orders)?;
        bench.step(&format!("asking a store of {orders} orders"));
        for (what, microseconds) in runtime.block_on(ask(&path, orders))? {
            rows.push(Row {
                bar: "scale",
                what: format!("{what}, {orders} orders"),
                ours: Series::new("µs", microseconds),
                other: None,
                threshold: Threshold::Anything,
            });
        }
    }
    Ok(rows)
}

type Costs = Vec<(&'static str, Vec<f64>)>;

async fn ask(path: &Path, orders: i64) -> anyhow::Result<Costs> {
    let open = || SqliteStore::open(SqliteOptions { path: path.to_owned(), clock: Clock::system() });
    let begun = Instant::now();
    let store = open()?;
    let mut costs: Costs = vec![("start", vec![microseconds(begun)])];
    costs.extend(ask_often(&store, orders).await?);
    costs.extend(ask_of_the_queue(&store, orders).await?);
    costs.extend(ask_seldom(&store).await?);
    Ok(costs)
}

/// What happens with every order and every page.
async fn ask_often(store: &dyn Store, orders: i64) -> anyhow::Result<Costs> {
    let diner = |n: usize| UserId(1 + (n as i64 * 7919) % (orders / 10));
    let (mut place, mut history, mut order) = (Vec::new(), Vec::new(), Vec::new());
    for n in 0..TIMES {
        let begun = Instant::now();
        store.place_order(new_order(diner(n))).await?;
        place.push(microseconds(begun));
        let begun = Instant::now();
        let page = store.orders_of(diner(n), 1, 10).await?;
        history.push(microseconds(begun));
        let Some(first) = page.last() else { bail!("every diner has ordered something") };
        let begun = Instant::now();
        store.order(first.id).await?;
        order.push(microseconds(begun));
    }
    Ok(vec![("save an order", place), ("history page", history), ("one order", order)])
}

async fn ask_of_the_queue(store: &dyn Store, orders: i64) -> anyhow::Result<Costs> {
    let (mut claim, mut probe, mut finish, mut stats) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TIMES.min(orders as usize / 200) {
        let lease = Lease { token: Token::new(), duration: LEASE };
        let begun = Instant::now();
        let claimed =
            store.claim_due(Claim { limit: 8, pick: Pick::FairShare, lease: lease.clone() }).await?;
        claim.push(microseconds(begun) / claimed.len() as f64);
        let mut claimed = claimed.into_iter();
        if let Some(order) = claimed.next() {
            let begun = Instant::now();
            let finished = Finish::Fulfilled { jwt: "a.b.c".to_owned() };
            let _ = store.finish(order.id, &lease.token, finished).await?;
            finish.push(microseconds(begun));
        }
        for order in claimed {
            put_back(store, order.id, &lease.token).await?;
        }
        let begun = Instant::now();
        let oldest = store.claim_due(Claim { limit: 1, pick: Pick::Oldest, lease: lease.clone() }).await?;
        probe.push(microseconds(begun));
        for order in oldest {
            put_back(store, order.id, &lease.token).await?;
        }
        let begun = Instant::now();
        store.queue_stats().await?;
        stats.push(microseconds(begun));
    }
    Ok(vec![
        ("claim, each of 8", claim),
        ("claim the oldest", probe),
        ("finish", finish),
        ("the queue's state", stats),
    ])
}

async fn put_back(store: &dyn Store, order: OrderId, token: &Token) -> anyhow::Result<()> {
    let _ = store.release(order, token, Release { attempt_unspent: true, ..Release::default() }).await?;
    Ok(())
}

/// What people ask for now and then.
async fn ask_seldom(store: &dyn Store) -> anyhow::Result<Costs> {
    let queue_page = time(store.orders_in(OrderState::Queued, 1, 50)).await?;
    let query = FranchiseQuery { page: 0, per_page: 10, name: "*".to_owned(), with_business: true };
    let franchises = time(store.franchises(query)).await?;
    let now = Timestamp::now();
    let hour = now - SignedDuration::from_hours(1);
    let revenue = time(store.revenue_by_day(FranchiseId(1), hour, now)).await?;
    Ok(vec![
        ("a page of the queue", vec![queue_page]),
        ("franchises with revenue", vec![franchises]),
        ("revenue of the last hour", vec![revenue]),
    ])
}

async fn time<T>(asked: impl Future<Output = Result<T, store::StoreError>>) -> anyhow::Result<f64> {
    let begun = Instant::now();
    asked.await?;
    Ok(microseconds(begun))
}

fn microseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e6
}

fn new_order(diner: UserId) -> NewOrder {
    let item = |menu_id| OrderItem {
        menu_id: MenuId(menu_id),
        description: "Veggie".to_owned(),
        price: Bitcoin::from_satoshi(380_000),
    };
    NewOrder {
        diner: Diner { id: diner, name: "diner".to_owned(), email: "d@jwt.com".to_owned() },
        franchise: FranchiseId(1),
        store: StoreId(1),
        items: vec![item(1), item(2)],
        idempotency: None,
        traceparent: None,
        claim: None,
    }
}
