//! Diners who order steadily, whatever happens, and remember every answer.

use crate::people::client;
use jiff::Timestamp;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use test_kit::Installation;
use tokio::{sync::watch, time::interval};

/// Somebody who is signed in.
#[derive(Clone)]
pub struct Diner {
    http: Client,
    service: String,
    token: String,
    store: (i64, i64),
}

/// An order that was acknowledged.
#[derive(Clone, Debug)]
pub struct Order {
    pub id: i64,
    /// When it was placed, by the service's clock.
    pub date: Timestamp,
    /// The pizza came with the answer.
    pub at_once: bool,
}

/// Diners who order until they are told to stop.
pub struct Traffic {
    mood: watch::Sender<Mood>,
    orders: tokio::task::JoinHandle<Vec<Order>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mood {
    Hungry,
    /// Nobody orders for a while.
    Sated,
    Gone,
}

impl Diner {
    pub async fn register(installation: &Installation) -> Self {
        let http = client();
        let person =
            json!({ "name": "ada", "email": "ada@jwt.com", "password": "a password of some length" });
        let answer = http.post(installation.url("/api/auth")).json(&person).send().await.unwrap();
        let session: Value = answer.json().await.unwrap();
        let token = session["token"].as_str().unwrap().to_owned();
        let (franchise, store) = installation.store();
        Self { http, service: installation.url(""), token, store: (franchise.0, store.0) }
    }

    /// Orders one pizza, which must be acknowledged.
    pub async fn order(&self) -> Order {
        let (franchise, store) = self.store;
        let order = json!({ "franchiseId": franchise, "storeId": store, "items": [{ "menuId": 1 }] });
        let request = self.http.post(format!("{}/api/order", self.service)).bearer_auth(&self.token);
        let answer = request.json(&order).send().await.unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        assert!(matches!(status, StatusCode::OK | StatusCode::ACCEPTED), "{status} {body}");
        Order {
            id: body["order"]["id"].as_i64().unwrap(),
            date: body["order"]["date"].as_str().unwrap().parse().unwrap(),
            at_once: body["jwt"].is_string(),
        }
    }

    /// Whether there is a pizza.
    pub async fn has_pizza(&self, order: &Order) -> bool {
        let url = format!("{}/api/order/{}", self.service, order.id);
        let answer = self.http.get(url).bearer_auth(&self.token).send().await.unwrap();
        let details: Value = answer.json().await.unwrap();
        details["status"] == "fulfilled" && details["jwt"].is_string()
    }

    /// One order every so often, however the earlier ones fare.
    pub fn order_steadily(self: Arc<Self>, every: Duration) -> Traffic {
        let (mood, moods) = watch::channel(Mood::Hungry);
        let orders = tokio::spawn(async move {
            let (mut beat, mut orders) = (interval(every), Vec::new());
            loop {
                beat.tick().await;
                match *moods.borrow() {
                    Mood::Hungry => {}
                    Mood::Sated => continue,
                    Mood::Gone => break,
                }
                let diner = Arc::clone(&self);
                orders.push(tokio::spawn(async move { diner.order().await }));
            }
            let mut acknowledged = Vec::new();
            for order in orders {
                acknowledged.push(order.await.unwrap());
            }
            acknowledged
        });
        Traffic { mood, orders }
    }
}

impl Traffic {
    /// Nobody orders any more.
    pub fn pause(&self) {
        self.mood.send_replace(Mood::Sated);
    }

    /// They are hungry again.
    pub fn resume(&self) {
        self.mood.send_replace(Mood::Hungry);
    }

    /// Everybody goes; answers with all that was ordered, once all of it is acknowledged.
    pub async fn end(self) -> Vec<Order> {
        self.mood.send_replace(Mood::Gone);
        self.orders.await.unwrap()
    }
}
