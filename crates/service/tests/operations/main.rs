//! What wakes people, and what they then know: the whole service, with rules that are evaluated sixty times as fast, a
//! factory whose misbehaviour is data, and somebody's pager.
//!
//! One binary, so that it is linked once.
#![allow(clippy::unwrap_used)]

mod act_links;
mod annotations;
mod contact_points;
mod grafana;
mod instances;
mod outage;
mod pauses;
mod promise;
mod restart;
mod secrets;
mod self_healing;
mod synthetic_orders;
mod windows;

use notifications::{ContactPoint, Kind, SecretUrl, Severity};
use serde_json::{Value, json};
use service::config::Config;
use std::time::Duration;
use test_kit::{Admin, Answer, Receiver, TestApp, eventually};
use url::Url;

/// Longer than any test: what is open for so long stays open.
const FOR_EVER: Duration = Duration::from_secs(3600);
/// The rule that says that the factory fails.
const RULE: &str = "factory-success-rate";

/// Evaluated every half second, Pending for 1 s, Recovering for 2 s; one failure opens the circuit.
fn rehearsal(config: &mut Config) {
    config.alerts.speed = 60;
    config.circuit.consecutive_failures = 1;
}

/// The circuit stays as it is until somebody does something about it.
fn by_hand(config: &mut Config) {
    config.circuit.open = FOR_EVER;
    config.circuit.open_max = FOR_EVER;
}

/// Somebody who is woken by pages, and hears of nothing else.
fn on_call(url: &Url) -> ContactPoint {
    let url = SecretUrl::parse(url.as_str()).unwrap();
    let kind = Kind::Webhook { url, authorization: None };
    ContactPoint { name: "on-call".to_owned(), least_severity: Severity::Page, kind }
}

/// A service that tells somebody.
async fn watched(configure: impl FnOnce(&mut Config)) -> (TestApp, Receiver) {
    let receiver = Receiver::start().await;
    let app = TestApp::start(|config| {
        rehearsal(config);
        config.alerts.contact_points = vec![on_call(&receiver.url("hook"))];
        configure(config);
    })
    .await;
    (app, receiver)
}

/// The factory fails, and an order waits because of it.
async fn break_factory(app: &TestApp, answer: Answer) -> i64 {
    app.factory.always(answer);
    app.diner().await.order(&[1]).await.expect(202).order_id()
}

/// The factory is well, and the circuit that would not try it by itself is made to.
async fn mend_factory(app: &TestApp) {
    app.factory.always(Answer::Pizza);
    set_circuit(&app.admin().await, "forced_closed").await;
}

async fn set_circuit(admin: &Admin, mode: &str) {
    admin.put("/api/admin/circuit", &json!({ "mode": mode, "reason": "a test" })).await.expect(200);
}

/// How a rule stands.
async fn alert(admin: &Admin, rule: &str) -> Value {
    let alerts = admin.get("/api/admin/alerts").await.expect(200);
    let found = alerts["alerts"].as_array().unwrap().iter().find(|alert| alert["name"] == rule);
    found.unwrap_or_else(|| panic!("there is no {rule}: {}", alerts.text)).clone()
}

async fn wait_for_alert(admin: &Admin, rule: &str, state: &str) -> Value {
    let look = async || Some(alert(admin, rule).await).filter(|alert| alert["state"] == state);
    eventually(&format!("{rule} is {state}"), look).await
}

/// The states that a rule has gone through, in order.
async fn history(admin: &Admin, rule: &str) -> Vec<String> {
    let alerts = admin.get("/api/admin/alerts").await.expect(200);
    let of_rule = alerts["history"].as_array().unwrap().iter().rev().filter(|change| change["name"] == rule);
    of_rule.map(|change| change["to"].as_str().unwrap().to_owned()).collect()
}

/// The incidents of this cause, the oldest first.
async fn incidents(admin: &Admin, cause: &str) -> Vec<Value> {
    let page = admin.get("/api/admin/incidents").await.expect(200);
    let of_cause = page["incidents"].as_array().unwrap().iter().rev().filter(|one| one["cause"] == cause);
    of_cause.cloned().collect()
}

/// The id of the one incident that the factory has caused.
async fn factory_incident(admin: &Admin) -> i64 {
    let look = async || incidents(admin, "factory").await.pop();
    eventually("there is an incident", look).await["id"].as_i64().unwrap()
}

/// Everything that is known of an incident.
async fn file(admin: &Admin, id: i64) -> Value {
    admin.get(&format!("/api/admin/incidents/{id}")).await.expect(200).body
}

async fn wait_for_close(admin: &Admin, id: i64) -> Value {
    let look = async || Some(file(admin, id).await).filter(|file| file["closedAt"].is_string());
    eventually("the incident is closed", look).await
}

/// What the timeline says about things of one kind.
fn told(file: &Value, kind: &str) -> Vec<String> {
    let timeline = file["timeline"].as_array().unwrap().iter();
    let of_kind = timeline.filter(|event| event["kind"] == kind);
    of_kind.map(|event| event["text"].as_str().unwrap().to_owned()).collect()
}

/// The links that a message has, by name: `fix_url`, `acknowledge_url`, `runbook_url`.
fn link(message: &Value, name: &str) -> Option<Url> {
    message["alerts"][0]["annotations"][name].as_str().map(|url| url.parse().unwrap())
}
