//! The built-in evaluator's way through the states.

use crate::{
    replay::{Replay, second, told, way},
    scenarios,
};
use State::{Alerting, Normal, Pending, Recovering};
use alerting::{Evaluation, Evaluator, Labels, Pace, PauseError, Reason, Rules, Snapshot, State, Transition};

/// Seconds of a time of day, after 10:00.
fn at(minutes: u64, seconds: u64) -> u64 {
    minutes * 60 + seconds
}

#[test]
fn the_outage_of_2_december_comes_out_as_the_incident_report_tells_it() {
    let seen = scenarios::second_of_december().evaluate();
    let expected = [
        (Normal, Pending, at(10, 30)),
        (Pending, Alerting, at(11, 30)),
        // Those who were short-circuited in the last minute of the outage still count at 22:30.
        (Alerting, Recovering, at(23, 0)),
        (Recovering, Normal, at(25, 0)),
    ];
    assert_eq!(way(&seen, "factory-success-rate"), expected);
    assert_eq!(way(&seen, "circuit-open")[2], (Alerting, Recovering, at(22, 30)));
    let told = told(&seen);
    assert_eq!(
        told,
        ["watchdog", "circuit-open", "factory-success-rate", "order-queue-growing", "order-queue-old"]
    );
}

#[test]
fn the_first_page_goes_out_within_90_seconds_whenever_the_outage_begins() {
    for begins in 600..630 {
        let seen = scenarios::outage("an outage", 13, begins).evaluate();
        let (_, _, paged) = way(&seen, "factory-success-rate")[1];
        assert!(paged - begins <= 90, "paged {} s after the first failed call", paged - begins);
    }
}

#[test]
fn the_alert_stays_while_the_circuit_is_open_and_nobody_calls() {
    let seen = scenarios::outage_without_diners().evaluate();
    let way = way(&seen, "factory-success-rate");
    assert_eq!(way[1], (Pending, Alerting, at(6, 30)));
    assert_eq!(way[2], (Alerting, Recovering, at(20, 30)));
}

#[test]
fn an_open_circuit_keeps_the_alert_without_a_single_call_not_even_a_probe() {
    let mut evaluator = Evaluator::new(Rules::all(Pace::REAL));
    let open = Snapshot::parse("pizza_circuit_state{state=\"open\"} 1\n").unwrap();
    for second in (0..=900).step_by(30) {
        let at = jiff::Timestamp::from_second(second).unwrap();
        evaluator.record(at, &open);
        evaluator.evaluate(at);
        let success = evaluator.instances().find(|instance| instance.rule == "factory-success-rate");
        let expected = if second < 60 { Pending } else { Alerting };
        assert_eq!(success.map(|instance| instance.state), Some(expected), "after {second} s");
    }
}

#[test]
fn a_look_that_comes_a_millisecond_early_costs_no_whole_evaluation() {
    let mut evaluator = Evaluator::new(Rules::all(Pace::REAL));
    let open = Snapshot::parse("pizza_circuit_state{state=\"open\"} 1\n").unwrap();
    let mut evaluate = |millisecond: i64| {
        let at = jiff::Timestamp::from_millisecond(millisecond).unwrap();
        evaluator.record(at, &open);
        evaluator.evaluate(at);
        let success = evaluator.instances().find(|instance| instance.rule == "factory-success-rate").unwrap();
        (success.state, evaluator.next_change().map(jiff::Timestamp::as_millisecond))
    };
    assert_eq!(evaluate(0), (Pending, Some(30_000)), "\"Circuit open\" has the shortest period");
    assert_eq!(evaluate(30_000), (Pending, Some(60_000)));
    assert_eq!(evaluate(59_999), (Pending, Some(60_000)));
    assert_eq!(evaluate(60_000), (Alerting, None), "nothing that is Alerting waits for a period to end");
}

#[test]
fn a_flapping_rule_tells_people_once() {
    let seen = scenarios::flapping().evaluate();
    let way = way(&seen, "factory-success-rate");
    assert!(way.iter().filter(|step| step.1 == Recovering).count() > 3, "{way:?}");
    assert_eq!(told(&seen), ["watchdog", "factory-success-rate"]);
    let ends = seen.iter().flat_map(|seen| &seen.transitions).filter(|transition| transition.ends_alert());
    assert_eq!(ends.count(), 1);
}

#[test]
fn no_traffic_is_no_failure_and_silence_after_orders_is_one() {
    let seen = scenarios::no_traffic().evaluate();
    assert_eq!(way(&seen, "factory-success-rate"), []);
    let expected =
        [(Normal, Pending, at(85, 0)), (Pending, Alerting, at(90, 0)), (Alerting, Normal, at(120, 0))];
    assert_eq!(way(&seen, "no-orders"), expected);
}

#[test]
fn an_instance_has_its_labels_its_value_and_its_own_state() {
    let seen = scenarios::one_of_two_instances().evaluate();
    let open: Vec<&Transition> =
        seen.iter().flat_map(|seen| &seen.transitions).filter(|step| step.rule == "circuit-open").collect();
    assert!(open.iter().all(|step| step.labels == Labels::from([("instance", "b:9000")])), "{open:?}");
    assert_eq!(open.last().map(|step| step.to), Some(Normal), "an instance that left is over");

    let slow = scenarios::slow().evaluate();
    let slow: Vec<&Transition> =
        slow.iter().flat_map(|seen| &seen.transitions).filter(|step| step.rule == "latency").collect();
    assert!(slow.iter().all(|step| step.labels == Labels::from([("http_route", "/api/order/menu")])));
    assert!(slow.iter().all(|step| step.value > 1.0), "{slow:?}");
}

#[test]
fn three_of_an_hour_are_enough_to_page_and_two_are_not() {
    let seen = scenarios::intake_failing().evaluate();
    assert_eq!(told(&seen), ["watchdog", "order-intake-failing"]);
}

#[test]
fn metrics_without_an_instance_are_evaluated_as_well() {
    let mut evaluator = Evaluator::new(Rules::built_in(Pace::REAL));
    let text = "pizza_circuit_state{state=\"open\"} 1\npizza_circuit_state{state=\"closed\"} 0\n";
    let snapshot = Snapshot::parse(text).unwrap();
    let states = [0, 30, 60].map(|now| {
        evaluator.record(second(now), &snapshot);
        evaluator.evaluate(second(now));
        let status = evaluator.status();
        [status[0].state, status[1].state]
    });
    assert_eq!(states, [[Pending, Pending], [Pending, Alerting], [Alerting, Alerting]]);
    let status = evaluator.status();
    assert_eq!((status[0].rule.id, status[1].rule.id), ("factory-success-rate", "circuit-open"));
    assert_eq!(status[1].instances[0].labels, Labels::none());
}

/// An evaluator whose circuit is open, after these evaluations.
fn with_open_circuit(evaluations: &[u64]) -> (Evaluator, Vec<Evaluation>) {
    let mut evaluator = Evaluator::new(Rules::built_in(Pace::REAL));
    let seen = evaluations.iter().map(|now| evaluate_open(&mut evaluator, *now)).collect();
    (evaluator, seen)
}

fn evaluate_open(evaluator: &mut Evaluator, now: u64) -> Evaluation {
    let mut snapshot = Snapshot::new();
    snapshot.add("pizza_circuit_state", Labels::from([("state", "open")]), 1.0);
    evaluator.record(second(now), &snapshot);
    evaluator.evaluate(second(now))
}

fn steps(transitions: &[Transition]) -> Vec<(&str, State, State)> {
    transitions.iter().map(|step| (step.rule.as_str(), step.from, step.to)).collect()
}

#[test]
fn a_pause_ends_by_itself_and_is_said_at_every_evaluation() {
    let (mut evaluator, _) = with_open_circuit(&[0, 30, 60]);
    let stopped = evaluator.pause("Circuit open", second(70), second(130)).unwrap();
    assert_eq!(steps(&stopped), [("circuit-open", Alerting, Normal)]);
    assert_eq!(stopped[0].reason, Reason::Paused);

    for now in [90, 120] {
        let seen = evaluate_open(&mut evaluator, now);
        assert_eq!(seen.transitions, []);
        assert_eq!(seen.paused.len(), 1, "it is said each time");
        assert_eq!((seen.paused[0].rule.as_str(), seen.paused[0].until), ("circuit-open", second(130)));
        assert_eq!(evaluator.status()[1].paused_until, Some(second(130)));
    }
    let seen = evaluate_open(&mut evaluator, 150);
    assert_eq!(
        (seen.resumed.as_slice(), seen.paused.as_slice()),
        (["circuit-open"].as_slice(), [].as_slice())
    );
    assert_eq!(steps(&seen.transitions), [("circuit-open", Normal, Pending)]);
    assert_eq!(steps(&evaluate_open(&mut evaluator, 180).transitions), [("circuit-open", Pending, Alerting)]);
}

#[test]
fn a_pause_can_be_ended_early() {
    let (mut evaluator, _) = with_open_circuit(&[0]);
    evaluator.pause("circuit-open", second(0), second(3600)).unwrap();
    assert!(evaluator.resume("circuit-open"));
    assert!(!evaluator.resume("circuit-open"));
    assert_eq!(steps(&evaluate_open(&mut evaluator, 30).transitions), [("circuit-open", Normal, Pending)]);
}

#[test]
fn a_pause_has_an_end_within_a_day() {
    let (mut evaluator, _) = with_open_circuit(&[0]);
    let mut pause = |rule, until| evaluator.pause(rule, second(1000), second(until)).map(|_| ());
    assert_eq!(pause("circuit-open", 1000), Err(PauseError::NotInFuture));
    assert_eq!(pause("circuit-open", 1000 + 86_401), Err(PauseError::TooLong));
    assert_eq!(pause("circuit-open", 1000 + 86_400), Ok(()));
    assert_eq!(pause("no such rule", 2000), Err(PauseError::NoSuchRule));
    assert_eq!(PauseError::TooLong.to_string(), "a pause lasts 24 hours at most");
}

#[test]
fn a_restart_goes_on_where_it_was_and_tells_nobody_twice() {
    let (before, _) = with_open_circuit(&[0, 30, 60]);
    let stored = serde_json::to_string(&before.instances().collect::<Vec<_>>()).unwrap();
    let mut after = Evaluator::new(Rules::built_in(Pace::REAL));
    after.restore(serde_json::from_str::<Vec<alerting::Instance>>(&stored).unwrap());
    assert_eq!(evaluate_open(&mut after, 90).transitions, []);
    assert_eq!(after.status()[1].state, Alerting);
    assert_eq!(after.status()[1].instances[0].since, second(0));
}

#[test]
fn a_clock_that_is_set_back_delays_an_alert_and_does_not_lose_it() {
    let (mut evaluator, _) = with_open_circuit(&[7200]);
    assert_eq!(evaluate_open(&mut evaluator, 0).transitions, []);
    assert_eq!(steps(&evaluate_open(&mut evaluator, 30).transitions), [("circuit-open", Pending, Alerting)]);
}

#[test]
fn the_watchdog_fires_from_the_first_evaluation_on_and_never_stops() {
    let replay = Replay::of("nothing at all", 5, |world, _| world.vanish());
    let seen = replay.evaluate();
    assert_eq!(way(&seen, "watchdog"), [(Normal, Alerting, 0)]);
}

#[test]
fn a_rehearsal_takes_as_many_evaluations_as_the_real_thing() {
    let mut evaluator = Evaluator::new(Rules::built_in(Pace::faster(30)));
    let ways: Vec<_> = (0..=2).flat_map(|now| evaluate_open(&mut evaluator, now).transitions).collect();
    let success: Vec<_> = ways.into_iter().filter(|step| step.rule == "factory-success-rate").collect();
    assert_eq!(
        steps(&success),
        [("factory-success-rate", Normal, Pending), ("factory-success-rate", Pending, Alerting)]
    );
    assert_eq!(success[1].at, second(2));
}
