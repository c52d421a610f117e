//! Orders a second that are durably queued by 64 callers at once, beside what a naked writer can do:
//! one order and two items, two indexes, the same group commit.

use divan::{Bencher, counter::ItemsCount};
use domain::{Bitcoin, Diner, FranchiseId, MenuId, OrderItem, StoreId, UserId};
use group_commit::{Options, Writer};
use rusqlite::Connection;
use std::{future::Future, sync::Arc};
use store::{Clock, NewOrder, SqliteOptions, SqliteStore, Store};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const CALLERS: i64 = 64;
const ORDERS_EACH: i64 = 250;

fn main() {
    divan::main();
}

#[divan::bench(sample_count = 12, sample_size = 1)]
fn place_order_queued(bencher: Bencher) {
    let folder = folder();
    let options = SqliteOptions { path: folder.path().join("pizza.db"), clock: Clock::system() };
    let store = Arc::new(SqliteStore::open(options).expect("an empty folder"));
    from_all_callers(bencher, move |caller| {
        let store = Arc::clone(&store);
        async move {
            for _ in 0..ORDERS_EACH {
                store.place_order(order(caller)).await.expect("a working disk");
            }
        }
    });
}

#[divan::bench(sample_count = 12, sample_size = 1)]
fn naked_writer(bencher: Bencher) {
    let folder = folder();
    let writer = Writer::spawn(naked(&folder), Options::default()).expect("a thread");
    from_all_callers(bencher, move |caller| {
        let writer = writer.clone();
        async move {
            for _ in 0..ORDERS_EACH {
                let order = order(caller);
                writer.write(move |db| insert_nakedly(db, &order)).await.expect("a working disk");
            }
        }
    });
}

fn from_all_callers<F>(bencher: Bencher, work: impl Fn(i64) -> F + Sync)
where
    F: Future<Output = ()> + Send + 'static,
{
    let runtime = Runtime::new().expect("threads");
    bencher.counter(ItemsCount::new((CALLERS * ORDERS_EACH) as u64)).bench(|| {
        runtime.block_on(async {
            let callers: Vec<_> = (0..CALLERS).map(|caller| tokio::spawn(work(caller))).collect();
            for caller in callers {
                caller.await.expect("no panic");
            }
        });
    });
}

/// On the disk that the program is built on: `/tmp` may be memory, which syncs for nothing.
fn folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder to write to")
}

fn order(caller: i64) -> NewOrder {
    let item = |menu_id, description: &str| OrderItem {
        menu_id: MenuId(menu_id),
        description: description.into(),
        price: Bitcoin::from_satoshi(380_000),
    };
    NewOrder {
        diner: Diner { id: UserId(caller), name: "pizza diner".into(), email: "d@jwt.com".into() },
        franchise: FranchiseId(1 + caller % 5),
        store: StoreId(1 + caller % 5),
        items: vec![item(1, "Veggie"), item(2, "Pepperoni")],
        idempotency: None,
        traceparent: None,
        claim: None,
    }
}

fn naked(folder: &TempDir) -> Connection {
    let connection = Connection::open(folder.path().join("naked.db")).expect("a file");
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA wal_autocheckpoint = 4000;
             CREATE TABLE dinerOrder (id INTEGER PRIMARY KEY, dinerId, franchiseId, storeId, date);
             CREATE INDEX dinerOrderDiner ON dinerOrder (dinerId);
             CREATE TABLE orderItem (id INTEGER PRIMARY KEY, orderId, menuId, description, price);
             CREATE INDEX orderItemOrder ON orderItem (orderId);",
        )
        .expect("a schema");
    connection
}

fn insert_nakedly(db: &Connection, order: &NewOrder) -> rusqlite::Result<i64> {
    db.prepare_cached(
        "INSERT INTO dinerOrder (dinerId, franchiseId, storeId, date) VALUES (?1, ?2, ?3, ?4)",
    )?
    .execute((order.diner.id.0, order.franchise.0, order.store.0, 1_800_000_000_000_i64))?;
    let id = db.last_insert_rowid();
    let mut insert = db.prepare_cached(
        "INSERT INTO orderItem (orderId, menuId, description, price) VALUES (?1, ?2, ?3, ?4)",
    )?;
    for item in &order.items {
        insert.execute((id, item.menu_id.0, &item.description, item.price.satoshi()))?;
    }
    Ok(id)
}
