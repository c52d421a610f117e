//! The factory's side: its chaos, and what it has to say about the calls that it got.

use crate::people::client;
use factory_api::{ChaosKind, ChaosRequest};
use jiff::Timestamp;
use serde_json::Value;
use std::time::Duration;
use test_kit::Installation;

/// A call for a pizza, as the factory logged it.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    /// When it had been answered.
    pub at: Timestamp,
    pub status: u64,
}

/// Starts a failing that ends by itself, and touches this share of the calls.
pub async fn start_failing(installation: &Installation, lasts: Duration, probability: f64) -> Timestamp {
    let url = installation.factory_url(&format!("/api/vendor/chaos/{}", ChaosKind::Fail));
    let window = ChaosRequest {
        duration_seconds: Some(lasts.as_secs()),
        probability: Some(probability),
        ..ChaosRequest::default()
    };
    let began = Timestamp::now();
    let answer = client().put(url).bearer_auth(installation.vendor().1).json(&window).send().await.unwrap();
    assert!(answer.status().is_success(), "{answer:?}");
    began
}

/// Every call for a pizza, by time.
pub fn calls(installation: &Installation) -> Vec<Call> {
    let log = installation.logs().unwrap().factory;
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let calls = lines.filter(|line| line["method"] == "POST" && line["route"] == "/api/order");
    calls
        .map(|line| Call {
            at: line["timestamp"].as_str().unwrap().parse().unwrap(),
            status: line["status"].as_u64().unwrap(),
        })
        .collect()
}

/// The first call that failed, if one has.
pub fn first_failure(installation: &Installation) -> Option<Call> {
    calls(installation).into_iter().find(|call| call.status == 500)
}
