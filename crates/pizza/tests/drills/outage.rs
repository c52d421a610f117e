//! The outage of the incident report.

use crate::drill::Run;

/// Of the rules, at the drill's speed.
const EVALUATION: f64 = 30.0 / SPEED as f64;
const SPEED: u32 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn the_outage_of_2_december_costs_nobody_an_order_and_the_alert_keeps_the_report_s_times() {
    let ran = Run::of("2025-12-02-factory-outage", SPEED).undisturbed().play().await;
    ran.nobody_lost_an_order();
    ran.somebody_was_told();
    ran.the_factory_was_left_alone();

    let score = &ran.result.score;
    // What this machine's own timers were late by is nobody's fault; each step is a few timers.
    let near = EVALUATION + 3.0 * score.hiccup;
    // In the report: failing since 10:10:00, Pending at 10:10:30, Alerting and told at 10:11:30.
    for (what, found, report) in [
        ("Pending", score.to_pending, 30.0),
        ("Alerting", score.to_alerting, 90.0),
        ("told", score.to_notification, 90.0),
    ] {
        let (found, report) = (found.seconds().unwrap(), report / f64::from(SPEED));
        assert!(
            (found - report).abs() <= near,
            "{what} {found:.2} s after the first failure, not {report:.2} ± {near:.2}"
        );
    }
    assert!(score.fulfilled_after > 20, "{score:?}");
    for phase in &ran.result.phases {
        assert_eq!((phase.menu, phase.login), (Some(1.0), Some(1.0)), "{phase:?}");
    }

    let report = ran.read("incident-report.md");
    assert!(report.contains("**Status:** Resolved") && report.contains("**Orders lost:** 0"), "{report}");
    let chart = ran.read("chart.svg");
    assert!(chart.starts_with("<svg") && chart.contains("Alerting") && chart.contains("10:05:"), "{chart}");
    for said in ["Grade", "The rule", "circuit.open_max", "not shortened"] {
        assert!(ran.shown.contains(said), "\"{said}\" is not in\n{}", ran.shown);
    }
    for log in ["service.log", "factory.log"] {
        assert!(!ran.read(log).contains("panicked at"), "{log}");
    }
}
