//! Pairing vendors with one another.
#![allow(clippy::unwrap_used)]

mod running;

use reqwest::Method;
use running::{ADMIN_KEY, KEY, OTHER_KEY, Running, message};
use serde_json::{Value, json};

const PATH: &str = "/api/vendor/connect";

async fn connect(factory: &Running, key: &str, purpose: &str) -> Value {
    let (status, vendor) = factory.send(Method::POST, PATH, key, json!({"purpose": purpose})).await;
    assert_eq!(status, 200, "{vendor}");
    vendor["connections"][purpose].clone()
}

async fn own(factory: &Running, key: &str) -> Value {
    factory.send(Method::GET, "/api/vendor", key, json!({})).await.1
}

#[tokio::test]
async fn who_asks_first_waits_for_who_asks_second() {
    let factory = Running::start().await;
    let told = json!({"phone": "1", "email": "o@one.test", "website": "https://one.test"});
    factory.send(Method::PUT, "/api/vendor", KEY, told).await;

    let mut waiting = connect(&factory, KEY, "test").await;
    assert!(waiting.as_object_mut().unwrap().remove("created").unwrap().is_string());
    assert_eq!(waiting, json!({"id": null, "purpose": "test"}));
    assert_eq!(connect(&factory, KEY, "test").await["id"], Value::Null, "paired with itself");
    assert_eq!(connect(&factory, ADMIN_KEY, "other").await["id"], Value::Null, "another purpose");

    let mut paired = connect(&factory, OTHER_KEY, "test").await;
    paired.as_object_mut().unwrap().remove("created");
    let expected = json!({
        "id": "one", "purpose": "test", "name": "Pizzeria One", "phone": "1", "email": "o@one.test",
        "website": "https://one.test",
    });
    assert_eq!(paired, expected);
    assert_eq!(own(&factory, KEY).await["connections"]["test"]["id"], "two");

    assert_eq!(connect(&factory, ADMIN_KEY, "test").await["id"], Value::Null);
    assert_eq!(connect(&factory, KEY, "test").await["id"], "two", "a pair is for good");
}

#[tokio::test]
async fn who_has_waited_longest_is_next() {
    let factory = Running::start().await;
    let mut keys = Vec::new();
    for id in ["a", "b", "c"] {
        keys.push(factory.register(json!({"id": id})).await);
    }
    connect(&factory, &keys[1], "test").await;
    let in_between = connect(&factory, &keys[0], "test").await;
    assert_eq!(in_between["id"], "b");
    connect(&factory, KEY, "test").await;
    assert_eq!(connect(&factory, &keys[2], "test").await["id"], "one");
}

#[tokio::test]
async fn a_purpose_is_a_short_line() {
    let factory = Running::start().await;
    for purpose in [json!(""), json!(null), json!(5), json!("x".repeat(51)), json!("a\nb")] {
        for method in [Method::POST, Method::PUT] {
            let body = json!({"purpose": purpose, "id": "two", "rating": 1});
            let said = factory.send(method, PATH, KEY, body).await;
            assert_eq!(said, (400, message("Invalid purpose")), "{purpose}");
        }
    }
}

#[tokio::test]
async fn a_vendor_has_so_many_connections_only() {
    let factory = Running::start().await;
    for purpose in 0..10 {
        connect(&factory, KEY, &purpose.to_string()).await;
    }
    let (status, said) = factory.send(Method::POST, PATH, KEY, json!({"purpose": "one more"})).await;
    assert_eq!((status, said), (409, message("a vendor has at most 10 connections")));
    connect(&factory, KEY, "9").await;
}

#[tokio::test]
async fn a_rating_is_for_ones_partner() {
    let factory = Running::start().await;
    connect(&factory, KEY, "test").await;
    connect(&factory, OTHER_KEY, "test").await;
    let rate = |body: Value| factory.send(Method::PUT, PATH, KEY, body);

    // A historic client sends the connection as it got it, with the rating in it.
    let mut connection = own(&factory, KEY).await["connections"]["test"].clone();
    connection["rating"] = json!(5);
    let (status, rated) = rate(connection.clone()).await;
    assert_eq!((status, &rated["connections"]["test"]), (200, &connection));
    assert_eq!(own(&factory, KEY).await, rated);
    assert!(own(&factory, OTHER_KEY).await["connections"]["test"]["rating"].is_null());

    for rating in [json!(0), json!(6), json!(1.5), json!("5"), json!([])] {
        let refused = message("a rating is a whole number from 1 to 5, or null");
        let said = rate(json!({"id": "two", "purpose": "test", "rating": rating})).await;
        assert_eq!(said, (400, refused), "{rating}");
    }
    assert_eq!(rate(json!({"id": "two", "purpose": "test"})).await.0, 400);
    let missing = (400, message("Missing required parameter"));
    assert_eq!(rate(json!({"purpose": "test", "rating": 1})).await, missing);
    for (id, purpose) in [("boss", "test"), ("two", "other"), ("nobody", "test")] {
        let unknown = (404, message("Unknown connection"));
        assert_eq!(rate(json!({"id": id, "purpose": purpose, "rating": 1})).await, unknown);
    }
    let (_, unrated) = rate(json!({"id": "two", "purpose": "test", "rating": null})).await;
    assert!(unrated["connections"]["test"].get("rating").is_none());
}

#[tokio::test]
async fn connections_survive_a_restart() {
    let factory = Running::start().await;
    connect(&factory, KEY, "test").await;
    connect(&factory, KEY, "wish").await;
    connect(&factory, OTHER_KEY, "test").await;
    factory.send(Method::PUT, PATH, KEY, json!({"id": "two", "purpose": "test", "rating": 4})).await;
    let before = (own(&factory, KEY).await, own(&factory, OTHER_KEY).await);
    let factory = factory.restart().await;
    assert_eq!((own(&factory, KEY).await, own(&factory, OTHER_KEY).await), before);
    assert_eq!(connect(&factory, OTHER_KEY, "wish").await["id"], "one");
}
