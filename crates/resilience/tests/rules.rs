//! The circuit's rules, one test each, told as stories.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use resilience::{Circuit, CircuitConfig, Event, Mode, OpenReason, Permit, Refused, State};

/// A circuit with a clock that the test moves and a listener that writes down what it hears.
struct Story {
    circuit: Arc<Circuit>,
    now: Instant,
    heard: Arc<Mutex<Vec<Event>>>,
}

/// The default parameters, without jitter.
fn steady() -> CircuitConfig {
    CircuitConfig { jitter: 0.0, ..CircuitConfig::default() }
}

fn seconds(s: f64) -> Duration {
    Duration::from_secs_f64(s)
}

impl Story {
    fn new(config: CircuitConfig) -> Self {
        config.validate().unwrap();
        let (now, heard) = (Instant::now(), Arc::new(Mutex::new(Vec::new())));
        let notes = Arc::clone(&heard);
        let circuit = Circuit::new(config, now, 7, move |event| notes.lock().unwrap().push(event.clone()));
        Self { circuit, now, heard }
    }

    fn wait(&mut self, s: f64) {
        self.now += seconds(s);
    }

    fn permit(&self) -> Permit {
        self.circuit.acquire(self.now).unwrap()
    }

    fn refusal(&self) -> Refused {
        self.circuit.acquire(self.now).unwrap_err()
    }

    fn succeed(&self, times: u32) {
        (0..times).for_each(|_| self.permit().succeed(self.now));
    }

    fn fail(&self, times: u32) {
        (0..times).for_each(|_| self.permit().fail(self.now, None));
    }

    fn tick(&self) -> Option<Instant> {
        self.circuit.tick(self.now)
    }

    fn state(&self) -> State {
        self.circuit.snapshot().state
    }

    fn degraded(&self) -> bool {
        self.circuit.snapshot().degraded
    }

    /// Opens it by failures in a row, and waits until it is half-open.
    fn half_open(config: CircuitConfig) -> Self {
        let mut story = Self::new(config);
        story.fail(5);
        story.wait(5.0);
        story.tick();
        assert_eq!(story.state(), State::HalfOpen);
        story
    }

    /// Ten calls in flight, all of which have just passed the slow threshold.
    fn ten_slow_calls(&self) -> Vec<Permit> {
        let mut permits: Vec<_> = (0..10).map(|_| self.permit()).collect();
        permits.iter_mut().for_each(|permit| permit.slow(self.now));
        permits
    }

    fn heard(&self) -> Vec<Event> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

#[test]
fn five_failures_in_a_row_open_it() {
    let story = Story::new(steady());
    story.fail(4);
    assert_eq!(story.state(), State::Closed);
    story.fail(1);
    assert_eq!(story.state(), State::Open);
    assert_eq!(
        story.heard(),
        [Event::Opened {
            generation: 1,
            at: story.now,
            reason: OpenReason::ConsecutiveFailures(5),
            open_for: seconds(5.0)
        }]
    );
}

#[test]
fn a_row_of_failures_counts_however_far_apart_they_are() {
    let mut story = Story::new(steady());
    for _ in 0..5 {
        story.fail(1);
        story.wait(600.0);
    }
    assert_eq!(story.state(), State::Open);
}

#[test]
fn a_success_ends_a_row_of_failures_and_a_neutral_result_does_not() {
    let story = Story::new(steady());
    story.fail(4);
    story.permit().neutral(story.now);
    assert_eq!(story.circuit.snapshot().consecutive_failures, 4);
    story.succeed(1);
    assert_eq!(story.circuit.snapshot().consecutive_failures, 0);
    story.fail(4);
    assert_eq!(story.state(), State::Closed);
    story.permit().neutral(story.now);
    story.fail(1);
    assert_eq!(story.state(), State::Open);
}

#[test]
fn half_the_windows_calls_failing_open_it_but_only_from_ten_calls_on() {
    let story = Story::new(steady());
    for _ in 0..4 {
        story.fail(1);
        story.succeed(1);
    }
    story.succeed(1);
    assert_eq!(story.circuit.snapshot().calls, 9);
    assert_eq!(story.state(), State::Closed, "4 of 9, and too few to tell");
    story.fail(1);
    assert_eq!(story.heard().len(), 1, "5 of 10");
    assert_eq!(story.state(), State::Open);
}

#[test]
fn the_failure_rate_is_given_as_the_reason() {
    let story = Story::new(steady());
    story.succeed(4);
    story.fail(3);
    story.succeed(1);
    story.fail(2);
    let [Event::Opened { reason, .. }] = story.heard()[..] else { panic!("expected one opening") };
    assert_eq!(reason, OpenReason::FailureRate { failures: 5, calls: 10 });
}

#[test]
fn failures_older_than_the_window_are_forgotten() {
    let mut story = Story::new(steady());
    for _ in 0..4 {
        story.fail(1);
        story.succeed(1);
    }
    story.wait(30.0);
    story.succeed(6);
    story.fail(4);
    assert_eq!(story.circuit.snapshot().calls, 10);
    assert_eq!(story.state(), State::Closed, "4 of 10; with the old ones it would be 8 of 18 and then 9");
}

#[test]
fn neutral_results_are_no_part_of_the_failure_rate() {
    let story = Story::new(steady());
    for _ in 0..100 {
        story.permit().neutral(story.now);
    }
    assert_eq!(story.circuit.snapshot().calls, 0);
    assert_eq!(story.heard(), []);
}

#[test]
fn an_open_circuit_refuses_until_the_timer_ticks_even_when_its_time_is_up() {
    let mut story = Story::new(steady());
    story.fail(5);
    assert_eq!(story.refusal().retry_in, seconds(5.0));
    story.wait(4.0);
    assert_eq!(story.refusal().retry_in, seconds(1.0));
    assert_eq!(story.tick(), Some(story.now + seconds(1.0)), "too early, come back");
    assert_eq!(story.circuit.snapshot().reopen_at, Some(story.now + seconds(1.0)));
    story.wait(60.0);
    assert_eq!(story.refusal().retry_in, Duration::ZERO);
    assert_eq!(story.state(), State::Open);
    story.tick();
    assert_eq!(story.state(), State::HalfOpen);
}

#[test]
fn half_open_lets_one_probe_through_then_three_then_closes() {
    let story = Story::half_open(steady());
    let first = story.permit();
    assert!(first.is_probe());
    assert_eq!(story.refusal().retry_in, seconds(5.0));
    first.succeed(story.now);
    let three = [story.permit(), story.permit(), story.permit()];
    story.refusal();
    for probe in three {
        assert_eq!(story.state(), State::HalfOpen);
        probe.succeed(story.now);
    }
    assert_eq!(story.state(), State::Closed);
    assert!(matches!(
        story.heard()[..],
        [
            Event::Opened { generation: 1, .. },
            Event::HalfOpened { generation: 2, .. },
            Event::Closed { generation: 3, .. }
        ]
    ));
}

#[test]
fn half_open_closes_by_itself_when_the_first_probe_succeeded_and_nobody_asks_for_more() {
    let mut story = Story::half_open(steady());
    story.succeed(1);
    assert_eq!(story.tick(), Some(story.now + seconds(5.0)), "quiet for the open time");
    story.wait(4.9);
    story.tick();
    assert_eq!(story.state(), State::HalfOpen);
    story.wait(0.1);
    story.tick();
    assert_eq!(story.state(), State::Closed);
}

#[test]
fn half_open_stays_while_nothing_has_succeeded_or_a_probe_is_out() {
    let mut story = Story::half_open(steady());
    story.wait(3600.0);
    assert_eq!(story.tick(), None, "unproven");
    story.succeed(1);
    let probe = story.permit();
    story.wait(30.0);
    story.tick();
    assert_eq!(story.state(), State::HalfOpen, "a probe is out");
    probe.fail(story.now, None);
    assert_eq!(story.state(), State::Open);
}

#[test]
fn a_place_in_the_second_round_is_not_given_out_again_after_a_success() {
    let story = Story::half_open(steady());
    story.succeed(1);
    let waiting = [story.permit(), story.permit()];
    story.succeed(1);
    story.refusal();
    drop(waiting);
    assert_eq!(story.circuit.snapshot().probes_outstanding, 0);
    story.succeed(2);
    assert_eq!(story.state(), State::Closed);
}

#[test]
fn a_failed_probe_of_either_round_reopens_for_twice_as_long() {
    let mut story = Story::half_open(steady());
    story.fail(1);
    assert_eq!(story.circuit.snapshot().reopen_at, Some(story.now + seconds(10.0)));
    story.wait(10.0);
    story.tick();
    story.succeed(3);
    story.fail(1);
    assert_eq!(story.circuit.snapshot().reopen_at, Some(story.now + seconds(20.0)));
    assert!(story.heard().iter().any(|e| matches!(e, Event::Opened { reason: OpenReason::ProbeFailed, .. })));
}

#[test]
fn the_open_time_doubles_to_its_maximum_and_starts_afresh_once_closed() {
    let mut story = Story::new(steady());
    let mut open_times = Vec::new();
    story.fail(5);
    for _ in 0..6 {
        let open_for = story.circuit.snapshot().reopen_at.unwrap() - story.now;
        open_times.push(open_for.as_secs());
        story.now += open_for;
        story.tick();
        story.fail(1);
    }
    assert_eq!(open_times, [5, 10, 20, 40, 60, 60]);

    story.wait(60.0);
    story.tick();
    story.succeed(4);
    assert_eq!(story.state(), State::Closed);
    story.fail(5);
    assert_eq!(story.refusal().retry_in, seconds(5.0));
}

#[test]
fn jitter_stays_within_its_share_and_spreads() {
    let open_times: Vec<f64> = (0..500)
        .map(|seed| {
            let now = Instant::now();
            let circuit = Circuit::new(CircuitConfig::default(), now, seed, |_| {});
            (0..5).for_each(|_| circuit.acquire(now).unwrap().fail(now, None));
            circuit.acquire(now).unwrap_err().retry_in.as_secs_f64()
        })
        .collect();
    assert!(open_times.iter().all(|s| (4.0..=6.0).contains(s)));
    assert!(open_times.iter().any(|s| *s < 4.2) && open_times.iter().any(|s| *s > 5.8));
}

#[test]
fn retry_after_makes_the_open_time_longer_never_shorter_and_is_capped() {
    for (asked, open_for) in [(1, 5.0), (30, 30.0), (86_400, 60.0)] {
        let story = Story::new(steady());
        story.fail(4);
        story.permit().fail(story.now, Some(Duration::from_secs(asked)));
        assert_eq!(story.refusal().retry_in, seconds(open_for), "asked for {asked} s");
    }
}

#[test]
fn retry_after_of_an_earlier_failure_of_the_row_counts_from_when_it_was_said() {
    let mut story = Story::new(steady());
    story.permit().fail(story.now, Some(seconds(30.0)));
    story.wait(10.0);
    story.fail(4);
    assert_eq!(story.refusal().retry_in, seconds(20.0));
}

#[test]
fn retry_after_is_forgotten_after_a_success() {
    let story = Story::new(steady());
    story.permit().fail(story.now, Some(seconds(30.0)));
    story.succeed(1);
    story.fail(5);
    assert_eq!(story.refusal().retry_in, seconds(5.0));
}

#[test]
fn retry_after_of_a_probe_is_honoured() {
    let story = Story::half_open(steady());
    story.permit().fail(story.now, Some(seconds(45.0)));
    assert_eq!(story.refusal().retry_in, seconds(45.0));
}

#[test]
fn a_dropped_or_neutral_probe_gives_its_place_back_and_decides_nothing() {
    let story = Story::half_open(steady());
    drop(story.permit());
    story.permit().neutral(story.now);
    let before = story.circuit.snapshot();
    assert_eq!((before.state, before.probes_outstanding), (State::HalfOpen, 0));
    story.succeed(1);
    let _second_round = [story.permit(), story.permit(), story.permit()];
}

#[test]
fn a_probe_that_takes_too_long_loses_its_place_and_its_voice() {
    let mut story = Story::half_open(steady());
    let stuck = story.permit();
    assert_eq!(story.tick(), Some(story.now + seconds(60.0)));
    story.wait(59.9);
    story.tick();
    story.refusal();
    story.wait(0.1);
    assert_eq!(story.tick(), None);
    let fresh = story.permit();
    stuck.fail(story.now, None);
    assert_eq!(story.state(), State::HalfOpen, "the late failure is not news");
    assert_eq!(story.circuit.snapshot().probes_outstanding, 1, "and takes nobody else's place");
    fresh.succeed(story.now);
    let _second_round = [story.permit(), story.permit(), story.permit()];
}

#[test]
fn a_result_from_before_it_opened_is_not_news() {
    let mut story = Story::new(steady());
    let mut early: Vec<_> = (0..20).map(|_| story.permit()).collect();
    story.fail(5);
    let open = story.circuit.snapshot();
    early.pop().unwrap().succeed(story.now);
    early.pop().unwrap().fail(story.now, Some(seconds(50.0)));
    assert_eq!(story.circuit.snapshot(), open);

    story.wait(5.0);
    story.tick();
    let half_open = story.circuit.snapshot();
    early.pop().unwrap().fail(story.now, None);
    early.pop().unwrap().succeed(story.now);
    assert_eq!(story.circuit.snapshot(), half_open);

    story.succeed(4);
    let closed = story.circuit.snapshot();
    early.last_mut().unwrap().slow(story.now);
    for late in early {
        late.fail(story.now, None);
    }
    assert_eq!(story.circuit.snapshot(), closed);
    assert_eq!(closed.state, State::Closed);
}

#[test]
fn it_closes_with_a_fresh_window() {
    let mut story = Story::new(steady());
    story.succeed(6);
    story.fail(5);
    story.wait(5.0);
    story.tick();
    story.succeed(4);
    let snapshot = story.circuit.snapshot();
    assert_eq!((snapshot.calls, snapshot.failures, snapshot.consecutive_failures), (0, 0, 0));
}

#[test]
fn slow_calls_degrade_it_while_they_are_still_in_flight_and_stop_nothing() {
    let story = Story::new(steady());
    let mut calls: Vec<_> = (0..10).map(|_| story.permit()).collect();
    for call in &mut calls[..9] {
        call.slow(story.now);
        call.slow(story.now);
    }
    assert_eq!(story.circuit.snapshot().slow, 9, "each is counted once");
    assert!(!story.degraded(), "too few to tell");
    calls[9].slow(story.now);
    assert_eq!(story.heard(), [Event::Degraded { generation: 0, at: story.now, slow: 10, calls: 10 }]);
    assert_eq!(story.state(), State::Closed);
    drop(story.permit());
}

#[test]
fn eight_slow_calls_of_ten_are_degraded_and_seven_are_not() {
    for (slow, degraded) in [(7, false), (8, true)] {
        let story = Story::new(steady());
        story.succeed(10 - slow);
        let mut calls: Vec<_> = (0..slow).map(|_| story.permit()).collect();
        calls.iter_mut().for_each(|call| call.slow(story.now));
        assert_eq!(story.degraded(), degraded, "{slow} of 10");
    }
}

#[test]
fn degraded_does_not_begin_a_generation_so_the_slow_results_still_count() {
    let story = Story::new(steady());
    for call in story.ten_slow_calls() {
        call.succeed(story.now);
    }
    let snapshot = story.circuit.snapshot();
    assert_eq!((snapshot.generation, snapshot.calls, snapshot.slow), (0, 10, 10));
}

#[test]
fn fast_calls_end_a_degradation_when_they_outweigh_the_slow_ones() {
    let story = Story::new(steady());
    let calls = story.ten_slow_calls();
    story.succeed(2);
    assert!(story.degraded(), "10 of 12");
    story.succeed(1);
    assert!(!story.degraded(), "10 of 13");
    assert!(matches!(story.heard()[..], [Event::Degraded { .. }, Event::Recovered { .. }]));
    drop(calls);
}

#[test]
fn degraded_does_not_flip_while_slow_calls_are_in_flight_however_long_they_take() {
    let mut story = Story::new(steady());
    let mut calls = story.ten_slow_calls();
    for _ in 0..40 {
        story.wait(3.0);
        assert!(story.tick().is_some(), "there is something to wait for");
        calls.remove(0).succeed(story.now);
        let mut call = story.permit();
        call.slow(story.now);
        calls.push(call);
    }
    assert!(story.degraded());
    assert_eq!(story.heard().len(), 1);
}

#[test]
fn slow_calls_that_end_in_part_or_age_in_part_do_not_end_a_degradation_by_themselves() {
    let mut story = Story::new(steady());
    let mut calls = story.ten_slow_calls();
    story.succeed(2);
    let last = calls.pop().unwrap();
    drop(calls);
    assert!(story.degraded(), "1 of 3, but no fast call has ended since");
    story.wait(30.0);
    story.tick();
    assert!(story.degraded(), "one is still in flight");
    last.succeed(story.now);
    story.wait(26.9);
    story.tick();
    assert!(story.degraded(), "one has ended within the window");
    story.wait(3.1);
    assert_eq!(story.tick(), None);
    assert!(!story.degraded());
}

#[test]
fn a_degradation_whose_slow_calls_were_all_abandoned_ends_with_the_next_tick() {
    let mut story = Story::new(steady());
    drop(story.ten_slow_calls());
    assert!(story.degraded());
    story.wait(0.1);
    story.tick();
    assert!(!story.degraded());
}

#[test]
fn opening_ends_a_degradation_with_one_event() {
    let story = Story::new(steady());
    let calls = story.ten_slow_calls();
    story.heard();
    story.fail(5);
    assert!(matches!(story.heard()[..], [Event::Opened { .. }]));
    assert!(!story.degraded());
    drop(calls);
    assert_eq!(story.circuit.snapshot().slow, 0);
}

#[test]
fn a_slow_probe_is_still_a_probe() {
    let story = Story::half_open(steady());
    let mut probe = story.permit();
    probe.slow(story.now);
    assert!(!story.degraded());
    probe.succeed(story.now);
    assert_eq!(story.circuit.snapshot().slow, 0);
    story.succeed(3);
    assert_eq!(story.state(), State::Closed);
}

#[test]
fn forced_open_refuses_everything_until_it_is_given_back_half_open() {
    let mut story = Story::new(steady());
    let early = story.permit();
    story.circuit.set_mode(Mode::ForcedOpen, story.now);
    early.succeed(story.now);
    story.wait(3600.0);
    assert_eq!(story.tick(), None);
    assert_eq!(story.refusal().retry_in, seconds(60.0));
    assert_eq!(story.circuit.snapshot().reopen_at, None);

    story.circuit.set_mode(Mode::Automatic, story.now);
    assert_eq!(story.state(), State::HalfOpen);
    story.fail(1);
    assert_eq!(story.refusal().retry_in, seconds(5.0));
}

#[test]
fn forced_closed_lets_everything_through_and_never_opens_until_it_is_given_back_afresh() {
    let mut story = Story::new(steady());
    story.fail(5);
    story.circuit.set_mode(Mode::ForcedClosed, story.now);
    story.fail(100);
    assert_eq!(story.state(), State::Closed);
    assert_eq!(story.circuit.snapshot().consecutive_failures, 100);

    story.wait(1.0);
    story.circuit.set_mode(Mode::Automatic, story.now);
    story.fail(4);
    assert_eq!(story.state(), State::Closed);
    story.fail(1);
    assert_eq!(story.refusal().retry_in, seconds(5.0), "the doubling starts afresh, too");
}

#[test]
fn a_change_of_mode_is_one_event_and_no_change_is_none() {
    let story = Story::new(steady());
    story.circuit.set_mode(Mode::Automatic, story.now);
    assert_eq!(story.heard(), []);
    story.circuit.set_mode(Mode::ForcedOpen, story.now);
    story.circuit.set_mode(Mode::ForcedOpen, story.now);
    let at = story.now;
    assert_eq!(
        story.heard(),
        [Event::ModeChanged { generation: 1, at, mode: Mode::ForcedOpen, state: State::Open }]
    );
}

#[test]
fn the_seed_decides_the_jitter() {
    let open_time = |seed| {
        let now = Instant::now();
        let circuit = Circuit::new(CircuitConfig::default(), now, seed, |_| {});
        (0..5).for_each(|_| circuit.acquire(now).unwrap().fail(now, None));
        circuit.acquire(now).unwrap_err().retry_in
    };
    assert_eq!(open_time(3), open_time(3));
    assert_ne!(open_time(3), open_time(4));
}

/// The outage of the incident report: twelve minutes in which every call fails, and a caller that takes every chance.
#[test]
fn twelve_minutes_of_total_outage_cost_at_most_25_calls() {
    for seed in 0..200 {
        let start = Instant::now();
        let circuit = Circuit::new(CircuitConfig::default(), start, seed, |_| {});
        let mut calls = 0;
        for tenth in 0..=7200 {
            let now = start + Duration::from_millis(tenth * 100);
            circuit.tick(now);
            while let Ok(permit) = circuit.acquire(now) {
                calls += 1;
                permit.fail(now, None);
            }
        }
        assert!((5..=25).contains(&calls), "{calls} calls with seed {seed}");
    }
}

#[test]
fn a_clock_that_runs_backwards_does_no_harm() {
    let mut story = Story::new(steady());
    story.wait(100.0);
    story.succeed(3);
    story.now -= seconds(90.0);
    story.succeed(3);
    story.fail(5);
    story.tick();
    story.wait(5.0);
    story.tick();
    assert_eq!(story.state(), State::HalfOpen);
}

#[test]
fn absurd_parameters_do_not_panic() {
    let config = CircuitConfig {
        consecutive_failures: 0,
        failure_rate: f64::NAN,
        window: Duration::ZERO,
        minimum_calls: 0,
        slow_rate: f64::NEG_INFINITY,
        open: Duration::MAX,
        open_max: Duration::MAX,
        jitter: f64::INFINITY,
        probes: [0, u32::MAX],
        permit_max_age: Duration::MAX,
    };
    assert!(config.validate().is_err());
    let now = Instant::now();
    for (window, open) in [(Duration::ZERO, Duration::MAX), (Duration::MAX, Duration::ZERO)] {
        let config = CircuitConfig { window, open, ..config.clone() };
        let circuit = Circuit::new(config, now, 0, |_| {});
        for mode in [Mode::Automatic, Mode::ForcedOpen, Mode::Automatic, Mode::ForcedClosed] {
            circuit.set_mode(mode, now);
            for second in 0..5 {
                let then = now + Duration::from_secs(second * 1000);
                if let Ok(mut permit) = circuit.acquire(then) {
                    permit.slow(then);
                    permit.fail(then, Some(Duration::MAX));
                }
                circuit.tick(then);
            }
        }
        assert_eq!(circuit.snapshot().mode, Mode::ForcedClosed);
    }
}
