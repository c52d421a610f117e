//! A question to MariaDB's Galera: can COMMIT answer that all is well, and the transaction be gone?
//!
//! It can (10.11), when another node's transaction is faster just while a statement of this one is being prepared. The
//! store therefore asks after each PREPARE within a transaction whether there still is one. Here both are seen on a
//! real cluster: the lie, and that asking finds it out.

#![allow(clippy::unwrap_used)]

use mysql_async::{Conn, Error, OptsBuilder, Row, Statement, prelude::Queryable};
use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};
use test_mariadb::Galera;
use tokio::task::{JoinSet, spawn_blocking};

/// Three on each node, all after the same row.
const WRITERS: usize = 9;
const LENGTH: Duration = Duration::from_secs(25);
/// A new connection has prepared nothing yet, and a server keeps only so many statements for one.
const RECONNECT_AFTER: u32 = 100;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "asks MariaDB, not us, for a minute: cargo test -p proof --test galera -- --ignored --nocapture"]
async fn commit_lies_about_a_transaction_that_ended_during_prepare_and_asking_finds_it_out() {
    let (unasked, lost) = committed_and_lost(false).await;
    println!("nobody asks: {unasked} commits answered OK, {lost} of them are gone");
    let (asked, lost) = committed_and_lost(true).await;
    println!("after each PREPARE somebody asks: {asked} commits answered OK, {lost} of them are gone");
    assert!(unasked > 500 && asked > 500);
    assert_eq!(lost, 0);
}

async fn committed_and_lost(asks: bool) -> (usize, usize) {
    let cluster = spawn_blocking(Galera::shared).await.unwrap();
    let database = cluster.fresh_database();
    let tables = "CREATE TABLE receipt (token INT PRIMARY KEY);
        CREATE TABLE thing (id INT AUTO_INCREMENT PRIMARY KEY, open VARCHAR(9) UNIQUE, token INT)";
    cluster.sql(0, &database, tables);
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(write(cluster, database.clone(), writer % Galera::NODES, asks));
    }
    let committed: BTreeSet<u32> = writers.join_all().await.into_iter().flatten().collect();
    let there = cluster.sql(2, &database, "SET wsrep_sync_wait = 15; SELECT token FROM receipt");
    let there = there.lines().map(|token| token.parse().unwrap()).collect();
    (committed.len(), committed.difference(&there).count())
}

/// The receipts of the transactions whose COMMIT was answered with OK.
async fn write(cluster: &'static Galera, database: String, node: usize, asks: bool) -> Vec<u32> {
    static TOKEN: AtomicU32 = AtomicU32::new(0);
    let (begun, mut committed) = (Instant::now(), Vec::new());
    let mut writer = Writer { connection: connect(cluster, &database, node).await, asks };
    while begun.elapsed() < LENGTH {
        let token = TOKEN.fetch_add(1, Ordering::SeqCst);
        match writer.transaction(token).await {
            Ok(()) => committed.push(token),
            // Somebody was faster, and it was said.
            Err(_) => writer.connection.query_drop("ROLLBACK").await.unwrap(),
        }
        if token.is_multiple_of(RECONNECT_AFTER) {
            writer.connection = connect(cluster, &database, node).await;
        }
    }
    committed
}

async fn connect(cluster: &Galera, database: &str, node: usize) -> Conn {
    let options = OptsBuilder::default().ip_or_hostname("127.0.0.1").tcp_port(cluster.port(node));
    let options = options.user(Some("root")).db_name(Some(database)).prefer_socket(false);
    let mut connection = Conn::new(options).await.unwrap();
    connection.query_drop("SET wsrep_sync_wait = 3").await.unwrap();
    connection.query_drop("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED").await.unwrap();
    connection
}

struct Writer {
    connection: Conn,
    asks: bool,
}

impl Writer {
    /// Opens the one thing that can be open, or closes it.
    async fn transaction(&mut self, token: u32) -> Result<(), Error> {
        let begin = format!("START TRANSACTION; INSERT INTO receipt VALUES ({token}); SELECT 1");
        self.connection.query::<Row, _>(begin).await?;
        let look = self.prepare("SELECT id FROM thing WHERE open = 'yes'".into()).await?;
        let open: Option<u32> = self.connection.exec_first(look, ()).await?;
        let change = match open {
            Some(id) => format!("UPDATE thing SET open = NULL, token = ? WHERE id = {id}"),
            None => "INSERT INTO thing (open, token) VALUES ('yes', ?)".into(),
        };
        let change = self.prepare(change).await?;
        self.connection.exec_drop(change, (token,)).await?;
        // One that was never prepared before.
        let own = self.prepare(format!("SELECT id FROM thing WHERE token = ? -- {token}")).await?;
        self.connection.exec_first::<u32, _, _>(own, (token,)).await?;
        self.connection.query_drop("COMMIT").await
    }

    async fn prepare(&mut self, sql: String) -> Result<Statement, Error> {
        let statement = self.connection.prep(sql).await?;
        let inside = !self.asks || self.connection.query_first("SELECT @@in_transaction").await? == Some(1);
        if inside { Ok(statement) } else { Err(Error::Other("there is no transaction any more".into())) }
    }
}
