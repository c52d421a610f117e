//! Orders a second that are durably queued in MariaDB by 64 callers at once, beside what a naked writer can do: one
//! order and two items, two indexes, multi-row INSERTs of what has queued.

use divan::{Bencher, counter::ItemsCount};
use domain::{Bitcoin, Diner, FranchiseId, MenuId, OrderItem, StoreId, UserId};
use mysql_async::{Conn, prelude::Queryable};
use std::{future::Future, path::Path, sync::Arc};
use store::{MysqlOptions, MysqlStore, NewOrder, Store};
use test_mariadb::MariaDb;
use tokio::{
    runtime::Runtime,
    sync::{mpsc, oneshot},
};

const CALLERS: i64 = 64;
const ORDERS_EACH: i64 = 250;

fn main() {
    divan::main();
}

/// On the disk that the program is built on: a server in memory syncs for nothing.
fn server() -> MariaDb {
    MariaDb::start_in(Path::new(env!("CARGO_TARGET_TMPDIR")), &[]).expect("MariaDB is installed")
}

#[divan::bench(sample_count = 12, sample_size = 1)]
fn place_order_queued(bencher: Bencher) {
    let server = server();
    let runtime = Runtime::new().expect("threads");
    let options = MysqlOptions::from_url(&server.url(&server.fresh_database())).expect("a URL");
    let store = Arc::new(runtime.block_on(MysqlStore::open(options)).expect("a server"));
    from_all_callers(bencher, &runtime, move |caller| {
        let store = Arc::clone(&store);
        async move {
            for _ in 0..ORDERS_EACH {
                store.place_order(order(caller)).await.expect("a working server");
            }
        }
    });
}

#[divan::bench(sample_count = 12, sample_size = 1)]
fn naked_writer(bencher: Bencher) {
    let server = server();
    let runtime = Runtime::new().expect("threads");
    let (jobs, waiting) = mpsc::channel(4096);
    runtime.block_on(async {
        let url = server.url(&server.fresh_database());
        let mut connection = Conn::from_url(url).await.expect("a server");
        for table in NAKED {
            connection.query_drop(table).await.expect("a schema");
        }
        tokio::spawn(write_nakedly(connection, waiting));
    });
    from_all_callers(bencher, &runtime, move |caller| {
        let jobs = jobs.clone();
        async move {
            for _ in 0..ORDERS_EACH {
                let (answer, told) = oneshot::channel();
                jobs.send((order(caller), answer)).await.expect("a writer");
                told.await.expect("an answer");
            }
        }
    });
}

fn from_all_callers<F>(bencher: Bencher, runtime: &Runtime, work: impl Fn(i64) -> F + Sync)
where
    F: Future<Output = ()> + Send + 'static,
{
    bencher.counter(ItemsCount::new((CALLERS * ORDERS_EACH) as u64)).bench(|| {
        runtime.block_on(async {
            let callers: Vec<_> = (0..CALLERS).map(|caller| tokio::spawn(work(caller))).collect();
            for caller in callers {
                caller.await.expect("no panic");
            }
        });
    });
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

const NAKED: [&str; 2] = [
    "CREATE TABLE dinerOrder (
         id INT AUTO_INCREMENT PRIMARY KEY, dinerId INT NOT NULL, franchiseId INT NOT NULL, storeId INT NOT NULL,
         date DATETIME NOT NULL, INDEX (dinerId))",
    "CREATE TABLE orderItem (
         id INT AUTO_INCREMENT PRIMARY KEY, orderId INT NOT NULL, menuId INT NOT NULL,
         description VARCHAR(255) NOT NULL, price DECIMAL(10, 8) NOT NULL, INDEX (orderId))",
];

async fn write_nakedly(mut db: Conn, mut waiting: mpsc::Receiver<(NewOrder, oneshot::Sender<u64>)>) {
    let mut jobs = Vec::new();
    while waiting.recv_many(&mut jobs, 256).await > 0 {
        let orders: Vec<String> = jobs
            .iter()
            .map(|(order, _)| format!("({},{},{},NOW())", order.diner.id, order.franchise, order.store))
            .collect();
        db.query_drop("BEGIN").await.expect("a server");
        let insert = "INSERT INTO dinerOrder (dinerId, franchiseId, storeId, date) VALUES";
        db.query_drop(format!("{insert}{}", orders.join(","))).await.expect("a server");
        let first = db.last_insert_id().expect("an id");
        let items: Vec<String> = jobs
            .iter()
            .zip(first..)
            .flat_map(|((order, _), id)| order.items.iter().map(move |item| (id, item)))
            .map(|(id, item)| format!("({id},{},'{}',{})", item.menu_id, item.description, item.price))
            .collect();
        let insert = "INSERT INTO orderItem (orderId, menuId, description, price) VALUES";
        db.query_drop(format!("{insert}{}", items.join(","))).await.expect("a server");
        db.query_drop("COMMIT").await.expect("a server");
        for ((_, answer), id) in jobs.drain(..).zip(first..) {
            let _ = answer.send(id);
        }
    }
}
