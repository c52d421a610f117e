//! What a drill found out: `result.json`.

use crate::speed::Scaled;
use jiff::{Timestamp, civil::Time};
use serde::{Deserialize, Serialize};

/// The version of the file's form.
pub const VERSION: u32 = 1;

/// What a drill found out. Times without another word are seconds of the drill, since it began; at another speed than 1
/// real life would have taken `speed` times as long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DrillResult {
    /// [`VERSION`]
    pub version: u32,
    /// The scenario's name.
    pub scenario: String,
    /// Its title.
    pub title: String,
    /// What was under drill.
    pub subject: String,
    /// When it began.
    pub started: Timestamp,
    /// What the scenario's clock showed then.
    pub begins: Time,
    /// How many times faster than real life.
    pub speed: u32,
    /// Every duration that was shortened.
    pub scaled: Vec<Scaled>,
    /// What the reader must know besides.
    pub notes: Vec<String>,
    /// Its phases, one after the other.
    pub phases: Vec<PhaseResult>,
    /// What it all amounts to.
    pub score: Score,
    /// In a letter.
    pub grade: Grade,
    /// When alerts and circuit changed.
    pub marks: Vec<Mark>,
    /// What the chart shows.
    pub series: Series,
}

/// A figure that may not exist.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// So many seconds.
    Seconds(f64),
    /// It did not happen.
    Never,
    /// Nobody here could know.
    #[default]
    NotMeasurable,
}

/// One phase.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PhaseResult {
    /// Its name.
    pub name: String,
    /// How the factory misbehaved.
    pub chaos: Option<String>,
    /// From when.
    pub from: f64,
    /// Until when.
    pub to: f64,
    /// How orders of this phase were acknowledged.
    pub orders: Acknowledged,
    /// The share of visits to the menu that went as they should; none when nobody came.
    pub menu: Option<f64>,
    /// Likewise of logins.
    pub login: Option<f64>,
    /// Calls that reached the factory.
    pub factory_calls: Option<u64>,
    /// Likewise, for each order that was placed meanwhile.
    pub calls_per_order: Option<f64>,
}

/// How orders were acknowledged: milliseconds from when the diner came, tries after a broken connection included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Orders placed.
    pub placed: u64,
    /// Those that were answered with a pizza or the promise of one.
    pub acknowledged: u64,
    /// The median.
    pub p50: f64,
    /// Likewise.
    pub p90: f64,
    /// Likewise.
    pub p99: f64,
}

/// What it all amounts to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Orders of 1 to 5 pizzas that diners placed.
    pub placed: u64,
    /// Those that were answered with a pizza or the promise of one.
    pub acknowledged: u64,
    /// Those that were answered with 503: not taken, and said so.
    #[serde(default)]
    pub refused: u64,
    /// Acknowledged and never fulfilled, or written down as bought and failed.
    pub lost: u64,
    /// Written down more than once, or with two different pizzas.
    pub doubled: u64,
    /// Shown something that the factory does not know as its pizza.
    pub counterfeits: Option<u64>,
    /// Fulfilled in all.
    pub fulfilled: u64,
    /// Fulfilled while the trouble lasted.
    pub fulfilled_within: u64,
    /// Placed while it lasted, and fulfilled after it.
    pub fulfilled_after: u64,
    /// Acknowledged, and refused by the factory for good.
    pub rejected: u64,
    /// Acknowledged, and waiting for a person.
    pub quarantined: u64,
    /// Calls that reached the factory.
    pub factory_calls: Option<u64>,
    /// Likewise while no call could succeed, for each order placed meanwhile.
    pub calls_per_order_in_total_outage: Option<f64>,
    /// From the first failure to the alert's Pending.
    pub to_pending: Found,
    /// From the first failure to Alerting.
    pub to_alerting: Found,
    /// From the first failure until somebody was told.
    pub to_notification: Found,
    /// From the end of the trouble to the alert's Recovering: it sees that it is over, and keeps firing to be sure.
    #[serde(default)]
    pub to_recovering: Found,
    /// From the end of the trouble to the alert's Normal.
    pub to_normal: Found,
    /// From the end of the trouble to the first pizza.
    pub to_first_fulfilment: Found,
    /// From the end of the trouble until the last order placed before it ended has its pizza.
    pub to_drained: Found,
    /// When the first call failed, as the factory knows; when the trouble began, where it does not.
    pub first_failure: f64,
    /// How late this machine's own timers were, at worst.
    pub hiccup: f64,
}

/// A letter, and how it came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grade {
    /// A to F.
    pub letter: char,
    /// What cost letters.
    pub because: Vec<String>,
    /// The rule.
    pub rule: String,
}

/// A moment worth a line in the chart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// When.
    pub at: f64,
    /// `alert`, `circuit`, `notification`, or `drill` for what the drill itself did.
    pub kind: String,
    /// What.
    pub text: String,
}

/// What the chart shows: numbers for each of equal parts of the drill.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// How long a part is.
    pub part: f64,
    /// Orders placed.
    pub arrivals: Vec<u64>,
    /// Orders acknowledged.
    pub acknowledged: Vec<u64>,
    /// Orders fulfilled.
    pub fulfilled: Vec<u64>,
    /// Calls that the factory answered with a 200; empty when nobody knows.
    pub calls: Vec<u64>,
    /// Calls that it failed.
    pub failed_calls: Vec<u64>,
    /// Orders that were acknowledged and had no pizza at the end of the part.
    pub backlog: Vec<u64>,
}

impl Found {
    /// The seconds, if it happened.
    pub fn seconds(self) -> Option<f64> {
        if let Self::Seconds(seconds) = self { Some(seconds) } else { None }
    }
}
