//! Clients who take their time: each is cut off when it has had it.

use crate::{MACHINE, PATIENCE, house::House, neighbours::Neighbours, wire::Wire};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{net::TcpSocket, task::JoinSet, time::sleep};

const CLIENTS: usize = 200;
const DRIP: Duration = Duration::from_millis(100);
/// More than the limits of these tests, on a busy machine.
const IN_TIME: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread")]
async fn slow_headers_are_cut_off() {
    let head = "GET /api/order/menu HTTP/1.1\r\nhost: pizza\r\nx-slow: ";
    let said = dripping(("http.header_timeout", "1s"), head).await;
    assert!(said.iter().all(|said| said.is_empty()), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_bodies_are_told_so_and_cut_off() {
    let head = "PUT /api/auth HTTP/1.1\r\nhost: pizza\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n\r\n";
    let said = dripping(("http.body_timeout", "1s"), head).await;
    // Who goes on sending may lose the answer.
    let told = said.iter().filter(|said| said.starts_with("HTTP/1.1 408 ")).count();
    assert!(told > 0, "{said:?}");
    assert!(said.iter().all(|said| said.is_empty() || said.starts_with("HTTP/1.1 408 ")), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_chunks_are_told_so_and_cut_off() {
    let head = "PUT /api/auth HTTP/1.1\r\nhost: pizza\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n\
                f000\r\n";
    let said = dripping(("http.body_timeout", "1s"), head).await;
    assert!(said.iter().all(|said| said.is_empty() || said.starts_with("HTTP/1.1 408 ")), "{said:?}");
}

/// What clients are told who send this and then a byte now and then.
async fn dripping(limit: (&str, &str), head: &'static str) -> Vec<String> {
    let _shared = MACHINE.read().await;
    let house = Arc::new(House::open(&[limit]).await);
    let neighbours = Neighbours::of(&house).await;
    let before = house.vitals();
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let address = house.address;
        clients.spawn(async move {
            let begun = Instant::now();
            let mut wire = Wire::open(address).await.unwrap();
            wire.send(head).await.unwrap();
            while wire.is_quiet().await && wire.send("x").await.is_ok() {
                assert!(begun.elapsed() < IN_TIME, "it goes on and on");
                sleep(DRIP).await;
            }
            String::from_utf8_lossy(&wire.rest().await).into_owned()
        });
    }
    sleep(DRIP * 5).await;
    let during = house.vitals();
    let said = clients.join_all().await;
    assert!(
        during.memory < before.memory + CLIENTS as u64 * (64 << 10) + (16 << 20),
        "{before:?} {during:?}"
    );
    house.until_files_are_closed(before.files + 16, IN_TIME).await;
    neighbours.were_served().await;
    house.assert_no_fault();
    said
}

/// They ask for the longest answer that there is, again and again, and read nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn slow_readers_are_cut_off_and_do_not_fill_the_memory() {
    let _shared = MACHINE.read().await;
    let house = Arc::new(House::open(&[("http.stall_timeout", "1s")]).await);
    let neighbours = Neighbours::of(&house).await;
    let before = house.vitals();
    let asks = "GET /api/openapi.json HTTP/1.1\r\nhost: pizza\r\n\r\n".repeat(40);
    let mut clients = Vec::new();
    for _ in 0..CLIENTS / 10 {
        let socket = TcpSocket::new_v4().unwrap();
        socket.set_recv_buffer_size(4096).unwrap();
        let stream = socket.connect(house.address).await.unwrap();
        // What does not fit is not sent.
        stream.writable().await.unwrap();
        stream.try_write(asks.as_bytes()).unwrap();
        clients.push(stream);
    }
    sleep(Duration::from_millis(500)).await;
    let during = house.vitals();
    house.until_files_are_closed(before.files + 16, PATIENCE).await;
    assert!(during.memory < before.memory + (128 << 20), "{before:?} {during:?}");
    neighbours.were_served().await;
    house.assert_no_fault();
}
