//! What the service says of itself while the drill goes on: kitchen, circuit, alerts. None of it is needed for the score
//! of the orders; a service that says nothing is scored without it.

use crate::{journal::Journal, stage::AdminSession, traffic::Restaurant};
use serde_json::Value;
use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;

const LOOK_EVERY: Duration = Duration::from_millis(200);
/// How exact this machine's own timers are, asked all the time.
const TICK: Duration = Duration::from_millis(20);
const PAGES: u32 = 10;

/// What was seen. Cloned, it is the same.
#[derive(Clone, Default)]
pub(crate) struct Seen(Arc<Mutex<Told>>);

/// What was told so far.
#[derive(Clone, Default)]
pub(crate) struct Told {
    /// `open`, `degraded` or `closed`, as everybody may read.
    pub kitchen: Option<String>,
    pub circuit: Option<String>,
    /// Every change of an alert, by time.
    pub alerts: Vec<Change>,
    /// Every transition of the circuit, by time.
    pub circuits: Vec<(f64, String)>,
    pub quarantined: HashSet<i64>,
    /// How late this machine's timers were, at worst, in seconds.
    pub hiccup: f64,
    /// Whether an admin could look at all.
    pub alerts_told: bool,
}

/// A change of an alert's state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub at: f64,
    pub rule: String,
    pub to: String,
}

impl Told {
    /// The alerts that are not Normal, by rule, and the state of each.
    pub fn standing(&self) -> BTreeMap<&str, &str> {
        // The newest change of each decides.
        let newest: BTreeMap<&str, &str> =
            self.alerts.iter().map(|change| (change.rule.as_str(), change.to.as_str())).collect();
        newest.into_iter().filter(|(_, state)| *state != "Normal").collect()
    }
}

impl Seen {
    pub fn lock(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks until told to stop, and once more then.
    pub async fn watch(
        self,
        restaurant: Arc<Restaurant>,
        admin: Option<AdminSession>,
        journal: Journal,
        stop: CancellationToken,
    ) {
        let mut beat = interval(LOOK_EVERY);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let last = stop.is_cancelled();
            self.look(&restaurant, admin.as_ref(), &journal).await;
            if last {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => {}
                _ = beat.tick() => {}
            }
        }
    }

    /// Watches the clock: what comes late because of this machine is not the service's fault.
    pub async fn watch_the_clock(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let due = Instant::now() + TICK;
            sleep_until(due).await;
            let late = due.elapsed().as_secs_f64();
            let mut told = self.lock();
            told.hiccup = told.hiccup.max(late);
        }
    }

    async fn look(&self, restaurant: &Restaurant, admin: Option<&AdminSession>, journal: &Journal) {
        if let Ok(answer) = restaurant.http.get(restaurant.at("/api/status")).send().await {
            let status: Value = answer.json().await.unwrap_or_default();
            self.lock().kitchen = status["kitchen"].as_str().map(str::to_owned);
        }
        let Some(admin) = admin else { return };
        if let Ok(circuit) = admin.get("/api/admin/circuit").await {
            let mut told = self.lock();
            told.circuit = circuit["state"].as_str().map(str::to_owned);
            told.circuits = merged(&told.circuits, transitions(&circuit, journal));
        }
        if let Ok(alerts) = admin.get("/api/admin/alerts").await {
            let changes = changes(&alerts, journal);
            let mut told = self.lock();
            told.alerts_told = true;
            for change in changes {
                if !told.alerts.contains(&change) {
                    told.alerts.push(change);
                }
            }
            told.alerts.sort_by(|one, other| one.at.total_cmp(&other.at));
        }
        self.look_for_quarantined(admin).await;
    }

    async fn look_for_quarantined(&self, admin: &AdminSession) {
        for page in 1..=PAGES {
            let path = format!("/api/admin/queue?state=quarantined&page={page}");
            let Ok(queue) = admin.get(&path).await else { return };
            let ids =
                queue["orders"].as_array().into_iter().flatten().filter_map(|order| order["id"].as_i64());
            self.lock().quarantined.extend(ids);
            if queue["more"] != true {
                return;
            }
        }
    }
}

fn transitions(circuit: &Value, journal: &Journal) -> Vec<(f64, String)> {
    let history = circuit["history"].as_array().into_iter().flatten();
    let read = |entry: &Value| Some((journal.read(&entry["at"])?, entry["event"].as_str()?.to_owned()));
    history.filter_map(read).filter(|(at, _)| *at >= 0.0).collect()
}

/// A restarted service has forgotten: what it said before stays.
fn merged(old: &[(f64, String)], new: Vec<(f64, String)>) -> Vec<(f64, String)> {
    // The service makes wall-clock times out of monotonic ones, each time anew: to the millisecond they are the same.
    let key = |(at, event): &(f64, String)| ((at * 100.0).round() as i64, event.clone());
    let mut all: BTreeMap<(i64, String), (f64, String)> =
        old.iter().map(|one| (key(one), one.clone())).collect();
    for one in new {
        all.entry(key(&one)).or_insert(one);
    }
    all.into_values().collect()
}

fn changes(alerts: &Value, journal: &Journal) -> Vec<Change> {
    let history = alerts["history"].as_array().into_iter().flatten();
    let read = |entry: &Value| {
        let text = |key: &str| entry[key].as_str().map(str::to_owned);
        Some(Change { at: journal.read(&entry["at"])?, rule: text("name")?, to: text("to")? })
    };
    history.filter_map(read).filter(|change| change.at >= 0.0).collect()
}
