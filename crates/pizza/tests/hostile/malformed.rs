//! What is no HTTP, or HTTP that two readers could read in two ways: refused or cut off, one answer to one request.

use crate::{MACHINE, house::House, neighbours::Neighbours, wire::Wire};
use std::sync::Arc;

/// What must become of it.
enum Fate {
    /// One answer, with one of these statuses, and the end.
    Answered(&'static [u16]),
    /// The first request's answer, and nothing for what follows but perhaps a refusal.
    FirstOnly,
    /// Nothing, or a refusal, and the end.
    Ended,
}

use Fate::{Answered, Ended, FirstOnly};

const OK: &str = "GET /livez HTTP/1.1\r\nhost: pizza\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_is_refused_and_the_connection_ends() {
    let _shared = MACHINE.read().await;
    let limits = [("http.header_timeout", "1s"), ("http.body_timeout", "1s"), ("http.idle_timeout", "1s")];
    let house = Arc::new(House::open(&limits).await);
    let neighbours = Neighbours::of(&house).await;
    let before = house.vitals();
    let mut wrong = Vec::new();
    for (what, bytes, fate) in cases() {
        let mut wire = Wire::open(house.address).await.unwrap();
        // It may be closed while we speak.
        let _ = wire.send(&bytes).await;
        let said = String::from_utf8_lossy(&wire.rest().await).into_owned();
        let statuses = statuses(&said);
        let ended_well = match fate {
            Answered(expected) => statuses.len() == 1 && expected.contains(&statuses[0]),
            FirstOnly => statuses.first() == Some(&200) && statuses[1..].iter().all(|status| *status >= 400),
            Ended => statuses.iter().all(|status| (400..500).contains(status)) && statuses.len() <= 1,
        };
        if !ended_well {
            wrong.push(format!("{what}: {statuses:?} in {said:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    house.until_files_are_closed(before.files + 8, crate::PATIENCE).await;
    assert!(house.vitals().memory < before.memory + (32 << 20), "{before:?} {:?}", house.vitals());
    neighbours.were_served().await;
    house.assert_no_fault();
}

fn statuses(said: &str) -> Vec<u16> {
    said.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.get(..3)?.parse().ok()).collect()
}

fn cases() -> Vec<(&'static str, Vec<u8>, Fate)> {
    let mut cases = Vec::new();
    let mut case = |what, bytes: &[u8], fate| cases.push((what, bytes.to_vec(), fate));
    let with = |headers: &str, body: &str| {
        format!(
            "PUT /api/auth HTTP/1.1\r\nhost: pizza\r\ncontent-type: application/json\r\n{headers}\r\n{body}"
        )
        .into_bytes()
    };
    let get =
        |path: &str| format!("GET {path} HTTP/1.1\r\nhost: pizza\r\nconnection: close\r\n\r\n").into_bytes();

    // The request line.
    case("nul bytes", &[0; 4_096], Ended);
    case("bytes that are no text", &[0xff; 4_096], Ended);
    case("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", Ended);
    case("an endless method", "G".repeat(100_000).as_bytes(), Ended);
    case("a method with a space", b"GE T / HTTP/1.1\r\nhost: h\r\n\r\n", Ended);
    case("no version", b"GET /\r\n\r\n", Ended);
    case("HTTP/0.9", b"GET / HTTP/0.9\r\n\r\n", Ended);
    case("HTTP/9.9", b"GET / HTTP/9.9\r\nhost: h\r\n\r\n", Ended);
    case("http in small letters", b"GET / http/1.1\r\nhost: h\r\n\r\n", Ended);
    case("a path with a nul", b"GET /\0 HTTP/1.1\r\nhost: h\r\n\r\n", Ended);
    case("a path with a line break", b"GET /a\nb HTTP/1.1\r\nhost: h\r\n\r\n", Ended);
    case(
        "a path that is no UTF-8",
        b"GET /\xff\xfe HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n",
        Answered(&[400, 404]),
    );
    case("a path of 60 KB", &get(&format!("/{}", "a".repeat(60_000))), Answered(&[414, 431]));
    case(
        "a query of 15 KB",
        &get(&format!("/api/order/menu?{}", "a=b&".repeat(3_800))),
        Answered(&[200, 400, 414]),
    );
    case("a nul in the path's code", &get("/api/order/%00"), Answered(&[401, 404]));
    case("code that is none", &get("/api/order/%zz%"), Answered(&[400, 401, 404]));
    case("up and up", &get("/../../../../etc/passwd"), Answered(&[404]));
    case("up and up in code", &get("/%2e%2e/%2e%2e/etc/passwd"), Answered(&[404]));
    case("another house", &get("http://evil.example/livez"), Answered(&[200, 404]));
    case(
        "a tunnel",
        b"CONNECT evil.example:443 HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n",
        Answered(&[400, 404, 405]),
    );
    case(
        "everything",
        b"OPTIONS * HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n",
        Answered(&[200, 400, 404, 405]),
    );

    // Headers.
    case("an endless header", &with(&format!("x: {}\r\n", "x".repeat(100_000)), ""), Answered(&[431]));
    case(
        "headers without end",
        "GET / HTTP/1.1\r\n".bytes().chain("x: y\r\n".repeat(20_000).bytes()).collect::<Vec<_>>().as_slice(),
        Answered(&[431]),
    );
    case("101 headers", &with(&"x: y\r\n".repeat(101), ""), Answered(&[431]));
    case("a nul in a header", &with("x: a\0b\r\n", ""), Ended);
    case("a bare CR in a header", &with("x: a\rb\r\n", ""), Ended);
    case("a folded header", &with("x: a\r\n b\r\ncontent-length: 0\r\n", ""), Ended);
    case("a space before the colon", &with("content-length : 0\r\n", ""), Ended);
    case("a header without a name", &with(": x\r\n", ""), Ended);
    case("a header without a colon", &with("nonsense\r\n", ""), Ended);
    case("a name that is no token", &with("x\u{1f355}: y\r\n", ""), Ended);

    // How long the body is.
    for (what, headers) in [
        ("a negative length", "content-length: -1\r\n"),
        ("a length with a sign", "content-length: +2\r\n"),
        ("a length that is none", "content-length: two\r\n"),
        ("a length beyond all bounds", "content-length: 18446744073709551616\r\n"),
        ("two lengths", "content-length: 2\r\ncontent-length: 3\r\n"),
        ("two lengths in one", "content-length: 2, 3\r\n"),
        ("an encoding that is not the last", "transfer-encoding: chunked, gzip\r\n"),
        ("an encoding that nobody knows", "transfer-encoding: xchunked\r\n"),
        ("an encoding with a tab", "transfer-encoding:\x0bchunked\r\n"),
    ] {
        case(what, &with(headers, "{}"), Ended);
    }
    case(
        "a length and an encoding",
        &with("content-length: 2\r\ntransfer-encoding: chunked\r\n", "{}"),
        Ended,
    );
    case(
        "a length that is not reached",
        &with("content-length: 1000\r\nconnection: close\r\n", "{}"),
        Answered(&[408]),
    );
    case("a length of 2^63", &with("content-length: 9223372036854775807\r\n", "{}"), Answered(&[408, 413]));

    // Chunks.
    for (what, chunks) in [
        ("a chunk of no number", "x\r\n{}\r\n0\r\n\r\n"),
        ("a chunk of minus one", "-1\r\n{}\r\n0\r\n\r\n"),
        ("a chunk beyond all bounds", "fffffffffffffffff\r\n{}"),
        ("a chunk longer than it says", "1\r\n{}\r\n0\r\n\r\n"),
        ("a chunk without its end", "2\r\n{}0\r\n\r\n"),
    ] {
        case(what, &with("transfer-encoding: chunked\r\nconnection: close\r\n", chunks), Answered(&[400]));
    }
    let huge = format!("20000\r\n{}\r\n0\r\n\r\n", " ".repeat(0x20000));
    case("chunks over the limit", &with("transfer-encoding: chunked\r\n", &huge), Answered(&[413]));
    let extended = format!("2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(100_000));
    case(
        "an endless extension of a chunk",
        &with("transfer-encoding: chunked\r\nconnection: close\r\n", &extended),
        Answered(&[400]),
    );
    let trailers = format!("2\r\n{{}}\r\n0\r\n{}\r\n", "x: y\r\n".repeat(20_000));
    case(
        "trailers without end",
        &with("transfer-encoding: chunked\r\nconnection: close\r\n", &trailers),
        Answered(&[400]),
    );

    // One after the other.
    case("nonsense after a request", format!("{OK}\0\0\0\0nonsense\r\n\r\n").as_bytes(), FirstOnly);
    case("a body that nobody announced", format!("{OK}{{}}\r\n\r\n").as_bytes(), FirstOnly);
    let smuggled = with("content-length: 2\r\nconnection: close\r\n", &format!("{{}}{OK}"));
    case("a request after the last", &smuggled, Answered(&[404]));
    cases
}
