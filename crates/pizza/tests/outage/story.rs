//! What a walk has to tell: each method is one promise, checked against all that was seen.

use crate::{
    diner::Acknowledged,
    observer::{Metrics, Seen},
    pizzas::Pizzas,
    secrets::Secrets,
    walk::{SETTINGS, Times, describe},
};
use jiff::Timestamp;
use serde_json::Value;
use std::time::{Duration, Instant};
use test_kit::Installation;

const CLOSED: &str =
    "The kitchen is currently closed. Your order is saved and will be made as soon as it reopens.";
/// Below this many orders in a phase nothing is proved.
const ENOUGH: usize = 50;
/// The circuit's jitter, which is not configurable.
const JITTER: f64 = 0.2;

/// All that there is to tell of a walk.
pub struct Story {
    pub installation: Installation,
    pub times: Times,
    pub orders: Vec<Acknowledged>,
    pub seen: Seen,
    pub pizzas: Pizzas,
    pub secrets: Secrets,
    pub kills: bool,
}

impl Story {
    /// None lost, none doubled, each pizza good, whoever is asked.
    pub fn every_acknowledged_order_became_exactly_one_pizza(&self) {
        assert!(self.orders.len() > ENOUGH, "only {} orders", self.orders.len());
        let problems = &self.pizzas.problems;
        assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
        assert_eq!(self.pizzas.of.len(), self.orders.len(), "orders and their pizzas");
        let made = self.installation.pizzas_made().unwrap();
        assert_eq!(made, self.orders.len(), "pizzas that the factory made, and orders");
    }

    pub fn the_kitchen_closed_and_reopened(&self) {
        let before = self.seen.statuses.iter().filter(|status| status.answered < self.times.chaos_began);
        // A machine that is too busy may make it look slow.
        assert!(
            before.clone().all(|status| status.kitchen != "closed"),
            "the kitchen closed before the outage"
        );
        assert!(before.count() > 0, "nobody looked before the outage");
        assert!(self.kitchen_was("closed"), "the kitchen never closed");
        self.the_kitchen_is_open_with_nothing_left_to_do();
    }

    /// A slow pizza is still a pizza.
    pub fn the_kitchen_was_slow_and_never_closed(&self) {
        assert!(self.kitchen_was("degraded"), "the kitchen was never slow");
        assert!(!self.kitchen_was("closed"), "the kitchen closed");
        self.the_kitchen_is_open_with_nothing_left_to_do();
    }

    pub fn the_kitchen_is_open_with_nothing_left_to_do(&self) {
        let last = self.seen.statuses.last().unwrap();
        assert_eq!((last.kitchen.as_str(), last.queue_depth), ("open", 0));
    }

    /// Every order of the open circuit was acknowledged at once, in the contract's words.
    pub fn diners_were_told_that_the_kitchen_is_closed(&self) {
        let (from, to) = self.closed_phase();
        let orders = self.orders.iter().filter(|order| order.begun >= from && order.answered <= to);
        let mut count = 0;
        for order in orders {
            let (answer, what) = (&order.answer, describe(order));
            assert_eq!(answer.status, 202, "{what}");
            assert_eq!(answer.body["message"], CLOSED, "{what}");
            assert_eq!(answer.body["order"]["status"], "queued", "{what}");
            assert_eq!(answer.body.get("jwt"), None, "{what}");
            assert_eq!(answer.location, Some(format!("/api/order/{}", order.order_id)), "{what}");
            let seconds: Option<u64> = answer.retry_after.as_ref().and_then(|after| after.parse().ok());
            assert!(seconds.is_some_and(|seconds| seconds >= 1), "{what}");
            assert!(order.errors.is_empty() && order.broken == 0, "{what} only after errors");
            count += 1;
        }
        assert!(count >= ENOUGH, "only {count} orders while the kitchen was closed");
    }

    /// From the first moment that the circuit is seen open until the outage ends, calls are bounded by the
    /// probe schedule: counted by the service, and by the factory, which has no reason to flatter.
    pub fn the_factory_was_left_alone_but_for_probes(&self) {
        let (first, last) = self.open_phase();
        let probes = probes_within(last.answered - first.asked);
        // Calls that began before it opened, and end after.
        let in_flight = number("fulfilment.fresh_in_flight") + number("fulfilment.backlog_in_flight");
        let calls = last.factory_calls - first.factory_calls;
        assert!(calls <= probes + in_flight, "the service made {calls} calls, {probes} probes were due");
        let calls = self.calls_in_the_factory_s_log(first.answered, last.asked);
        assert!(calls <= probes + in_flight, "the factory got {calls} calls, {probes} probes were due");
        let orders = self.orders.iter();
        let orders = orders.filter(|order| order.begun >= first.asked && order.answered <= last.answered);
        let orders = orders.count() as u64;
        assert!(orders > 2 * (probes + in_flight), "only {orders} orders: this proves nothing");
    }

    /// Not one 5xx, not one connection that broke, but for those that the killed service took with it.
    pub fn nobody_saw_an_error(&self) {
        for order in &self.orders {
            assert!(order.errors.is_empty(), "{} after {:?}", describe(order), order.errors);
            assert!(self.kills || order.broken == 0, "{} broke {} times", describe(order), order.broken);
        }
        for miss in &self.seen.misses {
            let excused = self.times.service_was_killed_during(miss.begun, miss.ended);
            assert!(excused && miss.answer.is_none(), "{} missed: {miss:?}", miss.what);
        }
        assert!(self.seen.menus > 20 && self.seen.logins > 5, "hardly anybody looked");
    }

    /// Counterfeits came, and no diner saw one. (That what they did see was good is in the pizzas' problems.)
    pub fn no_diner_was_shown_a_counterfeit(&self) {
        let log = self.installation.logs().unwrap().service;
        assert!(log.contains(r#""kind":"bad_jwt""#), "the factory sold no counterfeits");
        for order in &self.orders {
            assert!(!order.answer.text.contains(r#""dead"#), "{}", describe(order));
        }
    }

    /// Orders that were at the factory when the service was killed were found again, by their lease.
    pub fn orders_in_flight_were_rescued(&self) {
        let log = self.installation.logs().unwrap().service;
        assert!(log.contains("rescued orders whose lease ran out"), "nothing was in flight");
        assert!(
            self.orders.iter().any(|order| order.broken > 0),
            "nobody noticed that the service was killed"
        );
    }

    /// Without it, a walk proves nothing.
    pub fn the_factory_did_fail(&self) {
        let log = self.installation.logs().unwrap().factory;
        assert!(log.contains(r#""status":500"#), "the factory never failed");
    }

    /// Neither in a log line, nor in an error, nor (the report link) in a diner's answer.
    pub fn no_secret_was_logged_or_shown(&self) {
        let logs = self.installation.logs().unwrap();
        assert!(logs.service.lines().count() > ENOUGH && logs.factory.lines().count() > ENOUGH);
        for secret in &self.secrets.secrets {
            for (what, log) in [("service", &logs.service), ("factory", &logs.factory)] {
                let line = log.find(secret.as_str()).map(|at| log[at..].lines().next());
                assert_eq!(line, None, "the log of the {what} holds the secret {secret}");
            }
            let shown = self.secrets.errors.iter().find(|error| error.text.contains(secret.as_str()));
            assert!(shown.is_none(), "{shown:?} holds the secret {secret}");
        }
        for order in self.orders.iter().filter(|order| order.key != "on-call") {
            let link = order.answer.body.get("followLinkToEndChaos");
            assert_eq!(link, None, "{}", describe(order));
        }
    }

    /// The factory gave its report link away, and the on-call engineer has it.
    pub fn the_on_call_engineer_got_the_report_link(&self) {
        assert!(self.secrets.report_link.is_some(), "no link, so no secret of it was looked for");
    }

    /// SIGTERM ends both processes with success, and nothing panicked meanwhile.
    pub async fn everything_ends_cleanly(self) {
        let logs = self.installation.logs().unwrap();
        assert!(!logs.service.contains("panicked at"), "the service panicked");
        assert!(!logs.factory.contains("panicked at"), "the factory panicked");
        self.installation.stop().await.unwrap();
    }

    fn kitchen_was(&self, state: &str) -> bool {
        self.seen.statuses.iter().any(|status| status.kitchen == state)
    }

    /// From the first time that the kitchen was seen closed until the last time within the outage.
    fn closed_phase(&self) -> (Instant, Instant) {
        let statuses = self.seen.statuses.iter().filter(|status| status.answered < self.times.chaos_until);
        let closed: Vec<_> = statuses.filter(|status| status.kitchen == "closed").collect();
        (closed.first().expect("the kitchen never closed").answered, closed.last().unwrap().asked)
    }

    /// The first and the last look at the metrics within the outage with the circuit not closed.
    fn open_phase(&self) -> (&Metrics, &Metrics) {
        let within = self.seen.metrics.iter().filter(|metrics| metrics.answered < self.times.chaos_until);
        let from: Vec<_> = within.skip_while(|metrics| metrics.circuit != "open").collect();
        let states: Vec<_> = from.iter().map(|metrics| metrics.circuit.as_str()).collect();
        assert!(!states.contains(&"closed"), "the circuit closed in the middle of the outage: {states:?}");
        (from.first().expect("the circuit never opened"), from.last().unwrap())
    }

    fn calls_in_the_factory_s_log(&self, from: Instant, to: Instant) -> u64 {
        let (from, to) = (self.times.wall_clock(from), self.times.wall_clock(to));
        let log = self.installation.logs().unwrap().factory;
        let calls = log.lines().filter(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let at: Timestamp = line["timestamp"].as_str().unwrap().parse().unwrap();
            line["method"] == "POST" && line["route"] == "/api/order" && from <= at && at <= to
        });
        calls.count() as u64
    }
}

/// How many probes an open circuit sends within this time, at most.
fn probes_within(time: Duration) -> u64 {
    let seconds = |key| setting(key).parse::<jiff::SignedDuration>().unwrap().as_secs_f64();
    let (mut open, longest) = (seconds("circuit.open"), seconds("circuit.open_max"));
    // The first open time may have been nearly over.
    let (mut probes, mut elapsed) = (1, 0.0);
    loop {
        open = f64::min(open * 2.0, longest);
        elapsed += open * (1.0 - JITTER);
        if elapsed > time.as_secs_f64() {
            return probes;
        }
        probes += 1;
    }
}

fn number(key: &str) -> u64 {
    setting(key).parse().unwrap()
}

fn setting(key: &str) -> &'static str {
    SETTINGS.iter().find(|(name, _)| *name == key).unwrap().1
}
