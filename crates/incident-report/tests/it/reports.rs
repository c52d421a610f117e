//! Reports to be read.

use crate::scenarios;
use incident_report::write;

#[test]
fn the_outage_of_2_december() {
    insta::assert_snapshot!(write(&scenarios::second_of_december()));
}

#[test]
fn an_ongoing_incident_of_which_nobody_was_told() {
    insta::assert_snapshot!(write(&scenarios::ongoing_and_nobody_told()));
}

#[test]
fn a_worker_that_stood_still_over_midnight() {
    insta::assert_snapshot!(write(&scenarios::worker()));
}

#[test]
fn lost_orders_are_loud() {
    insta::assert_snapshot!(write(&scenarios::lost_orders()));
}

#[test]
fn an_incident_that_never_paged() {
    insta::assert_snapshot!(write(&scenarios::never_paged()));
}

#[test]
fn what_hostile_texts_look_like() {
    let text =
        "boom\n## Summary\n[click](https://evil.example) <script>alert(1)</script> `{\"a\":1}` ``` **x** | y";
    insta::assert_snapshot!(write(&scenarios::with_everything_said_by(text)));
}
