//! At full length, where nothing is scaled: 30 s evaluations, a pending period of a minute, the circuit as it is shipped.
//! The first page goes out no later than 90 s after the first failed call, whenever and however the failing begins.

use crate::{
    clock::{minutes, seconds, within},
    diner::Diner,
    outage,
    pager::Pager,
};
use jiff::Timestamp;
use std::{sync::Arc, time::Duration};
use test_kit::Installation;
use tokio::time::sleep;

/// The promise.
const PAGED_WITHIN: f64 = 90.0;
const ORDER_EVERY: Duration = Duration::from_secs(1);
/// Rules are evaluated when the service starts, and every 30 s from then on.
const JUST_AFTER_AN_EVALUATION: Duration = Duration::from_secs(31);
/// Only ends what would never end.
const PATIENCE: Duration = Duration::from_secs(240);

#[tokio::test(flavor = "multi_thread")]
async fn at_full_length_the_first_page_goes_out_within_90_seconds() {
    let took = seconds_to_the_page(1.0).await;
    assert!(took <= PAGED_WITHIN, "{took:.1} s after the first failed call");
    assert!(took >= 60.0, "{took:.1} s: the pending period was not kept, so that a blip would wake somebody");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_full_length_a_factory_that_fails_more_often_than_not_is_paged_for_within_90_seconds() {
    let took = seconds_to_the_page(0.6).await;
    assert!(took <= PAGED_WITHIN, "{took:.1} s after the first failed call");
}

/// From the first failed call, as the factory knows it, to the page's arrival.
async fn seconds_to_the_page(probability: f64) -> f64 {
    let pager = Pager::start().await;
    let on_call = format!(
        r#"[{{name="on-call",type="webhook",url="{}",least_severity="page"}}]"#,
        pager.url("/on-call")
    );
    let settings = [("alerts.contact_points", on_call.as_str())];
    let installation = Installation::start(env!("CARGO_BIN_EXE_pizza"), &settings).await.unwrap();
    let started = Timestamp::now();
    let traffic = Arc::new(Diner::register(&installation).await).order_steadily(ORDER_EVERY);
    sleep(JUST_AFTER_AN_EVALUATION).await;
    outage::start_failing(&installation, minutes(12) * crate::clock::SPEED, probability).await;
    let first = within(PATIENCE, "a call fails", async || outage::first_failure(&installation)).await;
    let page = pager
        .wait_for("/on-call", "the on-call engineer is paged", PATIENCE, |message| message.is("firing"))
        .await;
    let took = seconds(first.at, page.at);
    println!(
        "{:.0} % of the calls fail, from {:.1} s after the start: paged {took:.1} s after the first failed call",
        100.0 * probability,
        seconds(started, first.at),
    );
    traffic.end().await;
    took
}
