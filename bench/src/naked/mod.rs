//! The other side: servers that do the one thing that costs, and nothing else.

pub mod hello;
pub mod mariadb;
mod order;
pub mod writer;

use std::net::Ipv4Addr;

/// As our own server: two workers, and no delay of what is ready to be sent.
fn serve(port: u16, routes: impl Future<Output = anyhow::Result<axum::Router>>) -> anyhow::Result<()> {
    use axum::serve::ListenerExt;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        // A connection without it is measured all the same.
        let listener = listener.tap_io(|connection| drop(connection.set_nodelay(true)));
        Ok(axum::serve(listener, routes.await?).await?)
    })
}
