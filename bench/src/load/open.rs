//! The open loop: requests come at a fixed rate, whether or not the server keeps up. Latency counts from when a
//! request was due, so a stall is felt by all who would have come meanwhile (no coordinated omission).

use super::{ANSWERED_WITHIN, Connection, Load, Outcome};
use anyhow::Context;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};
use tokio::{sync::Semaphore, task::JoinSet};

/// Runs an open loop of `rate` requests a second to its end.
pub fn open_loop(load: &Load<'_>, rate: u32) -> anyhow::Result<Outcome> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let connections = connect(load).await?;
        let schedule = Arc::new(Schedule::starting_now(load, rate));
        let pacer = {
            let (schedule, connections) = (Arc::clone(&schedule), connections.len());
            thread::spawn(move || schedule.keep(connections))
        };
        let mut asking = JoinSet::new();
        for (connection, request) in connections.into_iter().zip(load.requests) {
            asking.spawn(ask_when_due(connection, request.clone(), Arc::clone(&schedule), load.span));
        }
        let mut all = Outcome::new(load.span);
        let deadline = load.warm_up + load.span + ANSWERED_WITHIN;
        let answered = tokio::time::timeout(deadline, async {
            while let Some(ended) = asking.join_next().await {
                all.add(&ended??);
            }
            Ok(all)
        });
        let answered = answered.await.context("the server hangs")?;
        // It has nothing left to do: every connection has seen the end of the schedule.
        let _ = pacer.join();
        answered
    })
}

async fn connect(load: &Load<'_>) -> anyhow::Result<Vec<Connection>> {
    let mut connections = Vec::new();
    for _ in load.requests {
        connections.push(Connection::open(load.target).await?);
    }
    Ok(connections)
}

/// When each request is due.
struct Schedule {
    begin: Instant,
    interval: Duration,
    requests: u64,
    /// The first ones do not count.
    warm_up: u64,
    taken: AtomicU64,
    due: Semaphore,
}

impl Schedule {
    fn starting_now(load: &Load<'_>, rate: u32) -> Self {
        let requests_in = |time: Duration| (time.as_secs_f64() * f64::from(rate)) as u64;
        Self {
            begin: Instant::now(),
            interval: Duration::from_secs(1) / rate,
            requests: requests_in(load.warm_up + load.span),
            warm_up: requests_in(load.warm_up),
            taken: AtomicU64::new(0),
            due: Semaphore::new(0),
        }
    }

    fn due_at(&self, request: u64) -> Instant {
        self.begin + Duration::from_nanos(self.interval.as_nanos() as u64 * request)
    }

    /// Lets each request go when it is due. A thread of its own sleeps more precisely than an async timer, which
    /// counts whole milliseconds.
    fn keep(&self, connections: usize) {
        for request in 0..self.requests {
            thread::sleep(self.due_at(request).saturating_duration_since(Instant::now()));
            self.due.add_permits(1);
        }
        self.due.add_permits(connections);
    }

    /// The next request, once it is due; `None` after the last.
    async fn next(&self) -> Option<u64> {
        // It is never closed, so there is always a permit in the end.
        self.due.acquire().await.ok()?.forget();
        let request = self.taken.fetch_add(1, Ordering::Relaxed);
        (request < self.requests).then_some(request)
    }
}

async fn ask_when_due(
    mut connection: Connection,
    request: Vec<u8>,
    schedule: Arc<Schedule>,
    span: Duration,
) -> anyhow::Result<Outcome> {
    let mut outcome = Outcome::new(span);
    while let Some(number) = schedule.next().await {
        let status = connection.exchange(&request).await?;
        if number >= schedule.warm_up {
            outcome.count(status, schedule.due_at(number).elapsed());
        }
    }
    Ok(outcome)
}
