//! At full length, where nothing is scaled: 30 s evaluations, a pending period of a minute, the circuit as it is shipped.
//! The first page goes out no later than 90 s after the first failed call, whenever and however the failing begins.

use crate::{
    clock::{SPEED, minutes, seconds, within},
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
/// So long it must have gone on, or a blip would wake somebody.
const PENDING: f64 = 60.0;
/// Only ends what would never end.
const PATIENCE: Duration = Duration::from_secs(240);

/// How it fails. The rules are evaluated when the service starts, and every 30 s from then on.
struct Case {
    name: &'static str,
    /// Since the service's start.
    begins_after: Duration,
    /// The share of the calls that fail.
    probability: f64,
    order_every: Duration,
}

const CASES: [Case; 4] = [
    Case {
        name: "every call fails, from just after an evaluation",
        begins_after: Duration::from_secs(31),
        probability: 1.0,
        order_every: Duration::from_secs(1),
    },
    Case {
        name: "every call fails, from just before an evaluation",
        begins_after: Duration::from_secs(28),
        probability: 1.0,
        order_every: Duration::from_secs(1),
    },
    Case {
        name: "every call fails, and hardly anybody orders",
        begins_after: Duration::from_secs(31),
        probability: 1.0,
        order_every: Duration::from_secs(15),
    },
    Case {
        name: "six of ten calls fail, so that the circuit does not open at once",
        begins_after: Duration::from_secs(31),
        probability: 0.6,
        order_every: Duration::from_secs(1),
    },
];

#[tokio::test(flavor = "multi_thread")]
async fn at_full_length_the_first_page_goes_out_within_90_seconds() {
    let took = futures::future::join_all(CASES.iter().map(Case::seconds_to_the_page)).await;
    for (case, took) in CASES.iter().zip(took) {
        assert!((PENDING..=PAGED_WITHIN).contains(&took), "{}: {took:.1} s", case.name);
    }
}

impl Case {
    /// From the first failed call, as the factory knows it, to the page's arrival.
    async fn seconds_to_the_page(&self) -> f64 {
        let pager = Pager::start().await;
        let on_call = pager.url("/on-call");
        let on_call = format!(r#"[{{name="on-call",type="webhook",url="{on_call}",least_severity="page"}}]"#);
        let settings = [("alerts.contact_points", on_call.as_str())];
        let installation = Installation::start(env!("CARGO_BIN_EXE_pizza"), &settings).await.unwrap();
        let started = Timestamp::now();
        let traffic = Arc::new(Diner::register(&installation).await).order_steadily(self.order_every);
        sleep(self.begins_after).await;
        outage::start_failing(&installation, minutes(12) * SPEED, self.probability).await;
        let first = within(PATIENCE, "a call fails", async || outage::first_failure(&installation)).await;
        let page = pager
            .wait_for("/on-call", "the on-call engineer is paged", PATIENCE, |message| message.is("firing"))
            .await;
        let took = seconds(first.at, page.at);
        let begins = seconds(started, first.at);
        println!(
            "{}: paged {took:.1} s after the first failed call ({begins:.1} s after the start)",
            self.name
        );
        traffic.end().await;
        took
    }
}
