//! The end, at bad moments.

use crate::{SHORT, Server, client::Client, generous};
use http_server::Limits;
use std::time::Instant;
use tokio::net::TcpStream;

#[tokio::test]
async fn an_answer_under_way_is_finished_and_its_connection_closed() {
    let mut server = Server::start(generous()).await;
    let mut client = Client::connect(&server).await;
    client.get("/held").await;
    server.until_alive(1).await;
    server.shutdown.cancel();
    while TcpStream::connect(server.address).await.is_ok() {}
    assert!(!server.task.is_finished(), "it did not wait");
    server.seen.go_on.notify_one();
    let answer = client.rest().await.unwrap();
    assert!(answer.contains("connection: close") && answer.ends_with("at last"), "{answer}");
    (&mut server.task).await.unwrap();
}

#[tokio::test]
async fn idle_connections_are_closed_at_once() {
    let mut server = Server::start(generous()).await;
    let mut silent = Client::connect(&server).await;
    let mut idle = Client::connect(&server).await;
    idle.get("/").await;
    idle.until("hello").await;
    server.shutdown.cancel();
    (&mut server.task).await.unwrap();
    assert_eq!(idle.rest().await.unwrap(), "");
    assert_eq!(silent.until_closed().await, "");
}

#[tokio::test]
async fn what_takes_longer_than_the_grace_is_cut_off() {
    let mut server = Server::start(Limits { shutdown_grace: SHORT, ..generous() }).await;
    let mut client = Client::connect(&server).await;
    client.get("/stuck").await;
    let mut halfway = Client::connect(&server).await;
    halfway.send("GET / HTTP/1.1\r\n").await;
    server.until_alive(1).await;
    let begun = Instant::now();
    server.shutdown.cancel();
    (&mut server.task).await.unwrap();
    assert!(begun.elapsed() >= SHORT);
    assert_eq!(client.until_closed().await, "");
    assert_eq!(halfway.until_closed().await, "");
}

#[tokio::test]
async fn a_stream_that_listens_to_the_shutdown_ends_properly() {
    let mut server = Server::start(generous()).await;
    let mut client = Client::connect(&server).await;
    client.get("/ticks-until-shutdown").await;
    client.until("tick\n").await;
    server.shutdown.cancel();
    assert!(client.rest().await.unwrap().ends_with("\r\n0\r\n\r\n"));
    (&mut server.task).await.unwrap();
}

#[tokio::test]
async fn a_stream_that_does_not_is_cut_off_after_the_grace() {
    let mut server = Server::start(Limits { shutdown_grace: SHORT, ..generous() }).await;
    let mut client = Client::connect(&server).await;
    client.get("/ticks").await;
    client.until("tick\n").await;
    server.shutdown.cancel();
    (&mut server.task).await.unwrap();
    assert!(!client.until_closed().await.ends_with("0\r\n\r\n"), "it was made to look whole");
    server.until_alive(0).await;
}
