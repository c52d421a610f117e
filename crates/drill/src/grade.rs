//! A drill in a letter, by a rule that is told with it.

use crate::{
    result::{Found, Grade, PhaseResult, Score},
    score::Evidence,
    speed::Speed,
};

/// From the first failure to the page, in seconds of real life.
const TOLD_WITHIN: f64 = 90.0;
/// Of the alert rules, in seconds of real life.
const EVALUATION: f64 = 30.0;
/// As long as a diner waits for an answer, in milliseconds: they are not faster in a faster drill.
const PATIENCE: f64 = 5000.0;
const AVAILABLE: f64 = 0.999;
/// Calls for each order while none can succeed.
const HAMMERING: f64 = 0.5;
const RULE: &str = "F if any order was lost or doubled, or anybody was shown a pizza that is none. Otherwise it begins with \
    A, and each of these costs a letter, down to D: an order that was not acknowledged (two letters below 90 %); menu or \
    login below 99.9 % in a phase; p99 of acknowledgement above 5 s in a phase; more than one call to the factory for two \
    orders while none can succeed; somebody to be told, and not within 90 s of the first failure (of real life; in a \
    faster drill, one evaluation more); more orders waiting for a person than were poisoned. What cannot be measured costs \
    nothing, and is said.";

impl Evidence<'_> {
    /// The letter, and what it cost.
    pub fn grade(&self, score: &Score, phases: &[PhaseResult]) -> Grade {
        let mut letters = 0;
        let mut because = Vec::new();
        let mut costs = |holds: bool, cost: u32, why: String| {
            if holds {
                letters += cost;
                because.push(why);
            }
        };
        let share = if score.placed == 0 { 1.0 } else { score.acknowledged as f64 / score.placed as f64 };
        let bad = score.counterfeits.unwrap_or(0);
        costs(score.lost > 0, 5, format!("{} orders were lost", score.lost));
        costs(score.doubled > 0, 5, format!("{} orders were doubled", score.doubled));
        costs(bad > 0, 5, format!("{bad} diners were shown a pizza that is none"));
        let missed = score.placed.saturating_sub(score.acknowledged);
        costs(share < 1.0, if share < 0.9 { 2 } else { 1 }, format!("{missed} orders were not acknowledged"));
        let low = |share: Option<f64>| share.is_some_and(|share| share < AVAILABLE);
        let unavailable = phases.iter().find(|phase| low(phase.menu) || low(phase.login));
        let name = |phase: Option<&PhaseResult>| phase.map(|phase| phase.name.clone()).unwrap_or_default();
        costs(
            unavailable.is_some(),
            1,
            format!("menu or login was not there for all in \"{}\"", name(unavailable)),
        );
        let slow = phases.iter().find(|phase| phase.orders.p99 > PATIENCE);
        costs(slow.is_some(), 1, format!("p99 of acknowledgement was above 5 s in \"{}\"", name(slow)));
        let hammering = score.calls_per_order_in_total_outage.unwrap_or(0.0);
        costs(
            hammering > HAMMERING,
            1,
            format!("{hammering:.2} calls to the factory for each order while none could succeed"),
        );
        // A machine is no faster in a faster drill: what it takes to tell somebody is not shortened.
        let grace = if self.speed == Speed::REAL { 0.0 } else { EVALUATION };
        let limit = (TOLD_WITHIN + grace) / f64::from(self.speed.factor()) + score.hiccup;
        let late = match score.to_notification {
            Found::Seconds(seconds) => seconds > limit,
            Found::Never => true,
            Found::NotMeasurable => false,
        };
        costs(self.scenario.alert.is_some() && late, 1, "nobody was told in time".to_owned());
        let poisoned = self.scenario.phases.iter().map(|phase| u64::from(phase.poisoned)).sum::<u64>();
        costs(score.quarantined > poisoned, 1, format!("{} orders wait for a person", score.quarantined));
        let letter = if score.lost + score.doubled + bad > 0 {
            'F'
        } else {
            ['A', 'B', 'C', 'D'][letters.min(3) as usize]
        };
        Grade { letter, because, rule: RULE.to_owned() }
    }
}
