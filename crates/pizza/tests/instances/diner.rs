//! Diners who order steadily, whatever happens, and remember every answer.

use crate::installation::{INSTANCES, Installation};
use reqwest::Client;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::time::{interval, sleep};
use tokio_util::sync::CancellationToken;

/// Longer than any answer may take; after it a diner takes the connection for broken.
const PATIENCE: Duration = Duration::from_secs(30);
const ORDER_EVERY: Duration = Duration::from_millis(200);
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// Somebody who is signed in, at whichever instance.
pub struct Diner {
    token: String,
    store: (i64, i64),
    instances: [String; INSTANCES],
    http: Client,
}

/// An order that was acknowledged: from then on the service owes a pizza.
pub struct Acknowledged {
    pub diner: Arc<Diner>,
    pub id: i64,
    /// The pizza, if it was in the answer.
    pub jwt: Option<String>,
    /// Answers that were none, before it.
    pub errors: Vec<(u16, Value)>,
    /// How often its connection broke before.
    pub broken: u32,
}

impl Diner {
    /// Opens an account at the first instance.
    pub async fn register(installation: &Installation, name: &str) -> Arc<Self> {
        let http = Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
        let person = json!({ "name": name, "email": format!("{name}@jwt.com"), "password": "a password" });
        let instances = [installation.url(0), installation.url(1)];
        let answer = http.post(format!("{}/api/auth", instances[0])).json(&person).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let token = answer.json::<Value>().await.unwrap()["token"].as_str().unwrap().to_owned();
        Arc::new(Self { token, store: installation.store, instances, http })
    }

    /// Orders once every interval until told to stop, at the instances in turns, however the earlier orders fare.
    /// Answers when the last of them is acknowledged.
    pub async fn order_steadily(self: Arc<Self>, stop: CancellationToken) -> Vec<Acknowledged> {
        let mut orders = Vec::new();
        let mut beat = interval(ORDER_EVERY);
        while !stop.is_cancelled() {
            beat.tick().await;
            orders.push(tokio::spawn(Arc::clone(&self).order(orders.len())));
        }
        let mut acknowledged = Vec::new();
        for order in orders {
            acknowledged.push(order.await.unwrap());
        }
        acknowledged
    }

    /// Orders one pizza: the same request with the same key again and again, now here, now there, until it is
    /// acknowledged.
    async fn order(self: Arc<Self>, number: usize) -> Acknowledged {
        let (mut errors, mut broken) = (Vec::new(), 0);
        for attempt in number.. {
            match self.ask(&self.instances[attempt % INSTANCES], number).await {
                Err(_) => broken += 1,
                Ok((200 | 202, body)) => {
                    let id = body["order"]["id"].as_i64().unwrap();
                    let jwt = body["jwt"].as_str().map(str::to_owned);
                    return Acknowledged { diner: self, id, jwt, errors, broken };
                }
                Ok(error) => errors.push(error),
            }
            sleep(AGAIN_AFTER).await;
        }
        unreachable!("the numbers do not end")
    }

    async fn ask(&self, instance: &str, number: usize) -> Result<(u16, Value), reqwest::Error> {
        let (franchise, store) = self.store;
        let order = json!({ "franchiseId": franchise, "storeId": store, "items": [{ "menuId": 1 }] });
        let request = self.http.post(format!("{instance}/api/order")).bearer_auth(&self.token).json(&order);
        let answer = request.header("Idempotency-Key", number.to_string()).send().await?;
        let status = answer.status().as_u16();
        Ok((status, answer.json().await?))
    }

    /// One order, as an instance shows it.
    pub async fn look_at(&self, instance: usize, order: i64) -> Value {
        let url = format!("{}/api/order/{order}", self.instances[instance]);
        let answer = self.http.get(url).bearer_auth(&self.token).send().await.unwrap();
        assert_eq!(answer.status(), 200, "order {order}");
        answer.json().await.unwrap()
    }
}
