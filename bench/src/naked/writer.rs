//! The bare durable writer: orders from HTTP into SQLite, one writer thread that commits together what arrived
//! together, and nothing around it. Written without our own crates, because they are measured against it.

use super::order::Order;
use crate::{
    bench::Bench,
    process::{Server, free_address},
};
use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    routing::{get, post},
};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::{path::Path, process::Command, thread};
use tokio::sync::{mpsc, oneshot};

const QUEUE: usize = 4096;
const BATCH: usize = 256;

/// Starts one, on a new database.
pub fn start(bench: &Bench) -> anyhow::Result<Server> {
    let address = free_address()?;
    let mut command = Command::new(bench.own());
    command.env_clear().args(["naked-writer", "--port", &address.port().to_string(), "--database"]);
    command.arg(bench.fresh_path("naked.db")?);
    Server::start(&mut command, address, "/")
}

/// Is one.
pub fn run(port: u16, database: &Path) -> anyhow::Result<()> {
    let connection = open(database)?;
    let (orders, waiting) = mpsc::channel(QUEUE);
    thread::spawn(move || {
        // Whoever waits for an answer gets 500 once this thread is gone.
        let _ = write_what_arrives(&connection, waiting);
    });
    let routes =
        Router::new().route("/", get(async || "ready")).route("/order", post(place)).with_state(orders);
    super::serve(port, async { Ok(routes) })
}

type Waiting = (Order, oneshot::Sender<i64>);

async fn place(
    State(orders): State<mpsc::Sender<Waiting>>,
    Json(order): Json<Order>,
) -> Result<(StatusCode, Json<Value>), StatusCode> {
    let (written, id) = oneshot::channel();
    orders.send((order, written)).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let id = id.await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "id": id }))))
}

fn open(database: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(database)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 4000;
         CREATE TABLE diner_order (
             id INTEGER PRIMARY KEY, diner_id INTEGER NOT NULL, franchise_id INTEGER NOT NULL,
             store_id INTEGER NOT NULL, date INTEGER NOT NULL
         ) STRICT;
         CREATE INDEX diner_order_diner ON diner_order (diner_id);
         CREATE TABLE order_item (
             id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL, menu_id INTEGER NOT NULL,
             description TEXT NOT NULL, price INTEGER NOT NULL
         ) STRICT;
         CREATE INDEX order_item_order ON order_item (order_id);",
    )?;
    Ok(connection)
}

fn write_what_arrives(db: &Connection, mut waiting: mpsc::Receiver<Waiting>) -> rusqlite::Result<()> {
    let mut begin = db.prepare("BEGIN IMMEDIATE")?;
    let mut commit = db.prepare("COMMIT")?;
    let mut insert_order = db.prepare(
        "INSERT INTO diner_order (diner_id, franchise_id, store_id, date) VALUES (?1, ?2, ?3, ?4)",
    )?;
    let mut insert_item =
        db.prepare("INSERT INTO order_item (order_id, menu_id, description, price) VALUES (?1, ?2, ?3, ?4)")?;
    let mut batch = Vec::with_capacity(BATCH);
    let mut ids = Vec::with_capacity(BATCH);
    while waiting.blocking_recv_many(&mut batch, BATCH) > 0 {
        let now = jiff::Timestamp::now().as_millisecond();
        begin.execute([])?;
        for (order, _) in &batch {
            insert_order.execute((order.diner_id, order.franchise_id, order.store_id, now))?;
            let id = db.last_insert_rowid();
            for item in &order.items {
                let price = (item.price * 1e8).round() as i64;
                insert_item.execute((id, item.menu_id, &item.description, price))?;
            }
            ids.push(id);
        }
        commit.execute([])?;
        for ((_, written), id) in batch.drain(..).zip(ids.drain(..)) {
            // Whoever hung up does not want to know.
            let _ = written.send(id);
        }
    }
    Ok(())
}
