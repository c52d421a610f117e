//! HTTP/2 is not spoken here: whoever begins with it is refused, before any stream, frame or header can cost anything.

use crate::{MACHINE, house::House, neighbours::Neighbours, wire::Wire};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Far more than it takes to look at one line.
const AT_ONCE: Duration = Duration::from_secs(5);

/// A frame (RFC 9113 section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// HEADERS of a GET of the menu, and RST_STREAM at once, a thousand times: CVE-2023-44487.
fn rapid_reset() -> Vec<u8> {
    let get = [0x82, 0x84, 0x86, 0x41, 0x01, b'h'];
    let reset = |stream| [frame(1, 0x5, stream, &get), frame(3, 0, stream, &[0, 0, 0, 8])].concat();
    (0..1_000).flat_map(|number| reset(2 * number + 1)).collect()
}

/// HEADERS that never end, in CONTINUATION frames: CVE-2024-27316.
fn continuation_flood() -> Vec<u8> {
    let mut flood = frame(1, 0, 1, &[0x82]);
    flood.extend((0..1_000).flat_map(|_| frame(9, 0, 1, &[0x40, 1, b'x', 1, b'y'])));
    flood
}

fn settings_flood() -> Vec<u8> {
    (0..10_000).flat_map(|_| frame(4, 0, 0, &[0, 3, 0, 0, 0, 1])).collect()
}

fn ping_flood() -> Vec<u8> {
    (0..10_000).flat_map(|_| frame(6, 0, 0, &[0; 8])).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_is_refused_before_it_begins() {
    let _shared = MACHINE.read().await;
    let house = Arc::new(House::open(&[]).await);
    let neighbours = Neighbours::of(&house).await;
    let before = house.vitals();
    let attacks = [
        ("nothing", Vec::new()),
        ("rapid reset", rapid_reset()),
        ("headers", continuation_flood()),
        ("settings", settings_flood()),
        ("pings", ping_flood()),
    ];
    for (what, frames) in &attacks {
        for _ in 0..20 {
            let begun = Instant::now();
            let mut wire = Wire::open(house.address).await.unwrap();
            // It may be closed while we speak.
            let _ = wire.send([PREFACE, &frame(4, 0, 0, &[]), frames].concat()).await;
            let said = wire.rest().await;
            assert!(said.is_empty() || said.starts_with(b"HTTP/1.1 4"), "{what}: {said:?}");
            assert!(begun.elapsed() < AT_ONCE, "{what}: {:?}", begun.elapsed());
        }
    }
    house.until_files_are_closed(before.files + 8, AT_ONCE).await;
    assert!(house.vitals().memory < before.memory + (32 << 20), "{before:?} {:?}", house.vitals());
    neighbours.were_served().await;
    house.assert_no_fault();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_to_http_2_is_not_taken_up() {
    let _shared = MACHINE.read().await;
    let house = House::open(&[]).await;
    let mut wire = Wire::open(house.address).await.unwrap();
    let upgrade = "GET /livez HTTP/1.1\r\nhost: pizza\r\nconnection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\n\
                   http2-settings: AAMAAABkAARAAAAAAAIAAAAA\r\n\r\n";
    for _ in 0..2 {
        let answer = wire.ask(upgrade).await.unwrap();
        assert_eq!(answer.status, 200, "answered by HTTP/1.1, on a connection that goes on: {answer:?}");
        assert!(answer.head.starts_with("HTTP/1.1 200 ") && answer.header("upgrade").is_none(), "{answer:?}");
    }
}
