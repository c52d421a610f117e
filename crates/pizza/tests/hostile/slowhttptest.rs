//! The tool that everybody has: slowhttptest (Debian's package), in its four modes.

use crate::{MACHINE, house::House, neighbours::Neighbours};
use std::{sync::Arc, time::Duration};
use tokio::process::Command;

const CONNECTIONS: &str = "400";

#[tokio::test(flavor = "multi_thread")]
async fn slowloris() {
    attack(&["-H", "-i", "1"], "/api/order/menu").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_post() {
    attack(&["-B", "-i", "1", "-s", "8192", "-t", "PUT"], "/api/auth").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn overlapping_ranges() {
    attack(&["-R", "-a", "10", "-b", "3000"], "/api/openapi.json").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_read() {
    attack(&["-X", "-w", "1", "-y", "10", "-n", "1", "-z", "8", "-k", "3"], "/api/openapi.json").await;
}

async fn attack(mode: &[&str], path: &str) {
    let _shared = MACHINE.read().await;
    let limits = [
        ("http.header_timeout", "2s"),
        ("http.body_timeout", "2s"),
        ("http.stall_timeout", "2s"),
        ("http.idle_timeout", "2s"),
    ];
    let house = Arc::new(House::open(&limits).await);
    let neighbours = Neighbours::of(&house).await;
    let before = house.vitals();
    let url = house.installation.url(path);
    let output = Command::new("slowhttptest")
        .args(mode)
        .args(["-c", CONNECTIONS, "-r", "200", "-l", "7", "-p", "5", "-u", &url])
        .output()
        .await
        .expect(
            "slowhttptest, of Debian's package slowhttptest, is installed: scripts/install-test-packages",
        );
    let during = house.vitals();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("service available"), "{output:?}");
    house.until_files_are_closed(before.files + 16, Duration::from_secs(10)).await;
    assert!(during.memory < before.memory + (64 << 20), "{before:?} {during:?}");
    neighbours.were_served().await;
    house.assert_no_fault();
    let last = said.rsplit("slow HTTP test status").next().unwrap_or_default();
    assert!(last.contains("YES"), "the service was available to its end: {last}");
}
