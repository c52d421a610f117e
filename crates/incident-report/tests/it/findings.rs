//! Each suggestion follows from a fact, and is not made without it.

use crate::scenarios::{
    alert, at, event, lost_orders, never_paged, ongoing_and_nobody_told, second_of_december, window,
};
use domain::{Acknowledgement, IncidentEventKind as Kind};
use incident_report::{Facts, write};

/// The action items, one a line.
fn actions(facts: &Facts) -> String {
    let report = write(facts);
    report[report.find("\n## Action Items\n").unwrap()..].to_owned()
}

/// Something that is done to the facts.
type Change = fn(&mut Facts);

#[test]
fn a_suggestion_comes_with_its_fact() {
    let changes: [(Change, &str); 11] = [
        (|facts| facts.orders.lost = 3, "**[High]** **Find 3 lost orders"),
        (
            |facts| facts.orders.quarantined = 1,
            "**[High]** Look at 1 quarantined order and redrive or cancel it.",
        ),
        (|facts| facts.orders.waiting = 1, "**[High]** Find out why orders still wait"),
        (|facts| facts.calls.errors = 1, "**[High]** Find the requests to order that ended with 5xx"),
        (|facts| facts.orders.rejected = 2, "**[Medium]** Find out why the factory rejected 2 orders."),
        (|facts| facts.calls.bad_jwt = 1, "**[Medium]** Send the factory's operators the answers"),
        (|facts| facts.orders.cancelled = 1, "**[Low]** Look whether diners were told well enough"),
        (|facts| facts.incident.acknowledged = None, "**[Medium]** Look at who is on call"),
        (
            |facts| facts.events.push(event("10:11:31", "nn", Kind::NotNotified, "HTTP 403")),
            "**[Medium]** Repair the contact point",
        ),
        (
            |facts| facts.events.retain(|event| event.kind != Kind::Notified),
            "**[High]** Configure a contact point",
        ),
        (
            |facts| {
                facts.events.push(alert("10:22:40", "factory-success-rate", Kind::AlertPending, ""));
                facts.events.push(alert("10:23:40", "factory-success-rate", Kind::AlertAlerting, ""));
            },
            "**[Low]** Decide whether the alert should keep firing for longer",
        ),
    ];
    let before = actions(&second_of_december());
    for (change, suggestion) in changes {
        let mut facts = second_of_december();
        change(&mut facts);
        let after = actions(&facts);
        assert!(!before.contains(suggestion), "{suggestion} comes without its fact: {before}");
        assert!(after.contains(suggestion), "{suggestion} does not come: {after}");
    }
}

#[test]
fn a_page_is_late_after_ninety_seconds() {
    let late = "**[Medium]** Find out why the first page took longer than 1 min 30 s.";
    let first_call_at = |clock| {
        let mut facts = second_of_december();
        let first = facts.events.iter_mut().find(|event| event.kind == Kind::FirstFailure).unwrap();
        first.at = at(clock);
        actions(&facts)
    };
    assert!(!first_call_at("10:10:01").contains(late));
    assert!(first_call_at("10:10:00").contains(late));
}

#[test]
fn an_acknowledgement_is_late_after_five_minutes() {
    let late = "**[Medium]** Look at who is on call";
    let acknowledged_at = |clock| {
        let mut facts = second_of_december();
        facts.incident.acknowledged = Some(Acknowledgement { by: "Ada".to_owned(), at: at(clock) });
        actions(&facts)
    };
    assert!(!acknowledged_at("10:16:31").contains(late));
    assert!(acknowledged_at("10:16:32").contains(late));
}

#[test]
fn who_was_told_of_a_ticket_first_was_not_paged_then() {
    let mut facts = second_of_december();
    facts.events.push(event("10:11:01", "n0", Kind::Notified, "#kitchen was told of \"Circuit open\"."));
    assert!(write(&facts).contains("somebody was told at 10:11:31"));
}

#[test]
fn planned_chaos_needs_no_annotation_and_wakes_nobody() {
    let wakes = "**[Low]** Plan chaos windows so that they lower the severity";
    assert!(
        actions(&lost_orders()).contains(wakes) && !actions(&lost_orders()).contains("pizza chaos annotate")
    );
    let mut facts = lost_orders();
    facts.windows[0].plan.lowers_severity = true;
    assert!(!actions(&facts).contains(wakes));
}

#[test]
fn a_window_explains_only_what_began_in_it() {
    let mut facts = never_paged();
    facts.windows = vec![window("10:10:00", "10:12:00", "")];
    assert!(write(&facts).contains("The underlying cause was chaos testing of the factory"));
    facts.windows = vec![window("10:10:30", "10:12:00", "")];
    let report = write(&facts);
    assert!(
        report.contains("which may or may not be related") && report.contains("began after the incident did")
    );
    facts.windows = vec![window("09:00:00", "10:10:00", "")];
    assert!(!write(&facts).contains("Chaos window"), "it was over before the incident began");
}

#[test]
fn an_alert_may_still_be_on_its_way_while_it_goes_on() {
    let mut facts = ongoing_and_nobody_told();
    facts.events.truncate(2);
    assert!(!actions(&facts).contains("Decide whether somebody should have been woken"));
    assert!(actions(&never_paged()).contains("**[Low]** Decide whether somebody should have been woken"));
}

#[test]
fn an_alert_that_began_before_the_incident_is_not_said_to_have_been_quiet() {
    let mut facts = never_paged();
    let text = "Alert \"Login failures surge\" changed from Recovering to Normal.";
    facts.events.push(alert("10:10:50", "login-failures-surge", Kind::AlertNormal, text));
    let report = write(&facts);
    assert!(
        report.contains("was under way when the incident began and Normal again at 10:10:50"),
        "{report}"
    );
    assert!(report.contains("was Pending at 10:10:30, never Alerting"));
}
