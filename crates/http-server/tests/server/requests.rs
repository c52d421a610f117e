//! What is asked, and how much of it.

use crate::{Server, client::Client, generous};
use http_server::{Limits, MAX_HEADERS};

#[tokio::test]
async fn headers_over_the_limit_are_431() {
    let server = Server::start(Limits { header_bytes: 8192, ..generous() }).await;
    let ask = async |bytes: usize| {
        let mut client = Client::connect(&server).await;
        let request = "GET / HTTP/1.1\r\nhost: h\r\nconnection: close\r\nx-long: \r\n\r\n";
        client
            .send(&request.replace("x-long: ", &format!("x-long: {}", "x".repeat(bytes - request.len()))))
            .await;
        client.rest().await.unwrap()
    };
    assert!(ask(8192).await.starts_with("HTTP/1.1 200 "));
    for too_long in [8193, 8500, 20_000, 200_000] {
        assert!(ask(too_long).await.starts_with("HTTP/1.1 431 "), "{too_long}");
    }
}

#[tokio::test]
async fn a_path_over_the_limit_is_431_and_headers_that_never_end_too() {
    let server = Server::start(generous()).await;
    for endless in
        [format!("GET /{}", "x".repeat(100_000)), format!("GET / HTTP/1.1\r\nx: {}", "x".repeat(100_000))]
    {
        let mut client = Client::connect(&server).await;
        client.send(&endless).await;
        assert!(client.rest().await.unwrap().starts_with("HTTP/1.1 431 "));
    }
    assert_eq!(server.calls(), 0);
}

#[tokio::test]
async fn more_headers_than_the_limit_are_431() {
    let server = Server::start(generous()).await;
    for (headers, status) in [(MAX_HEADERS, "200"), (MAX_HEADERS + 1, "431")] {
        let mut client = Client::connect(&server).await;
        let lines = "x: y\r\n".repeat(headers - 1);
        client.send(&format!("GET / HTTP/1.1\r\nconnection: close\r\n{lines}\r\n")).await;
        assert!(client.rest().await.unwrap().starts_with(&format!("HTTP/1.1 {status} ")), "{headers}");
    }
}

#[tokio::test]
async fn what_is_no_http_is_400() {
    let server = Server::start(generous()).await;
    let mut client = Client::connect(&server).await;
    client.send("\x16\x03\x01 is how TLS begins\r\n\r\n").await;
    assert!(client.rest().await.unwrap().starts_with("HTTP/1.1 400 "));
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_turn() {
    let server = Server::start(generous()).await;
    let mut client = Client::connect(&server).await;
    let post = |body: &str| format!("POST /length HTTP/1.1\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let get = "GET / HTTP/1.1\r\n\r\n";
    client.send(&format!("{}{get}{}{get}", post("four"), post("sixsix"))).await;
    for end in ["\r\n\r\n4", "hello", "\r\n\r\n6", "hello"] {
        let answer = client.until(end).await;
        assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 1, "{answer}");
    }
}

#[tokio::test]
async fn an_answer_to_a_request_that_was_not_read_arrives_whole() {
    let server = Server::start(generous()).await;
    let mut client = Client::connect(&server).await;
    client.send("POST /refuse HTTP/1.1\r\nhost: h\r\ncontent-length: 200000\r\n\r\n").await;
    client.send(&"x".repeat(200_000)).await;
    let answer = client.rest().await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413 ") && answer.ends_with("too large"), "{answer}");
}

#[tokio::test]
async fn handlers_know_who_asks() {
    let server = Server::start(generous()).await;
    let mut client = Client::connect(&server).await;
    let address = client.0.local_addr().unwrap().to_string();
    client.get("/peer").await;
    client.until(&format!("\r\n\r\n{address}")).await;
}
