//! How many connections there may be.

use crate::{SHORT, Server, client::Client, generous};
use http_server::Limits;
use tokio::time::sleep;

#[tokio::test]
async fn more_connections_than_the_limit_wait_for_a_place() {
    let server = Server::start(Limits { connections: 2, ..generous() }).await;
    let mut served = [Client::connect(&server).await, Client::connect(&server).await];
    for client in &mut served {
        client.get("/").await;
        client.until("hello").await;
    }
    let mut waiting = Client::connect(&server).await;
    waiting.get("/").await;
    sleep(SHORT).await;
    assert_eq!(server.calls(), 2, "a connection over the limit was served");
    drop(served);
    waiting.until("hello").await;
}

#[tokio::test]
async fn one_client_cannot_have_all_the_places() {
    let server = Server::start(Limits { connections_per_client: Some(2), ..generous() }).await;
    let mut first = Client::connect(&server).await;
    let _second = Client::connect(&server).await;
    first.get("/").await;
    first.until("hello").await;
    assert_eq!(Client::connect(&server).await.until_closed().await, "");

    let mut elsewhere = Client::from(&server, [127, 0, 0, 2]).await;
    elsewhere.get("/").await;
    elsewhere.until("hello").await;

    drop(first);
    // The place is free once the server has seen that its client is gone.
    loop {
        let mut again = Client::connect(&server).await;
        again.send("GET / HTTP/1.1\r\nconnection: close\r\n\r\n").await;
        if again.until_closed().await.ends_with("hello") {
            break;
        }
    }
}
