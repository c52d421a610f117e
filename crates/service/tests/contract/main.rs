//! The HTTP contract of the order service, one module a noun, against the whole service with a real
//! database and a factory whose misbehaviour is data.
//!
//! One binary, so that it is linked once.
#![allow(clippy::unwrap_used)]

mod admin_alerts;
mod admin_audit;
mod admin_chaos_windows;
mod admin_circuit;
mod admin_incidents;
mod admin_queue;
mod auth;
mod chaos;
mod docs;
mod edge;
mod franchises;
mod fulfilment;
mod health;
mod idempotency;
mod menu;
mod metrics;
mod openapi;
mod order_events;
mod orders;
mod other_hands;
mod outage;
mod pages;
mod queue;
mod shape;
mod status;
mod users;
mod waiting;

use service::config::Config;
use std::time::Duration;
use test_kit::{Answer, Diner, TestApp};

/// Longer than any test: what is open for so long stays open.
const FOR_EVER: Duration = Duration::from_secs(3600);

/// One failure opens the circuit.
fn touchy(config: &mut Config) {
    config.circuit.consecutive_failures = 1;
}

/// No failures, however many, open the circuit.
fn patient(config: &mut Config) {
    config.circuit.consecutive_failures = 1_000_000;
    config.circuit.minimum_calls = 1_000_000;
}

/// One slow call makes the kitchen degraded.
fn quick_to_degrade(config: &mut Config) {
    config.circuit.minimum_calls = 1;
    config.circuit.slow_call = Duration::from_millis(50);
}

/// A kitchen that an order has just closed, and that stays closed; the order is in the queue.
async fn closed_kitchen(configure: impl FnOnce(&mut Config)) -> (TestApp, Diner, i64) {
    let app = TestApp::start(|config| {
        touchy(config);
        config.circuit.open = FOR_EVER;
        config.circuit.open_max = FOR_EVER;
        configure(config);
    })
    .await;
    app.factory.always(Answer::Status(500));
    let diner = app.diner().await;
    let order = diner.order(&[1]).await.expect(202).order_id();
    diner.wait_for(order, "queued").await;
    diner.wait_for_kitchen("closed").await;
    (app, diner, order)
}
