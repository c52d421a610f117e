//! What all subcommands need of the process: a runtime, a listener, and the signals that end it.

use anyhow::Context;
use std::net::{IpAddr, SocketAddr};
use tokio::{net::TcpListener, signal::unix::SignalKind};
use tokio_util::sync::CancellationToken;

/// Runs a subcommand to its end.
pub fn run(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("no async runtime")?
        .block_on(command)
}

/// Cancelled by the first SIGINT or SIGTERM; the second ends the process at once, as people expect.
pub fn shutdown_signal() -> anyhow::Result<CancellationToken> {
    let mut interrupt = tokio::signal::unix::signal(SignalKind::interrupt())?;
    let mut terminate = tokio::signal::unix::signal(SignalKind::terminate())?;
    let shutdown = CancellationToken::new();
    let token = shutdown.clone();
    tokio::spawn(async move {
        for stop in
            [|token: &CancellationToken| token.cancel(), |_: &CancellationToken| std::process::exit(130)]
        {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            stop(&token);
        }
    });
    Ok(shutdown)
}

/// Listens, or says who may be in the way.
pub async fn listen(host: IpAddr, port: u16, flag: &str) -> anyhow::Result<TcpListener> {
    let address = SocketAddr::new(host, port);
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}: is something else running there? choose another with {flag}")
    })
}
