//! The score: what diners and operators lived through, in numbers and in a letter.

use crate::{
    factory_calls::Call,
    follow::{End, Order},
    judge::Histories,
    observer::Told,
    result::{Acknowledged, Found, Grade, PhaseResult, Score, Series},
    scenario::Scenario,
    speed::Speed,
    traffic::{Habit, Tally, Visit},
};
use std::time::Duration;

/// The rule whose alert is looked for when the scenario names none.
const USUAL_ALERT: &str = "factory-success-rate";
/// From the first failure to the page, in seconds of real life.
const TOLD_WITHIN: f64 = 90.0;
/// As long as a diner waits for an answer, in milliseconds: they are not faster in a faster drill.
const PATIENCE: f64 = 5000.0;
const AVAILABLE: f64 = 0.999;
/// Calls for each order while none can succeed.
const HAMMERING: f64 = 0.5;
const PARTS: usize = 120;
const RULE: &str = "F if any order was lost or doubled, or anybody was shown a pizza that is none. Otherwise it begins with \
    A, and each of these costs a letter, down to D: an order that was not acknowledged (two letters below 90 %); menu or \
    login below 99.9 % in a phase; p99 of acknowledgement above 5 s in a phase; more than one call to the factory for two \
    orders while none can succeed; somebody to be told, and not within 90 s (of real life) of the first failure; more \
    orders waiting for a person than were poisoned. What cannot be measured costs nothing, and is said.";

/// A phase as it was.
#[derive(Clone, Debug)]
pub(crate) struct Span {
    pub name: String,
    pub chaos: Option<String>,
    pub trouble: bool,
    pub total: bool,
    pub from: f64,
    pub to: f64,
}

/// Everything that was seen.
pub(crate) struct Evidence<'a> {
    pub scenario: &'a Scenario,
    pub speed: Speed,
    pub spans: &'a [Span],
    pub visits: &'a [Visit],
    pub orders: &'a [Order],
    pub histories: Histories,
    pub counterfeits: Option<u64>,
    pub calls: Option<&'a [Call]>,
    pub told: &'a Told,
    /// When somebody was told, if there was a pager to tell by.
    pub paged: Found,
}

impl Evidence<'_> {
    /// When the trouble began and ended.
    fn trouble(&self) -> Option<(f64, f64)> {
        let mut troubled = self.spans.iter().filter(|span| span.trouble);
        let first = troubled.next()?;
        Some((first.from, troubled.last().unwrap_or(first).to))
    }

    /// The phase of this time; what comes after the end belongs to the last.
    fn span_of(&self, at: f64) -> usize {
        let found = self.spans.iter().position(|span| at < span.to);
        found.unwrap_or(self.spans.len().saturating_sub(1))
    }

    pub fn phases(&self) -> Vec<PhaseResult> {
        self.spans.iter().enumerate().map(|(index, span)| self.phase(index, span)).collect()
    }

    fn phase(&self, index: usize, span: &Span) -> PhaseResult {
        let within = |at: f64| self.span_of(at) == index;
        let (mut tally, mut placed) = (Tally::default(), 0);
        let mut acknowledged = Tally::default();
        for visit in self.visits.iter().filter(|visit| within(visit.intended.as_secs_f64())) {
            tally.add(visit);
            placed += u64::from(visit.habit == Habit::Order);
            if visit.acknowledged() {
                acknowledged.add(visit);
            }
        }
        let latency = acknowledged.all();
        let share = |habit| tally.of(habit).map(|summary| summary.availability());
        let calls = self.calls.map(|calls| calls.iter().filter(|call| within(call.at)).count() as u64);
        PhaseResult {
            name: span.name.clone(),
            chaos: span.chaos.clone(),
            from: span.from,
            to: span.to,
            orders: Acknowledged {
                placed,
                acknowledged: latency.visits,
                p50: latency.p50,
                p90: latency.p90,
                p99: latency.p99,
            },
            menu: share(Habit::Menu),
            login: share(Habit::Login),
            factory_calls: calls,
            calls_per_order: calls.and_then(|calls| ratio(calls, placed)),
        }
    }

    pub fn score(&self) -> Score {
        let count = |is: &dyn Fn(&Order) -> bool| self.orders.iter().filter(|order| is(order)).count() as u64;
        let trouble = self.trouble();
        let within = |at: f64| trouble.is_some_and(|(from, to)| from <= at && at < to);
        let never_made =
            count(&|order| order.acknowledged && matches!(order.end, End::Waiting | End::NotTold));
        let two_pizzas = count(&|order| order.shown.len() > 1);
        let first_failure = self.first_failure();
        let after =
            |at: Option<f64>, from: f64| at.map_or(Found::Never, |at| Found::Seconds((at - from).max(0.0)));
        let change = |to: &str, from: f64| match (self.told.alerts_told, trouble) {
            (true, Some(_)) => after(self.alert_changed(to, from), first_failure),
            _ => Found::NotMeasurable,
        };
        let (began, ended) = trouble.unwrap_or_default();
        Score {
            placed: self.orders.len() as u64,
            acknowledged: count(&|order| order.acknowledged),
            lost: never_made + self.histories.paid_for_and_failed,
            doubled: two_pizzas + self.histories.doubled,
            counterfeits: self.counterfeits,
            fulfilled: count(&|order| order.fulfilled_at().is_some()),
            fulfilled_within: count(&|order| order.fulfilled_at().is_some_and(within)),
            fulfilled_after: count(&|order| {
                within(order.placed) && order.fulfilled_at().is_some_and(|at| at >= ended)
            }),
            rejected: count(&|order| order.acknowledged && order.end == End::Rejected),
            quarantined: count(&|order| order.end == End::Quarantined),
            factory_calls: self.calls.map(|calls| calls.len() as u64),
            calls_per_order_in_total_outage: self.calls_in_total_outage(),
            to_pending: change("Pending", began),
            to_alerting: change("Alerting", began),
            to_notification: match self.paged {
                Found::Seconds(at) => after(Some(at), first_failure),
                other => other,
            },
            to_normal: self.normal(began, ended),
            to_first_fulfilment: if trouble.is_some() {
                after(self.first_fulfilled(ended), ended)
            } else {
                Found::NotMeasurable
            },
            to_drained: if trouble.is_some() { self.drained(ended) } else { Found::NotMeasurable },
            first_failure,
            hiccup: self.told.hiccup,
        }
    }

    fn first_failure(&self) -> f64 {
        let began = self.trouble().map_or(0.0, |(from, _)| from);
        let failed = |call: &&Call| call.status >= 500 && call.at >= began;
        self.calls.and_then(|calls| calls.iter().find(failed)).map_or(began, |call| call.at)
    }

    fn alert_changed(&self, to: &str, from: f64) -> Option<f64> {
        let rule = self.scenario.alert.as_deref().unwrap_or(USUAL_ALERT);
        let mut changes = self.told.alerts.iter();
        changes
            .find(|change| change.rule == rule && change.to == to && change.at >= from)
            .map(|change| change.at)
    }

    /// Until the alert is Normal for good: at once, if it was before the trouble ended.
    fn normal(&self, began: f64, ended: f64) -> Found {
        if !self.told.alerts_told || self.trouble().is_none() {
            return Found::NotMeasurable;
        }
        let rule = self.scenario.alert.as_deref().unwrap_or(USUAL_ALERT);
        let last = self.told.alerts.iter().rfind(|change| change.rule == rule && change.at >= began);
        match last.filter(|change| change.to == "Normal") {
            Some(change) => Found::Seconds((change.at - ended).max(0.0)),
            None => Found::Never,
        }
    }

    fn first_fulfilled(&self, from: f64) -> Option<f64> {
        self.orders.iter().filter_map(Order::fulfilled_at).filter(|at| *at >= from).min_by(f64::total_cmp)
    }

    /// Until the last order that was placed before the end of the trouble, and can be made, has its pizza.
    fn drained(&self, ended: f64) -> Found {
        let mut last = ended;
        for order in self.orders.iter().filter(|order| order.acknowledged && order.placed < ended) {
            match order.end {
                End::Fulfilled(at) => last = last.max(at),
                End::Waiting | End::NotTold => return Found::Never,
                End::Rejected | End::Cancelled | End::Quarantined => {}
            }
        }
        Found::Seconds(last - ended)
    }

    fn calls_in_total_outage(&self) -> Option<f64> {
        let total = |at: f64| self.spans[self.span_of(at)].total;
        let calls = self.calls?.iter().filter(|call| total(call.at)).count() as u64;
        ratio(calls, self.orders.iter().filter(|order| total(order.placed)).count() as u64)
    }

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
        let limit = TOLD_WITHIN / f64::from(self.speed.factor()) + score.hiccup;
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

    pub fn series(&self, length: f64) -> Series {
        let part = length / PARTS as f64;
        let empty = || vec![0_u64; PARTS];
        let mut series = Series {
            part,
            arrivals: empty(),
            acknowledged: empty(),
            fulfilled: empty(),
            ..Series::default()
        };
        let index = |at: f64| ((at / part).max(0.0) as usize).min(PARTS - 1);
        for order in self.orders {
            series.arrivals[index(order.placed)] += 1;
            if order.acknowledged {
                series.acknowledged[index(order.answered)] += 1;
            }
            if let Some(at) = order.fulfilled_at() {
                series.fulfilled[index(at)] += 1;
            }
        }
        if let Some(calls) = self.calls {
            (series.calls, series.failed_calls) = (empty(), empty());
            for call in calls {
                let lane = if call.status < 400 { &mut series.calls } else { &mut series.failed_calls };
                lane[index(call.at)] += 1;
            }
        }
        let waits = |order: &&Order, at: f64| {
            order.acknowledged && order.answered <= at && order.fulfilled_at().is_none_or(|made| made > at)
        };
        series.backlog = (1..=PARTS)
            .map(|part_number| {
                let at = part * part_number as f64;
                self.orders.iter().filter(|order| waits(order, at)).count() as u64
            })
            .collect();
        series
    }
}

fn ratio(calls: u64, orders: u64) -> Option<f64> {
    (orders > 0).then(|| calls as f64 / orders as f64)
}

/// So many seconds as a duration; none when that is no time.
pub(crate) fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}
