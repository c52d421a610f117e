//! Servers that are away, come back, or are others.

use crate::{
    Database,
    conformance::{Backend, new_order, place, queued},
};
use std::{
    net::{Ipv4Addr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use store::{HostPort, MysqlOptions, MysqlStore, Placed, Store};
use test_mariadb::MariaDb;

#[tokio::test]
async fn a_server_that_does_not_answer_is_an_error_that_says_so() {
    let options = MysqlOptions::from_url(&format!("mysql://root@127.0.0.1:{}/pizza", unused_port())).unwrap();
    let error = refusal(options).await;
    assert!(error.contains("no database server can be used (127.0.0.1:"), "{error}");
    assert!(error.contains("refused"), "{error}");
}

#[tokio::test]
async fn who_is_not_let_in_is_told_why_at_once() {
    let database = Database::fresh().await;
    let start = Instant::now();
    for (options, why) in [
        (MysqlOptions { user: "nobody".into(), ..database.options() }, "Access denied"),
        (MysqlOptions { password: "canary".into(), ..database.options() }, "Access denied"),
        (MysqlOptions { database: "nowhere".into(), ..database.options() }, "Unknown database 'nowhere'"),
    ] {
        let patient = MysqlOptions { start_timeout: Duration::from_secs(600), ..options };
        let error = MysqlStore::open(patient).await.err().map(|error| format!("{error:?}")).unwrap();
        assert!(error.contains(why) && !error.contains("canary"), "{error}");
    }
    assert!(start.elapsed() < Duration::from_secs(600), "waiting does not help");
}

#[tokio::test]
async fn a_server_that_is_late_is_waited_for() {
    let (mut server, database) = own_server();
    server.kill();
    let options = MysqlOptions::from_url(&server.url(&database)).unwrap();
    let options = MysqlOptions { start_timeout: Duration::from_secs(60), ..options };
    let opening = tokio::spawn(MysqlStore::open(options));
    let server =
        tokio::task::spawn_blocking(move || server.restart().map(|()| server)).await.unwrap().unwrap();
    queued(&opening.await.unwrap().unwrap()).await;
    drop(server);
}

#[tokio::test]
async fn the_first_address_that_answers_is_used() {
    let database = Database::fresh().await;
    let address = |port| HostPort { host: "127.0.0.1".into(), port };
    let addresses = vec![address(unused_port()), address(MariaDb::shared().port())];
    let store = MysqlStore::open(MysqlOptions { addresses, ..database.options() }).await.unwrap();
    let id = queued(&store).await;
    assert!(database.open().await.order(id).await.unwrap().is_some());
}

#[tokio::test]
async fn a_read_only_server_is_passed_over() {
    let replica = MariaDb::start(&["--read-only"]).unwrap();
    let database = Database::fresh().await;
    let name = database.location().rsplit_once('/').unwrap().1.to_owned();
    replica.sql("", &format!("CREATE DATABASE {name}"));
    let address = |port| HostPort { host: "127.0.0.1".into(), port };
    let addresses = vec![address(replica.port()), address(MariaDb::shared().port())];
    let store = MysqlStore::open(MysqlOptions { addresses, ..database.options() }).await.unwrap();
    queued(&store).await;
    assert_eq!(replica.sql(&name, "SHOW TABLES"), "");
}

#[tokio::test]
async fn connections_that_the_server_ended_are_replaced_unnoticed() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let ours = "SELECT CONCAT('KILL ', id) FROM information_schema.PROCESSLIST
        WHERE DB = DATABASE() AND id <> CONNECTION_ID()";
    for _ in 0..10 {
        let id = queued(&*store).await;
        let kills = database.sql(ours);
        assert!(!kills.is_empty());
        kills.lines().for_each(|kill| drop(database.sql(kill)));
        assert!(store.order(id).await.unwrap().is_some());
        store.check().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_under_load_loses_nothing_that_was_acknowledged() {
    let (mut server, database) = own_server();
    let options = MysqlOptions::from_url(&server.url(&database)).unwrap();
    let store: Arc<dyn Store> = Arc::new(MysqlStore::open(options).await.unwrap());
    let done = Arc::new(AtomicBool::new(false));
    let diners: Vec<_> =
        (0..8).map(|diner| tokio::spawn(order_until(Arc::clone(&done), Arc::clone(&store), diner))).collect();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(300)).await;
        server = tokio::task::spawn_blocking(move || {
            server.kill();
            server.restart().map(|()| server)
        })
        .await
        .unwrap()
        .unwrap();
        assert!(eventually_checks(&*store).await, "errors only while it is away");
    }
    done.store(true, Ordering::SeqCst);
    let mut acknowledged = 0;
    for diner in diners {
        for id in diner.await.unwrap() {
            let order = store.order(id).await.unwrap().expect("it was acknowledged");
            assert_eq!(order.items.len(), 2);
            acknowledged += 1;
        }
    }
    assert!(acknowledged > 100, "{acknowledged}");
    let orders = server.sql(&database, "SELECT COUNT(*) FROM dinerOrder");
    let whole = server.sql(
        &database,
        "SELECT COUNT(*) FROM fulfilment WHERE (SELECT COUNT(*) FROM orderItem WHERE orderItem.orderId = fulfilment.orderId) = 2",
    );
    assert_eq!(orders, whole, "whole orders or none");
    place(&*store, new_order(1, 1)).await;
}

async fn order_until(done: Arc<AtomicBool>, store: Arc<dyn Store>, diner: i64) -> Vec<domain::OrderId> {
    let mut acknowledged = Vec::new();
    while !done.load(Ordering::SeqCst) {
        match store.place_order(new_order(diner, diner)).await {
            Ok(Placed::Saved { id, .. }) => acknowledged.push(id),
            Ok(other) => panic!("{other:?}"),
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
    acknowledged
}

async fn eventually_checks(store: &dyn Store) -> bool {
    for _ in 0..100 {
        if store.check().await.is_ok() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}

async fn refusal(options: MysqlOptions) -> String {
    let impatient = MysqlOptions { start_timeout: Duration::ZERO, ..options };
    let error = MysqlStore::open(impatient).await.err().unwrap();
    assert_eq!(error.to_string(), "the store is unavailable");
    std::error::Error::source(&error).unwrap().to_string()
}

fn own_server() -> (MariaDb, String) {
    let server = MariaDb::start(&[]).unwrap();
    let database = server.fresh_database();
    (server, database)
}

fn unused_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}
