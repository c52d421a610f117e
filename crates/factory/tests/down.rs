//! A factory that is down does not listen, and comes back by itself.
#![allow(clippy::unwrap_used)]

mod running;

use std::io::ErrorKind;
use std::time::Duration;

use running::{Running, answer};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

async fn until_refused(factory: &Running) {
    loop {
        match TcpStream::connect(factory.address).await {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => return,
            _ => sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn until_back(factory: &Running) {
    while TcpStream::connect(factory.address).await.is_err() {
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn down_refuses_connections_closes_old_ones_and_comes_back() {
    let factory = Running::start().await;
    let mut idle = TcpStream::connect(factory.address).await.unwrap();
    idle.write_all(b"GET /livez HTTP/1.1\r\nhost: f\r\n\r\n").await.unwrap();
    assert!(idle.read(&mut [0; 1024]).await.unwrap() > 0);

    let (status, _) = factory.chaos("down", json!({"durationSeconds": 3})).await;
    assert_eq!(status, 200, "the call that asked for it is answered");
    until_refused(&factory).await;
    assert_eq!(idle.read(&mut [0; 1024]).await.unwrap_or(0), 0, "it was not closed");

    until_back(&factory).await;
    assert_eq!(answer(factory.order(1)).await.0, 200);
    assert!(factory.get("/api/vendor").await.1["chaos"].is_null());
    factory.stop().await;
}

#[tokio::test]
async fn a_restart_does_not_end_down_and_the_window_does() {
    let factory = Running::start().await;
    factory.chaos("down", json!({"durationSeconds": 6})).await;
    until_refused(&factory).await;
    let factory = factory.restart().await;
    until_refused(&factory).await;
    until_back(&factory).await;
    assert_eq!(answer(factory.order(1)).await.0, 200);
}

#[tokio::test]
async fn calls_under_way_are_cut_off_when_it_goes_down() {
    let factory = Running::start().await;
    factory.chaos("throttle", json!({"delaySeconds": 600})).await;
    let waiting = tokio::spawn(factory.order(1).send());
    sleep(Duration::from_millis(200)).await;
    factory.chaos("down", json!({"durationSeconds": 1})).await;
    assert!(waiting.await.unwrap().is_err());
    until_back(&factory).await;
}

#[tokio::test]
async fn it_can_be_stopped_while_it_is_down() {
    let factory = Running::start().await;
    factory.chaos("down", json!({"durationSeconds": 3600})).await;
    until_refused(&factory).await;
    factory.stop().await;
}
