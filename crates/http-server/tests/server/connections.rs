//! How many connections there may be.

use crate::{SHORT, Server, client::Client, generous};
use http_server::Limits;
use tokio::time::sleep;

#[tokio::test]
async fn more_connections_than_the_limit_wait_for_a_place() {
    let server = Server::start(Limits { connections: 2, ..generous() }).await;
    let mut served = [Client::connect(&server).await, Client::connect(&server).await];
    for client in &mut served {
        client.get("/held").await;
    }
    server.until_alive(2).await;
    let mut waiting = Client::connect(&server).await;
    waiting.get("/").await;
    sleep(SHORT).await;
    assert_eq!(server.calls(), 0, "a connection over the limit was served");
    drop(served);
    waiting.until("hello").await;
}

#[tokio::test]
async fn in_a_full_house_who_is_idle_leaves_and_who_waits_for_an_answer_stays() {
    let server = Server::start(Limits { connections: 3, ..generous() }).await;
    let mut waiting = Client::connect(&server).await;
    waiting.get("/held").await;
    server.until_alive(1).await;
    let mut idle = Client::connect(&server).await;
    for _ in 0..20 {
        idle.get("/").await;
        idle.until("hello").await;
        let mut next = Client::connect(&server).await;
        assert_eq!(idle.until_closed().await, "", "the one that came first");
        next.get("/").await;
        next.until("hello").await;
        drop(idle);
        idle = Client::connect(&server).await;
        assert_eq!(next.until_closed().await, "");
    }
    server.seen.go_on.notify_one();
    waiting.until("at last").await;
}

#[tokio::test]
async fn in_a_full_house_who_is_slow_to_ask_leaves() {
    let server = Server::start(Limits { connections: 3, ..generous() }).await;
    let mut slow = Vec::new();
    for begun in
        ["", "GET / HTTP/1.1\r\nx-slow:", "POST /length HTTP/1.1\r\nhost: h\r\ncontent-length: 9\r\n\r\nx"]
    {
        let mut client = Client::connect(&server).await;
        client.send(begun).await;
        slow.push(client);
    }
    for _ in 0..10 {
        let mut client = Client::connect(&server).await;
        client.get("/").await;
        client.until("hello").await;
    }
    assert_eq!(slow.remove(0).until_closed().await, "");
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
