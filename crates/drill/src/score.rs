//! The score: what diners and operators lived through, in numbers and in a letter.

use crate::{
    factory_calls::Call,
    follow::{End, Order},
    judge::Histories,
    observer::{Change, Told},
    result::{Acknowledged, Found, PhaseResult, Score},
    scenario::Scenario,
    speed::Speed,
    traffic::{Habit, Tally, Visit},
};
use std::time::Duration;

/// The rule whose alert is looked for when the scenario names none.
const USUAL_ALERT: &str = "factory-success-rate";

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
        Some((first.from, troubled.next_back().unwrap_or(first).to))
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
            refused: count(&|order| order.refused),
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
            to_recovering: self.recovering(began, ended),
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

    /// Until the alert sees, for the last time, that it is over.
    fn recovering(&self, began: f64, ended: f64) -> Found {
        self.since_the_end(began, ended, |changes| changes.iter().rfind(|change| change.to == "Recovering"))
    }

    /// Until the alert is Normal for good: at once, if it was before the trouble ended.
    fn normal(&self, began: f64, ended: f64) -> Found {
        self.since_the_end(began, ended, |changes| changes.last().filter(|change| change.to == "Normal"))
    }

    /// From the end of the trouble to one of the alert's changes since it began.
    fn since_the_end(&self, began: f64, ended: f64, which: fn(&[Change]) -> Option<&Change>) -> Found {
        if !self.told.alerts_told || self.trouble().is_none() {
            return Found::NotMeasurable;
        }
        let rule = self.scenario.alert.as_deref().unwrap_or(USUAL_ALERT);
        let of_it = |change: &&Change| change.rule == rule && change.at >= began;
        let changes: Vec<Change> = self.told.alerts.iter().filter(of_it).cloned().collect();
        which(&changes).map_or(Found::Never, |change| Found::Seconds((change.at - ended).max(0.0)))
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
}

fn ratio(calls: u64, orders: u64) -> Option<f64> {
    (orders > 0).then(|| calls as f64 / orders as f64)
}

/// So many seconds as a duration; none when that is no time.
pub(crate) fn duration(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{result::Grade, series::PARTS, traffic::Outcome};

    /// Ten seconds of health, ten of a total outage, ten of recovery, in real time.
    struct Day {
        scenario: Scenario,
        spans: Vec<Span>,
        visits: Vec<Visit>,
        orders: Vec<Order>,
        calls: Vec<Call>,
        told: Told,
        histories: Histories,
        paged: Found,
    }

    impl Day {
        /// A good one: every order of the outage is made two seconds after it.
        fn good() -> Self {
            let span = |name: &str, trouble, from, to| Span {
                name: name.to_owned(),
                chaos: None,
                trouble,
                total: trouble,
                from,
                to,
            };
            let orders: Vec<Order> = (0..30_u32).map(|second| order(f64::from(second))).collect();
            let change = |at, to: &str| Change { at, rule: USUAL_ALERT.to_owned(), to: to.to_owned() };
            Self {
                scenario: Scenario::shipped("2025-12-02-factory-outage").unwrap(),
                spans: vec![
                    span("healthy", false, 0.0, 10.0),
                    span("outage", true, 10.0, 20.0),
                    span("recovery", false, 20.0, 30.0),
                ],
                visits: orders.iter().map(visit).collect(),
                orders,
                calls: vec![Call { at: 10.5, status: 500 }, Call { at: 22.0, status: 200 }],
                told: Told {
                    alerts: [(11.0, "Pending"), (71.0, "Alerting"), (75.0, "Recovering"), (95.0, "Normal")]
                        .map(|(at, to)| change(at, to))
                        .into(),
                    alerts_told: true,
                    ..Told::default()
                },
                histories: Histories::default(),
                paged: Found::Seconds(71.5),
            }
        }

        fn judged(&self) -> (Score, Grade) {
            let evidence = Evidence {
                scenario: &self.scenario,
                speed: Speed::REAL,
                spans: &self.spans,
                visits: &self.visits,
                orders: &self.orders,
                histories: self.histories,
                counterfeits: Some(0),
                calls: Some(&self.calls),
                told: &self.told,
                paged: self.paged,
            };
            let (score, phases) = (evidence.score(), evidence.phases());
            let grade = evidence.grade(&score, &phases);
            (score, grade)
        }
    }

    fn order(placed: f64) -> Order {
        let made = if (10.0..20.0).contains(&placed) { 22.0 } else { placed + 0.1 };
        Order {
            diner: 0,
            placed,
            answered: placed + 0.1,
            acknowledged: true,
            refused: false,
            id: Some(placed as i64),
            shown: vec![placed.to_string()],
            end: End::Fulfilled(made),
        }
    }

    fn visit(order: &Order) -> Visit {
        Visit {
            habit: Habit::Order,
            intended: duration(order.placed),
            done: duration(order.answered),
            outcome: Outcome::Answered(202),
            wish: None,
        }
    }

    #[test]
    fn a_good_day_is_an_a_and_its_figures_are_right() {
        let (score, grade) = Day::good().judged();
        assert_eq!((grade.letter, grade.because.len()), ('A', 0), "{grade:?}");
        assert_eq!((score.placed, score.acknowledged, score.fulfilled), (30, 30, 30));
        assert_eq!((score.lost, score.doubled, score.fulfilled_within, score.fulfilled_after), (0, 0, 0, 10));
        assert_eq!((score.first_failure, score.calls_per_order_in_total_outage), (10.5, Some(0.1)));
        assert_eq!((score.to_pending, score.to_alerting), (Found::Seconds(0.5), Found::Seconds(60.5)));
        assert_eq!((score.to_notification, score.to_normal), (Found::Seconds(61.0), Found::Seconds(75.0)));
        assert_eq!((score.to_recovering, score.refused), (Found::Seconds(55.0), 0));
        assert_eq!(score.to_drained, Found::Seconds(2.0));
        let first = score.to_first_fulfilment.seconds().unwrap();
        assert!((first - 0.1).abs() < 1e-9, "{first}");
    }

    #[test]
    fn what_is_lost_doubled_or_false_is_an_f() {
        let waiting = |day: &mut Day| day.orders[12].end = End::Waiting;
        let untold = |day: &mut Day| day.orders[12].end = End::NotTold;
        let failed = |day: &mut Day| day.histories.paid_for_and_failed = 1;
        let doubled = |day: &mut Day| day.histories.doubled = 1;
        let two_pizzas = |day: &mut Day| day.orders[3].shown.push("another".to_owned());
        let spoils: [&dyn Fn(&mut Day); 5] = [&waiting, &untold, &failed, &doubled, &two_pizzas];
        for (number, spoil) in spoils.into_iter().enumerate() {
            let mut day = Day::good();
            spoil(&mut day);
            let (score, grade) = day.judged();
            assert_eq!(grade.letter, 'F', "{number}: {score:?}");
            assert_eq!(score.lost + score.doubled, 1, "{number}: {score:?}");
        }
    }

    #[test]
    fn each_fault_that_loses_nothing_costs_its_letters() {
        let refused = |day: &mut Day, orders: usize| {
            for index in 0..orders {
                day.orders[index].acknowledged = false;
                day.visits[index].outcome = Outcome::Answered(503);
            }
        };
        let one_refused = |day: &mut Day| refused(day, 1);
        let many_refused = |day: &mut Day| refused(day, 9);
        let late = |day: &mut Day| day.paged = Found::Seconds(101.0);
        let never = |day: &mut Day| day.paged = Found::Never;
        let nobody_knows = |day: &mut Day| day.paged = Found::NotMeasurable;
        let slow = |day: &mut Day| day.visits[15].done = day.visits[15].intended + duration(6.0);
        let hammered = |day: &mut Day| day.calls.extend([Call { at: 15.0, status: 500 }; 5]);
        let held = |day: &mut Day| day.orders[12].end = End::Quarantined;
        let no_menu = |day: &mut Day| {
            let menu = Visit { habit: Habit::Menu, outcome: Outcome::Broken, ..day.visits[12].clone() };
            day.visits.push(menu);
        };
        type Fault<'a> = (&'a dyn Fn(&mut Day), char);
        let faults: [Fault; 9] = [
            (&one_refused, 'B'),
            (&many_refused, 'C'),
            (&late, 'B'),
            (&never, 'B'),
            (&nobody_knows, 'A'),
            (&slow, 'B'),
            (&hammered, 'B'),
            (&held, 'B'),
            (&no_menu, 'B'),
        ];
        for (number, (fault, letter)) in faults.into_iter().enumerate() {
            let mut day = Day::good();
            fault(&mut day);
            let (_, grade) = day.judged();
            assert_eq!(grade.letter, letter, "{number}: {grade:?}");
            assert_eq!(grade.because.is_empty(), letter == 'A', "{number}: {grade:?}");
        }
    }

    #[test]
    fn the_series_account_for_every_order_and_call() {
        let day = Day::good();
        let (visits, orders) = (&day.visits, &day.orders);
        let evidence = Evidence {
            scenario: &day.scenario,
            speed: Speed::REAL,
            spans: &day.spans,
            visits,
            orders,
            histories: day.histories,
            counterfeits: None,
            calls: Some(&day.calls),
            told: &day.told,
            paged: day.paged,
        };
        let series = evidence.series(30.0);
        for lane in [&series.arrivals, &series.acknowledged, &series.fulfilled] {
            assert_eq!((lane.iter().sum::<u64>(), lane.len()), (30, PARTS));
        }
        assert_eq!((series.calls.iter().sum::<u64>(), series.failed_calls.iter().sum::<u64>()), (1, 1));
        assert_eq!((series.backlog.iter().max(), series.backlog.last()), (Some(&10), Some(&0)));
    }
}
