//! The closed loop: as much as the server can take, by as many connections as there are.

use super::{ANSWERED_WITHIN, Connection, Load, Outcome};
use anyhow::{Context, anyhow};
use std::{
    thread,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Threads that generate load, each with its share of the connections. Two, so that on two cores the generator is
/// never what limits both sides alike.
const THREADS: usize = 2;

/// Runs a closed loop to its end.
pub fn closed_loop(load: &Load<'_>) -> anyhow::Result<Outcome> {
    let begin = Instant::now() + load.warm_up;
    let window = Window { begin, end: begin + load.span };
    let share = load.requests.len().div_ceil(THREADS).max(1);
    let mut all = Outcome::new(load.span);
    thread::scope(|scope| {
        let shares = load.requests.chunks(share);
        let threads: Vec<_> =
            shares.map(|requests| scope.spawn(move || on_this_thread(load, requests, window))).collect();
        for thread in threads {
            all.add(&thread.join().map_err(|_| anyhow!("the generator panicked"))??);
        }
        Ok(all)
    })
}

#[derive(Clone, Copy)]
struct Window {
    begin: Instant,
    end: Instant,
}

impl Window {
    fn length(&self) -> Duration {
        self.end - self.begin
    }
}

fn on_this_thread(load: &Load<'_>, requests: &[Vec<u8>], window: Window) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut connections = JoinSet::new();
        for request in requests {
            let (target, request) = (load.target, request.clone());
            connections.spawn(async move { ask_again_and_again(target, &request, window).await });
        }
        let mut all = Outcome::new(load.span);
        let deadline = load.warm_up + load.span + ANSWERED_WITHIN;
        tokio::time::timeout(deadline, async {
            while let Some(ended) = connections.join_next().await {
                all.add(&ended??);
            }
            Ok(all)
        })
        .await
        .context("the server hangs")?
    })
}

async fn ask_again_and_again(
    target: std::net::SocketAddr,
    request: &[u8],
    window: Window,
) -> anyhow::Result<Outcome> {
    let mut connection = Connection::open(target).await?;
    let mut outcome = Outcome::new(window.length());
    let mut asked = Instant::now();
    while asked < window.end {
        let status = connection.exchange(request).await?;
        let answered = Instant::now();
        if (window.begin..window.end).contains(&answered) {
            outcome.count(status, answered - asked);
        }
        asked = answered;
    }
    Ok(outcome)
}
