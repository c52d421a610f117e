//! A process that may open no more files. It is a process of its own, because the limit is the process's.
#![allow(clippy::unwrap_used)]

use axum::{Router, routing::get};
use http_server::{Limits, serve};
use rustix::process::{Resource, Rlimit, setrlimit};
use std::{
    fs::File,
    sync::atomic::{AtomicU32, Ordering::SeqCst},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use tracing::{Event, Metadata, Subscriber, span};

static WARNINGS: AtomicU32 = AtomicU32::new(0);

/// Counts what the server warns of.
struct Counter;

impl Subscriber for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("http_server") && *metadata.level() == tracing::Level::WARN
    }
    fn event(&self, _: &Event<'_>) {
        WARNINGS.fetch_add(1, SeqCst);
    }
    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }
    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

#[tokio::test]
async fn accepting_waits_for_files_without_spinning_and_goes_on() {
    tracing::subscriber::set_global_default(Counter).unwrap();
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum: Some(64) }).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let app = Router::new().route("/", get(async || "hello"));
    let limits = Limits { connections: 20, ..Limits::default() };
    let client = TcpSocket::new_v4().unwrap();
    tokio::spawn(serve(listener, app, limits, CancellationToken::new()));

    let begun = Instant::now();
    let mut files = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        files.push(file);
    }
    let mut client = client.connect(address).await.unwrap();
    client.write_all(b"GET / HTTP/1.1\r\nconnection: close\r\n\r\n").await.unwrap();
    while WARNINGS.load(SeqCst) < 3 {
        sleep(Duration::from_millis(10)).await;
    }
    let tries = WARNINGS.load(SeqCst);
    assert!(
        begun.elapsed() >= (tries - 1) * Duration::from_millis(100),
        "{tries} tries in {:?}",
        begun.elapsed()
    );

    drop(files);
    let mut answer = String::new();
    client.read_to_string(&mut answer).await.unwrap();
    assert!(answer.ends_with("hello"), "{answer}");
}
