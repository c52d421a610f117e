//! An order's life as server-sent events.

use super::touchy;
use serde_json::Value;
use test_kit::{Answer, Event, TestApp};

fn ids_and_statuses(events: &[Event]) -> Vec<(&str, &str)> {
    events.iter().map(|event| (event.id.as_str(), event.data["status"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_finished_order_tells_its_whole_life_and_the_stream_ends() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let order = diner.order(&[1]).await.expect(200).order_id();
    let events = diner.events(order, None).await.until_closed().await;
    assert_eq!(ids_and_statuses(&events), [("1", "making"), ("2", "fulfilled")]);
    for event in &events {
        assert_eq!(event.name, "status");
        assert!(event.data["at"].as_str().unwrap().parse::<jiff::Timestamp>().is_ok());
    }
}

#[tokio::test]
async fn changes_arrive_as_they_happen_each_once() {
    let app = TestApp::start(touchy).await;
    app.factory.always(Answer::Status(500));
    let diner = app.diner().await;
    diner.order(&[1]).await.expect(202);
    diner.wait_for_kitchen("closed").await;
    let order = diner.order_without_waiting(&[1]).await;
    let mut events = diner.events(order, None).await;
    let first = events.next().await.unwrap();
    assert_eq!((first.id.as_str(), first.data["status"].as_str()), ("1", Some("queued")));

    app.factory.always(Answer::Pizza);
    let rest = events.until_closed().await;
    let all: Vec<Event> = std::iter::once(first).chain(rest).collect();
    for (place, (id, status)) in ids_and_statuses(&all).into_iter().enumerate() {
        assert_eq!(id, (place + 1).to_string());
        let expected = if place % 2 == 0 { "queued" } else { "making" };
        assert_eq!(status, if place + 1 == all.len() { "fulfilled" } else { expected });
    }
    assert_eq!(diner.look_at(order).await["status"], "fulfilled");
    let replayed = diner.events(order, None).await.until_closed().await;
    assert_eq!(replayed, all, "whoever comes later is told the same");
}

#[tokio::test]
async fn who_comes_back_is_told_what_they_have_not_seen() {
    let app = TestApp::start(|_| {}).await;
    let diner = app.diner().await;
    let order = diner.order(&[1]).await.expect(200).order_id();
    let after = async |last_seen: &str| {
        let events = diner.events(order, Some(last_seen)).await.until_closed().await;
        events.into_iter().map(|event| event.id).collect::<Vec<_>>()
    };
    assert_eq!(after("0").await, ["1", "2"]);
    assert_eq!(after("1").await, ["2"]);
    assert_eq!(after("2").await, [""; 0], "closed at once");
    assert_eq!(after("nonsense").await, ["1", "2"]);
}

#[tokio::test]
async fn a_cancelled_or_rejected_order_ends_its_stream() {
    let (_app, diner, order) = super::closed_kitchen(|_| {}).await;
    let mut events = diner.events(order, None).await;
    assert_eq!(events.next().await.unwrap().data["status"], "making");
    assert_eq!(events.next().await.unwrap().data["status"], "queued");
    diner.cancel(order).await.expect(200);
    let rest = events.until_closed().await;
    assert_eq!(ids_and_statuses(&rest), [("3", "cancelled")]);

    let app = TestApp::start(|_| {}).await;
    app.factory.always(Answer::Refuse(400, "no"));
    let diner = app.diner().await;
    let order = diner.order(&[1]).await.expect(422).order_id();
    let events = diner.events(order, None).await.until_closed().await;
    assert_eq!(events.last().map(|event| &event.data["status"]), Some(&Value::from("rejected")));
}

#[tokio::test]
async fn an_admin_may_listen_too() {
    let app = TestApp::start(|_| {}).await;
    let order = app.diner().await.order(&[1]).await.expect(200).order_id();
    assert_eq!(app.admin().await.events(order, None).await.until_closed().await.len(), 2);
}

#[tokio::test]
async fn a_shutdown_ends_every_stream() {
    let (mut app, diner, order) = super::closed_kitchen(|_| {}).await;
    let mut events = diner.events(order, Some("1")).await;
    assert_eq!(events.next().await.unwrap().data["status"], "queued");
    app.stop().await;
    assert_eq!(events.next().await, None);
}
