//! Who watches from outside all the while: the kitchen's status, the metrics, and whether the rest of the
//! service is as quick to answer as ever.

use crate::diner::{Answer, Diner, client};
use serde_json::json;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use test_kit::Account;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

const LOOK_EVERY: Duration = Duration::from_millis(50);
const LOG_IN_EVERY: Duration = Duration::from_millis(500);

/// What `/api/status` said.
#[derive(Clone, Debug)]
pub struct Status {
    pub asked: Instant,
    pub answered: Instant,
    /// open, degraded or closed.
    pub kitchen: String,
    pub queue_depth: u64,
}

/// What `/metrics` said.
#[derive(Clone, Debug)]
pub struct Metrics {
    pub asked: Instant,
    pub answered: Instant,
    /// closed, open or half_open.
    pub circuit: String,
    /// Calls to the factory that have ended, since the service's start.
    pub factory_calls: u64,
}

/// A call that should have been answered with 200.
#[derive(Clone, Debug)]
pub struct Miss {
    pub what: &'static str,
    pub begun: Instant,
    pub ended: Instant,
    /// None when the connection broke.
    pub answer: Option<Answer>,
}

/// All that was seen.
#[derive(Default)]
pub struct Seen {
    pub statuses: Vec<Status>,
    pub metrics: Vec<Metrics>,
    pub misses: Vec<Miss>,
    /// Calls of the menu and logins that were answered as they should be.
    pub menus: u32,
    pub logins: u32,
    /// Session tokens that logins brought.
    pub tokens: Vec<String>,
}

/// Watches until told to stop.
pub async fn watch(diner: Arc<Diner>, account: Account, stop: CancellationToken) -> Seen {
    let (mut seen, logged_in) = tokio::join!(look(&diner, &stop), log_in(&diner, account, &stop));
    seen.misses.extend(logged_in.misses);
    Seen { logins: logged_in.logins, tokens: logged_in.tokens, ..seen }
}

async fn look(diner: &Diner, stop: &CancellationToken) -> Seen {
    let (http, mut seen) = (client(), Seen::default());
    loop {
        // The last look is after the end, so that it shows how things were left.
        let last = stop.is_cancelled();
        if let Some((asked, answered, answer)) =
            seen.ok("status", || http.get(diner.url("/api/status"))).await
        {
            let kitchen = answer.body["kitchen"].as_str().unwrap().to_owned();
            let queue_depth = answer.body["queueDepth"].as_u64().unwrap();
            seen.statuses.push(Status { asked, answered, kitchen, queue_depth });
        }
        if let Some((asked, answered, answer)) = seen.ok("metrics", || http.get(diner.url("/metrics"))).await
        {
            seen.metrics.push(Metrics::read(asked, answered, &answer.text));
        }
        if seen.ok("menu", || http.get(diner.url("/api/order/menu"))).await.is_some() {
            seen.menus += 1;
        }
        if last {
            return seen;
        }
        sleep(LOOK_EVERY).await;
    }
}

async fn log_in(diner: &Diner, account: Account, stop: &CancellationToken) -> Seen {
    let (http, mut seen) = (client(), Seen::default());
    let who = json!({ "email": account.email, "password": account.password });
    while !stop.is_cancelled() {
        if let Some((.., answer)) = seen.ok("login", || http.put(diner.url("/api/auth")).json(&who)).await {
            seen.logins += 1;
            seen.tokens.push(answer.body["token"].as_str().unwrap().to_owned());
        }
        sleep(LOG_IN_EVERY).await;
    }
    seen
}

impl Seen {
    async fn ok(
        &mut self,
        what: &'static str,
        request: impl FnOnce() -> reqwest::RequestBuilder,
    ) -> Option<(Instant, Instant, Answer)> {
        let begun = Instant::now();
        let answer = Answer::to(request()).await.ok();
        let ended = Instant::now();
        match answer {
            Some(answer) if answer.status == 200 => Some((begun, ended, answer)),
            answer => {
                self.misses.push(Miss { what, begun, ended, answer });
                None
            }
        }
    }
}

impl Metrics {
    pub fn read(asked: Instant, answered: Instant, text: &str) -> Self {
        let circuit = text
            .lines()
            .find_map(|line| line.strip_prefix("pizza_circuit_state{state=\"")?.strip_suffix("\"} 1"))
            .unwrap()
            .to_owned();
        let factory_calls = values(text, "pizza_factory_requests_total{").sum();
        Self { asked, answered, circuit, factory_calls }
    }
}

fn values(text: &str, series: &str) -> impl Iterator<Item = u64> {
    let lines = text.lines().filter(move |line| line.starts_with(series));
    lines.map(|line| line.rsplit(' ').next().unwrap().parse().unwrap())
}
