//! The report of 2 December against the one that people wrote: fact by fact.

use crate::scenarios::{at, second_of_december};
use domain::{Acknowledgement, Incident};
use incident_report::{summary_line, write};

fn section<'a>(report: &'a str, title: &str) -> &'a str {
    let from = report.find(&format!("\n## {title}\n")).unwrap();
    let rest = &report[from + 4..];
    rest.find("\n## ").map_or(rest, |to| &rest[..to])
}

fn says(report: &str, title: &str, facts: &[&str]) {
    let section = section(report, title);
    for fact in facts {
        assert!(section.contains(fact), "{title} does not say {fact:?}:\n{section}");
    }
}

#[test]
fn every_fact_of_the_report_that_people_wrote_is_there() {
    let report = write(&second_of_december());
    for fact in ["* **Date:** December 2, 2025", "* **Status:** Resolved", "* **Duration:** 12 min"] {
        assert!(report.contains(fact), "{fact}");
    }
    says(
        &report,
        "Summary",
        &["December 2, 2025", "10:10", "10:22", "12 min", "chaos testing", "without anybody having acted"],
    );
    says(
        &report,
        "Detection",
        &[
            "\"Pizza Factory Success Rate %\"",
            "Pending at 10:10:30",
            "Alerting at 10:11:30",
            "HTTP 500",
            "`on-call`",
        ],
    );
    says(&report, "Impact", &["46", "no diner saw an error"]);
    says(
        &report,
        "Timeline",
        &[
            "* **10:10:30** - \"Pizza Factory Success Rate %\" fell from 100 % to 0 %.",
            "* **10:10:30** - Alert \"Pizza Factory Success Rate %\" changed from Normal to **Pending**.",
            "* **10:11:30** - Alert \"Pizza Factory Success Rate %\" changed from Pending to **Alerting**.",
            "* **10:11:31** - On-call was told",
            "* **10:12:00** - Ada Ops took it on",
            "* **10:22:30** - Alert \"Pizza Factory Success Rate %\" changed from Alerting to **Normal**.",
        ],
    );
    says(
        &report,
        "Root Cause Analysis",
        &["`pizza-factory.cs329.click`", "answered with an error", "chaos monkey"],
    );
    says(
        &report,
        "Resolution",
        &["Nobody acted", "10:22:05", "Normal at 10:22:30", "worked off at 10:22:21"],
    );
    says(&report, "Prevention", &["Queue", "Circuit breaker"]);
    says(&report, "Action Items", &["**[Low]** Mark the time as chaos", "2025-12-02T17:10:04Z"]);
}

#[test]
fn the_page_is_timed_from_the_first_failed_call() {
    says(
        &write(&second_of_december()),
        "Detection",
        &["told at 10:11:31, 1 min 27 s after the first failed call"],
    );
}

#[test]
fn what_was_lost_is_counted_not_claimed() {
    let mut facts = second_of_december();
    assert!(write(&facts).contains("* **Orders lost:** 0\n"));
    facts.orders.lost = 1;
    let report = write(&facts);
    assert!(report.contains("**WARNING: 1 ORDER IS LOST.**") && report.contains("1 WAS LOST"));
    assert!(!report.contains("none was lost") && !report.contains("no order was lost"), "{report}");
}

#[test]
fn a_line_for_a_list_says_when_what_how_long_and_who() {
    let facts = second_of_december();
    let line = |incident: &Incident| summary_line(incident, &facts.time_zone, at("10:15:04"));
    let mut incident = facts.incident.clone();
    assert_eq!(
        line(&incident),
        "2025-12-02 10:10:04: the factory makes no pizzas, resolved after 12 min 37 s, acknowledged by Ada Ops"
    );
    incident.closed_at = None;
    incident.acknowledged = None;
    assert_eq!(
        line(&incident),
        "2025-12-02 10:10:04: the factory makes no pizzas, ongoing for 5 min, not acknowledged"
    );
    incident.acknowledged = Some(Acknowledgement { by: "a\u{1b}[2J\nb".to_owned(), at: at("10:12:00") });
    assert!(line(&incident).ends_with("acknowledged by a [2J b"), "{}", line(&incident));
}
