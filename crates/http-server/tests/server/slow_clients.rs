//! Clients that take their time: to ask, to send a body, to read, to ask again.

use crate::{FOR_EVER, HUGE, SHORT, Server, client::Client, generous};
use http_server::Limits;
use std::time::{Duration, Instant};
use tokio::{io::AsyncReadExt, time::sleep};

/// Every limit is this.
fn all(limit: Duration) -> Limits {
    Limits {
        header_timeout: limit,
        body_timeout: limit,
        answer_timeout: Some(limit),
        stall_timeout: limit,
        idle_timeout: limit,
        ..generous()
    }
}

#[tokio::test]
async fn who_sends_headers_slowly_is_cut_off_though_bytes_keep_coming() {
    let server = Server::start(Limits { header_timeout: SHORT, ..generous() }).await;
    let mut client = Client::connect(&server).await;
    let begun = Instant::now();
    client.send("GET / HTTP/1.1\r\nx-slow: ").await;
    client.drip().await;
    assert!(begun.elapsed() >= SHORT);
    assert_eq!(server.calls(), 0);
}

#[tokio::test]
async fn who_connects_and_says_nothing_is_cut_off() {
    let server = Server::start(Limits { header_timeout: SHORT, ..generous() }).await;
    let begun = Instant::now();
    let mut client = Client::connect(&server).await;
    assert_eq!(client.until_closed().await, "");
    assert!(begun.elapsed() >= SHORT);
}

#[tokio::test]
async fn the_second_request_has_no_more_time_for_its_headers_than_the_first() {
    let server = Server::start(Limits { header_timeout: SHORT, ..generous() }).await;
    let mut client = Client::connect(&server).await;
    client.get("/").await;
    client.until("hello").await;
    sleep(2 * SHORT).await;
    client.send("GET / HTTP/1.1\r\nx-slow: ").await;
    client.drip().await;
    assert_eq!(server.calls(), 1);
}

#[tokio::test]
async fn who_sends_a_body_slowly_gets_408_though_bytes_keep_coming() {
    let server = Server::start(Limits { body_timeout: SHORT, ..generous() }).await;
    for path in ["/length", "/length-elsewhere"] {
        let mut client = Client::connect(&server).await;
        let begun = Instant::now();
        client.send(&format!("POST {path} HTTP/1.1\r\nhost: h\r\ncontent-length: 100000\r\n\r\n")).await;
        client.drip().await;
        let answer = client.until_closed().await;
        assert!(
            answer.starts_with("HTTP/1.1 408 ") && answer.contains("connection: close"),
            "{path}: {answer}"
        );
        assert!(begun.elapsed() >= SHORT);
    }
}

#[tokio::test]
async fn who_sends_no_body_at_all_after_its_headers_gets_408() {
    let server = Server::start(Limits { body_timeout: SHORT, ..generous() }).await;
    for framing in
        ["content-length: 5", "transfer-encoding: chunked", "expect: 100-continue\r\ncontent-length: 5"]
    {
        let mut client = Client::connect(&server).await;
        client.send(&format!("POST /length HTTP/1.1\r\nhost: h\r\n{framing}\r\n\r\n")).await;
        let answer = client.rest().await.unwrap();
        assert!(answer.contains("HTTP/1.1 408 "), "{framing}: {answer}");
    }
}

#[tokio::test]
async fn a_body_that_comes_in_pieces_is_read_and_so_is_the_next() {
    let server = Server::start(Limits { body_timeout: FOR_EVER, ..generous() }).await;
    let mut client = Client::connect(&server).await;
    for _ in 0..3 {
        client.send("POST /length HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n").await;
        for _ in 0..5 {
            sleep(Duration::from_millis(10)).await;
            client.send("3\r\nabc\r\n").await;
        }
        client.send("0\r\n\r\n").await;
        client.until("\r\n\r\n15").await;
    }
}

#[tokio::test]
async fn who_reads_nothing_of_its_answer_is_cut_off() {
    let server = Server::start(Limits { stall_timeout: SHORT, ..generous() }).await;
    let mut client = Client::connect(&server).await;
    client.get("/huge").await;
    server.until_alive(1).await;
    server.until_alive(0).await;
    assert!(client.until_closed().await.len() < HUGE);
}

/// Here nothing is left to write: only the kernel knows that the client does not read.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn who_reads_nothing_of_a_stream_is_cut_off_even_if_the_kernel_holds_all_of_it() {
    let server = Server::start(Limits { stall_timeout: SHORT, ..generous() }).await;
    let mut client = Client::with_a_small_buffer(&server).await;
    client.get("/burst").await;
    server.until_alive(1).await;
    server.until_alive(0).await;
    assert!(client.until_closed().await.len() < 1 << 18);
}

#[tokio::test]
async fn who_reads_slowly_gets_the_whole_answer() {
    let stall_timeout = Duration::from_secs(2);
    let server = Server::start(Limits { stall_timeout, idle_timeout: SHORT, ..generous() }).await;
    let mut client = Client::connect(&server).await;
    client.get("/huge").await;
    let begun = Instant::now();
    let mut read = client.until("\r\n\r\n").await.len();
    let mut bytes = vec![0; 1 << 21];
    loop {
        match client.0.read(&mut bytes).await.unwrap() {
            0 => break,
            more => read += more,
        }
        if begun.elapsed() < stall_timeout * 3 / 2 {
            sleep(Duration::from_millis(50)).await;
        }
    }
    assert!(read > HUGE, "only {read}");
}

#[tokio::test]
async fn a_stream_lives_longer_than_every_limit_while_its_client_reads() {
    let server = Server::start(all(3 * SHORT)).await;
    let mut client = Client::connect(&server).await;
    client.get("/ticks").await;
    let begun = Instant::now();
    while begun.elapsed() < 9 * SHORT {
        client.until("tick\n").await;
    }
    drop(client);
    server.until_alive(0).await;
}

#[tokio::test]
async fn an_answer_may_take_its_time_if_nobody_limits_it() {
    let server = Server::start(Limits { answer_timeout: None, ..all(3 * SHORT) }).await;
    let mut client = Client::connect(&server).await;
    client.get("/held").await;
    sleep(6 * SHORT).await;
    server.seen.go_on.notify_one();
    client.until("at last").await;
}

#[tokio::test]
async fn an_answer_that_does_not_begin_in_its_time_is_given_up() {
    let server = Server::start(Limits { answer_timeout: Some(SHORT), ..generous() }).await;
    let mut client = Client::connect(&server).await;
    let begun = Instant::now();
    client.get("/stuck").await;
    assert_eq!(client.until_closed().await, "");
    assert!(begun.elapsed() >= SHORT);
    server.until_alive(0).await;
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let server = Server::start(Limits { idle_timeout: SHORT, ..generous() }).await;
    let mut client = Client::connect(&server).await;
    let begun = Instant::now();
    client.get("/").await;
    client.until("hello").await;
    assert_eq!(client.rest().await.unwrap(), "");
    assert!(begun.elapsed() >= SHORT);
}
