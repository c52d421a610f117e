//! What is long is cut, and said to be; no fact is too strange.

use crate::scenarios::{event, second_of_december};
use domain::{CallTally, IncidentEventKind as Kind, OrderTally};
use incident_report::{MAX_LINES, write};
use jiff::Timestamp;

fn timeline(report: &str) -> Vec<&str> {
    let lines = report.lines().skip_while(|line| *line != "## Timeline").skip(3);
    lines.take_while(|line| line.starts_with('*')).collect()
}

#[test]
fn a_long_timeline_leaves_its_middle_out_and_says_so() {
    let mut facts = second_of_december();
    for place in 0..1_000 {
        facts.events.push(event("10:15:00", &place.to_string(), Kind::Metric, "a metric moved"));
    }
    let report = write(&facts);
    let lines = timeline(&report);
    assert_eq!(lines.len(), MAX_LINES);
    assert!(lines[0].contains("10:10:04") && lines[MAX_LINES - 1].contains("The incident closed"));
    let left_out = lines.iter().find(|line| line.contains("left out")).unwrap();
    // 20 lines of the outage itself, 1,000 metrics, and one line in the place of what is left out.
    let told = timeline(&write(&second_of_december())).len();
    assert_eq!(*left_out, format!("* *{} lines left out here.*", told + 1_000 - (MAX_LINES - 1)));
}

#[test]
fn the_changes_of_a_circuit_are_one_line() {
    let report = write(&second_of_december());
    let circuit: Vec<&str> = timeline(&report).into_iter().filter(|line| line.contains("circuit")).collect();
    assert_eq!(
        circuit,
        [
            "* **10:10:07** - The circuit opened after 5 failures in a row: calls stop, orders are queued.",
            "* **10:10:12 to 10:22:04** - The circuit let probes through 16 times, and opened again 15 times.",
            "* **10:22:07** - The circuit closed: calls go on.",
        ]
    );
}

#[test]
fn a_few_changes_of_a_circuit_are_told_one_by_one() {
    let mut facts = second_of_december();
    facts.events.retain(|event| {
        !matches!(event.kind, Kind::CircuitOpened | Kind::CircuitProbing | Kind::CircuitClosed)
    });
    for (clock, kind) in ["10:10:07", "10:10:12", "10:10:13", "10:10:22", "10:10:23"].iter().zip([
        Kind::CircuitOpened,
        Kind::CircuitProbing,
        Kind::CircuitOpened,
        Kind::CircuitProbing,
        Kind::CircuitClosed,
    ]) {
        facts.events.push(event(clock, clock, kind, &format!("circuit {kind}")));
    }
    let report = write(&facts);
    assert_eq!(timeline(&report).iter().filter(|line| line.contains("circuit circuit")).count(), 5);
}

#[test]
fn no_fact_is_too_strange_to_be_written_down() {
    let mut facts = second_of_december();
    facts.calls = flood();
    facts.orders = OrderTally {
        placed: u64::MAX,
        fulfilled_at_once: u64::MAX,
        fulfilled_later: u64::MAX,
        waiting: u64::MAX,
        quarantined: u64::MAX,
        rejected: u64::MAX,
        cancelled: u64::MAX,
        lost: u64::MAX,
        longest_seconds: u64::MAX,
    };
    facts.at_once_seconds = u64::MAX;
    facts.incident.began_at = Timestamp::MAX;
    facts.incident.closed_at = Some(Timestamp::MIN);
    facts.incident.opened_at = Timestamp::MIN;
    let report = write(&facts);
    assert_eq!(report.matches("\n## ").count(), 8);
    facts.events.clear();
    facts.orders = OrderTally::default();
    facts.calls = CallTally::default();
    assert_eq!(write(&facts).matches("\n## ").count(), 8);
}

/// As many calls as their sum can hold.
fn flood() -> CallTally {
    CallTally {
        failure: u64::MAX / 4,
        short_circuited: u64::MAX,
        accepted: u64::MAX,
        errors: u64::MAX,
        ..CallTally::default()
    }
}
