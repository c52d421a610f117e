//! The bare durable writer on MariaDB: one connection that saves with multi-row INSERTs what arrived together, and
//! nothing around it.

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
use mysql_async::{Conn, prelude::Queryable};
use serde_json::{Value, json};
use std::process::Command;
use tokio::sync::{mpsc, oneshot};

const QUEUE: usize = 4096;
const BATCH: usize = 256;

const TABLES: [&str; 2] = [
    "CREATE TABLE dinerOrder (
         id INT AUTO_INCREMENT PRIMARY KEY, dinerId INT NOT NULL, franchiseId INT NOT NULL, storeId INT NOT NULL,
         date DATETIME NOT NULL, INDEX (dinerId))",
    "CREATE TABLE orderItem (
         id INT AUTO_INCREMENT PRIMARY KEY, orderId INT NOT NULL, menuId INT NOT NULL,
         description VARCHAR(255) NOT NULL, price DECIMAL(10, 8) NOT NULL, INDEX (orderId))",
];

/// Starts one, on an empty database.
pub fn start(bench: &Bench, url: &str) -> anyhow::Result<Server> {
    let address = free_address()?;
    let mut command = Command::new(bench.own());
    command.env_clear().args(["naked-mariadb-writer", "--port", &address.port().to_string(), "--url", url]);
    Server::start(&mut command, address, "/")
}

/// Is one.
pub fn run(port: u16, url: String) -> anyhow::Result<()> {
    super::serve(port, async move {
        let mut connection = Conn::from_url(url).await?;
        for table in TABLES {
            connection.query_drop(table).await?;
        }
        let (orders, waiting) = mpsc::channel(QUEUE);
        tokio::spawn(async move {
            // Whoever waits for an answer gets 500 once this task is gone.
            let _ = write_what_arrives(connection, waiting).await;
        });
        let routes = Router::new().route("/", get(async || "ready")).route("/order", post(place));
        Ok(routes.with_state(orders))
    })
}

type Waiting = (Order, oneshot::Sender<u64>);

async fn place(
    State(orders): State<mpsc::Sender<Waiting>>,
    Json(order): Json<Order>,
) -> Result<(StatusCode, Json<Value>), StatusCode> {
    let (written, id) = oneshot::channel();
    orders.send((order, written)).await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    let id = id.await.map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "id": id }))))
}

/// Descriptions are quoted without a look into them: they are the bench's own.
async fn write_what_arrives(mut db: Conn, mut waiting: mpsc::Receiver<Waiting>) -> mysql_async::Result<()> {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let order = |(order, _): &Waiting| {
            format!("({},{},{},NOW())", order.diner_id, order.franchise_id, order.store_id)
        };
        let orders: Vec<_> = batch.iter().map(order).collect();
        db.query_drop("BEGIN").await?;
        let insert = "INSERT INTO dinerOrder (dinerId, franchiseId, storeId, date) VALUES";
        db.query_drop(format!("{insert}{}", orders.join(","))).await?;
        let first = db.last_insert_id().unwrap_or_default();
        let items: Vec<_> = batch
            .iter()
            .zip(first..)
            .flat_map(|((order, _), id)| order.items.iter().map(move |item| (id, item)))
            .map(|(id, item)| format!("({id},{},'{}',{})", item.menu_id, item.description, item.price))
            .collect();
        let insert = "INSERT INTO orderItem (orderId, menuId, description, price) VALUES";
        db.query_drop(format!("{insert}{}", items.join(","))).await?;
        db.query_drop("COMMIT").await?;
        for ((_, written), id) in batch.drain(..).zip(first..) {
            // Whoever hung up does not want to know.
            let _ = written.send(id);
        }
    }
    Ok(())
}
