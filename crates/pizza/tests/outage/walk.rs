//! The walk through an outage, written once: healthy, then chaos that ends by its own schedule, then healed,
//! then drained. Diners order steadily all the while.

use crate::{
    diner::{Acknowledged, Answer, Diner, client},
    observer, pizzas, secrets,
    story::Story,
};
use factory_api::{ChaosKind, ChaosRequest};
use jiff::Timestamp;
use reqwest::StatusCode;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use test_kit::Installation;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// Everything faster than in real life, in about the same proportions.
pub const SETTINGS: [(&str, &str); 12] = [
    ("circuit.open", "300ms"),
    ("circuit.open_max", "2s"),
    ("circuit.window", "3s"),
    ("circuit.slow_call", "500ms"),
    ("factory.connect_timeout", "1s"),
    ("factory.attempt_timeout", "4s"),
    ("fulfilment.lease", "6s"),
    ("fulfilment.backoff", "100ms"),
    ("fulfilment.backoff_max", "1s"),
    ("fulfilment.poll", "100ms"),
    ("fulfilment.fresh_in_flight", "8"),
    ("fulfilment.backlog_in_flight", "8"),
];

const DINERS: [&str; 4] = ["ada", "grace", "linus", "guido"];
/// For each diner: 40 orders a second in total.
const ORDER_EVERY: Duration = Duration::from_millis(100);
const HEALTHY: Duration = Duration::from_millis(1500);
const OUTAGE_SECONDS: u64 = 7;
/// When, within the outage, the on-call engineer looks, and the service is killed if it is to be.
const MID_OUTAGE: Duration = Duration::from_millis(2500);
/// Of one outage.
const MOST_KILLS: usize = 3;
const AFTERWARDS: Duration = Duration::from_secs(2);
/// Far longer than a drain takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// An outage to walk through.
pub struct Walk {
    chaos: ChaosKind,
    window: ChaosRequest,
    kills: bool,
}

/// Times of a walk that its story refers to.
#[derive(Clone)]
pub struct Times {
    /// The same moment on both clocks.
    pub origin: (Instant, Timestamp),
    pub chaos_began: Instant,
    /// Before this moment the chaos was certainly not over, unless a person ended it.
    pub chaos_until: Instant,
    /// From each SIGKILL until the service was ready again.
    pub killed: Vec<(Instant, Instant)>,
}

impl Walk {
    /// An outage of this kind that touches every order.
    pub fn through(chaos: ChaosKind) -> Self {
        let window = ChaosRequest { duration_seconds: Some(OUTAGE_SECONDS), ..ChaosRequest::default() };
        Self { chaos, window, kills: false }
    }

    /// It touches only this share of the orders.
    pub fn touching(mut self, probability: f64) -> Self {
        self.window.probability = Some(probability);
        self
    }

    /// How late a throttled pizza is.
    pub fn late_by_seconds(mut self, delay: u64) -> Self {
        self.window.delay_seconds = Some(delay);
        self
    }

    /// How long a flapping factory stays in either mood.
    pub fn in_turns_of_seconds(mut self, period: u64) -> Self {
        self.window.period_seconds = Some(period);
        self
    }

    /// The service is killed and started again, once under healthy load and once in the middle of the outage.
    pub fn with_the_service_killed(mut self) -> Self {
        self.kills = true;
        self
    }

    /// Walks it, and gathers all that there is to tell afterwards.
    pub async fn run(self) -> Story {
        let mut installation = Installation::start(env!("CARGO_BIN_EXE_pizza"), &SETTINGS).await.unwrap();
        let diners = register(&installation).await;
        let admin = Diner::login(&installation, installation.admin()).await;
        let [no_more_orders, look_away] = [CancellationToken::new(), CancellationToken::new()];
        let ordering: Vec<_> = DINERS
            .into_iter()
            .zip(&diners)
            .map(|(name, diner)| {
                let diner = Arc::clone(diner);
                tokio::spawn(diner.order_steadily(name.into(), ORDER_EVERY, no_more_orders.clone()))
            })
            .collect();
        let watching =
            tokio::spawn(observer::watch(Arc::clone(&admin), installation.admin(), look_away.clone()));

        sleep(HEALTHY).await;
        let mut killed = Vec::new();
        if self.kills {
            killed.push(kill_and_start(&mut installation).await.0);
            sleep(HEALTHY).await;
        }
        let (chaos_began, chaos_until) = self.start_chaos(&installation).await;
        sleep(MID_OUTAGE).await;
        let on_call = Arc::clone(&admin).order("on-call".into(), 1).await;
        // Whether something was at a slow factory just then is known only afterwards; one that fails has nothing for long.
        let most = match self.chaos {
            _ if !self.kills => 0,
            ChaosKind::Throttle => MOST_KILLS,
            _ => 1,
        };
        for _ in 0..most {
            let (times, in_flight) = kill_and_start(&mut installation).await;
            killed.push(times);
            if in_flight > 0 {
                break;
            }
        }
        tokio::time::sleep_until((chaos_until + AFTERWARDS).into()).await;
        no_more_orders.cancel();

        let mut orders = vec![on_call.clone()];
        for ordering in ordering {
            orders.extend(
                timeout(PATIENCE, ordering).await.expect("orders that are never acknowledged").unwrap(),
            );
        }
        drained(&admin).await;
        look_away.cancel();
        let seen = watching.await.unwrap();
        let pizzas = pizzas::collect(&installation, &orders).await;
        let secrets = secrets::gather(&installation, &orders, &seen, &pizzas, &on_call).await;
        let times = Times { origin: (Instant::now(), Timestamp::now()), chaos_began, chaos_until, killed };
        Story { installation, times, orders, seen, pizzas, secrets, kills: self.kills }
    }

    /// Starts the chaos now; nobody ends it but its own schedule.
    async fn start_chaos(&self, installation: &Installation) -> (Instant, Instant) {
        let url = installation.factory_url(&format!("/api/vendor/chaos/{}", self.chaos));
        let (_, key) = installation.vendor();
        let began = Instant::now();
        let answer = Answer::to(client().put(url).bearer_auth(key).json(&self.window)).await.unwrap();
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        (began, began + Duration::from_secs(OUTAGE_SECONDS))
    }
}

async fn register(installation: &Installation) -> Vec<Arc<Diner>> {
    let mut diners = Vec::new();
    for name in DINERS {
        diners.push(Diner::register(installation, name).await);
    }
    diners
}

/// When it was killed and ready again, and how many orders it had in hand.
async fn kill_and_start(installation: &mut Installation) -> ((Instant, Instant), usize) {
    let killed = Instant::now();
    installation.kill_service().unwrap();
    let in_flight = installation.orders_in_hand().unwrap();
    // Long enough for diners to find nobody there.
    sleep(Duration::from_millis(500)).await;
    installation.start_service().await.unwrap();
    ((killed, Instant::now()), in_flight)
}

/// Waits until nothing is queued and the kitchen is open again.
async fn drained(diner: &Diner) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let status = diner.get("/api/status").await.body;
        if status["queueDepth"] == 0 && status["kitchen"] == "open" {
            return;
        }
        assert!(Instant::now() < deadline, "the backlog is not drained: {status}");
        sleep(Duration::from_millis(100)).await;
    }
}

impl Times {
    /// What the wall clock showed at a moment.
    pub fn wall_clock(&self, moment: Instant) -> Timestamp {
        let (origin, wall) = self.origin;
        wall - jiff::SignedDuration::try_from(origin.duration_since(moment)).unwrap()
    }

    /// Whether a call overlapped a time in which the service was not there.
    pub fn service_was_killed_during(&self, begun: Instant, ended: Instant) -> bool {
        self.killed.iter().any(|(killed, ready)| begun <= *ready && ended >= *killed)
    }
}

/// An acknowledged order in words, for a test that fails.
pub fn describe(order: &Acknowledged) -> String {
    format!(
        "order {} ({}) answered {}: {}",
        order.order_id, order.key, order.answer.status, order.answer.text
    )
}
