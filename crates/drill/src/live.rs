//! How a drill stands while it goes on.

use crate::{
    drill::Drill,
    follow::{Order, Orders},
    observer::Seen,
    scenario::Phase,
    traffic::Progress,
};
use std::sync::atomic::Ordering;
use tokio::sync::watch;

/// How a drill stands, for whoever watches.
#[derive(Clone, Debug, Default)]
pub struct Live {
    /// What the drill is about.
    pub title: String,
    /// How many times faster than real life it is.
    pub speed: u32,
    /// Its phases as they are planned.
    pub phases: Vec<Planned>,
    /// The phase, or what else goes on.
    pub phase: String,
    /// Seconds of the drill, and how many there will be.
    pub at: f64,
    /// Likewise.
    pub length: f64,
    /// Visits so far, and those that went as they should.
    pub visits: u64,
    /// Likewise.
    pub as_expected: u64,
    /// Orders that were placed.
    pub placed: usize,
    /// Orders that were acknowledged.
    pub acknowledged: usize,
    /// Orders with their pizza.
    pub fulfilled: usize,
    /// Orders that wait.
    pub backlog: usize,
    /// What the service says of its kitchen and of its circuit.
    pub kitchen: Option<String>,
    /// Likewise.
    pub circuit: Option<String>,
    /// The alerts that are not Normal, and their states; nothing when nobody could look.
    pub alerts: Option<Vec<(String, String)>>,
}

/// A phase as it is planned.
#[derive(Clone, Debug)]
pub struct Planned {
    /// What it is called.
    pub name: String,
    /// How long it is, in seconds of the drill.
    pub length: f64,
    /// Whether something is broken meanwhile.
    pub trouble: bool,
}

impl Drill {
    /// Before anything has happened.
    pub(crate) fn announced(&self) -> Live {
        let planned = |phase: &Phase| Planned {
            name: phase.name.clone(),
            length: self.speed.shorten(phase.length).as_secs_f64(),
            trouble: phase.is_trouble(),
        };
        Live {
            title: self.scenario.title.clone(),
            speed: self.speed.factor(),
            phases: self.scenario.phases.iter().map(planned).collect(),
            phase: "the stage is set".to_owned(),
            length: self.speed.shorten(self.scenario.length()).as_secs_f64(),
            ..Live::default()
        }
    }
}

/// Says what goes on besides the phases.
pub(crate) fn say(live: &watch::Sender<Live>, what: &str) {
    live.send_modify(|live| what.clone_into(&mut live.phase));
}

/// Tells how it stands now.
pub(crate) fn show(live: &watch::Sender<Live>, orders: &Orders, seen: &Seen, progress: Option<&Progress>) {
    let (placed, acknowledged, fulfilled) = {
        let all = orders.lock();
        let count = |is: fn(&Order) -> bool| all.iter().filter(|order| is(order)).count();
        (all.len(), count(|order| order.acknowledged), count(|order| order.fulfilled_at().is_some()))
    };
    let told = seen.lock();
    let standing = || told.standing().into_iter().map(|(rule, state)| (rule.to_owned(), state.to_owned()));
    let alerts = told.alerts_told.then(|| standing().collect());
    live.send_modify(|live| {
        if let Some(progress) = progress {
            live.visits = progress.done.load(Ordering::Relaxed);
            live.as_expected = progress.as_expected.load(Ordering::Relaxed);
        }
        (live.placed, live.acknowledged, live.fulfilled) = (placed, acknowledged, fulfilled);
        live.backlog = acknowledged.saturating_sub(fulfilled);
        (live.kitchen, live.circuit, live.alerts) = (told.kitchen.clone(), told.circuit.clone(), alerts);
    });
}
