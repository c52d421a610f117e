//! Asks for the pizza of every acknowledged order, in every way there is, and checks it in every way there is.

use crate::diner::{Acknowledged, Answer, Diner, client};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use factory_client::{FactoryClient, FactoryConfig};
use futures::{StreamExt, stream};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};
use test_kit::Installation;
use tokio::time::sleep;

const AT_ONCE: usize = 8;
const PATIENCE: Duration = Duration::from_secs(30);
const HIGHEST_PAGE: u32 = 1_000;

/// Every pizza that was ever shown, and everything that is wrong.
#[derive(Default)]
pub struct Pizzas {
    /// By order, from every answer that showed one.
    pub of: BTreeMap<i64, BTreeSet<String>>,
    /// In words; empty when no order was lost and every pizza is good.
    pub problems: Vec<String>,
}

pub async fn collect(installation: &Installation, orders: &[Acknowledged]) -> Pizzas {
    let factory = Factory::of(installation);
    let mut pizzas = Pizzas::default();
    let mut asked = stream::iter(orders).map(|order| ask(&factory, order)).buffer_unordered(AT_ONCE);
    while let Some((order_id, seen, problems)) = asked.next().await {
        pizzas.of.entry(order_id).or_default().extend(seen);
        pizzas.problems.extend(problems);
    }
    for (diner, placed) in by_diner(orders) {
        pizzas.read_history(&diner, &placed).await;
    }
    let doubled = pizzas.of.iter().filter(|(_, seen)| seen.len() > 1);
    let doubled: Vec<_> = doubled.map(|(id, seen)| format!("order {id} has {} pizzas", seen.len())).collect();
    pizzas.problems.extend(doubled);
    pizzas
}

/// The pizzas that one order has shown, and what is wrong with it.
async fn ask(factory: &Factory, order: &Acknowledged) -> (i64, BTreeSet<String>, Vec<String>) {
    let mut seen = BTreeSet::from_iter(pizza(&order.answer.body));
    let mut problems = Vec::new();
    let details = fulfilled(order).await;
    if details["status"] != "fulfilled" {
        problems.push(format!("order {} is lost: {details}", order.order_id));
    }
    seen.extend(pizza(&details));

    let again = Answer::to(order.diner.order_request(&order.key, order.menu_id)).await.unwrap();
    if again.status != 200 || again.body["order"]["id"] != order.order_id {
        problems.push(format!("order {} replayed is {}: {}", order.order_id, again.status, again.text));
    }
    seen.extend(pizza(&again.body));
    for jwt in &seen {
        problems.extend(factory.objections(jwt, order.order_id).await);
    }
    (order.order_id, seen, problems)
}

/// The order once it is fulfilled; as it is, if that never happens.
async fn fulfilled(order: &Acknowledged) -> Value {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let details = order.diner.get(&format!("/api/order/{}", order.order_id)).await;
        if details.body["status"] == "fulfilled" || Instant::now() > deadline {
            return details.body;
        }
        sleep(Duration::from_millis(200)).await;
    }
}

fn pizza(body: &Value) -> Option<String> {
    body["jwt"].as_str().map(str::to_owned)
}

/// Each diner with the ids of the orders they were promised.
fn by_diner(orders: &[Acknowledged]) -> Vec<(Arc<Diner>, Vec<i64>)> {
    let mut diners: Vec<(Arc<Diner>, Vec<i64>)> = Vec::new();
    for order in orders {
        match diners.iter_mut().find(|(diner, _)| Arc::ptr_eq(diner, &order.diner)) {
            Some((_, placed)) => placed.push(order.order_id),
            None => diners.push((Arc::clone(&order.diner), vec![order.order_id])),
        }
    }
    diners
}

impl Pizzas {
    /// A diner's history must hold what was promised, once each, and nothing else: an order that was sent again
    /// under its key is still one order.
    async fn read_history(&mut self, diner: &Diner, placed: &[i64]) {
        let mut found = Vec::new();
        for page in 1..HIGHEST_PAGE {
            let history = diner.get(&format!("/api/order?page={page}")).await;
            let orders = history.body["orders"].as_array().cloned().unwrap_or_default();
            if orders.is_empty() {
                break;
            }
            for order in orders {
                let id = order["id"].as_i64().unwrap();
                found.push(id);
                self.of.entry(id).or_default().extend(pizza(&order));
            }
        }
        let (mut placed, mut found) = (placed.to_vec(), found);
        placed.sort_unstable();
        found.sort_unstable();
        if placed != found {
            self.problems.push(format!("promised {placed:?}, but the history has {found:?}"));
        }
    }
}

/// The factory, which knows its own pizzas, and its public keys, by which everybody knows them.
struct Factory {
    verify_url: String,
    http: reqwest::Client,
    vendor: &'static str,
    keys: FactoryClient,
}

impl Factory {
    fn of(installation: &Installation) -> Self {
        let (vendor, key) = installation.vendor();
        let config = FactoryConfig::new(installation.factory_url("").parse().unwrap(), key.into());
        let keys = FactoryClient::new(FactoryConfig { vendor_id: Some(vendor.into()), ..config }).unwrap();
        let verify_url = installation.factory_url("/api/order/verify");
        Self { verify_url, http: client(), vendor, keys }
    }

    /// What speaks against this token as the pizza of this order.
    async fn objections(&self, jwt: &str, order_id: i64) -> Vec<String> {
        let mut objections = Vec::new();
        if let Err(error) = self.keys.verify(jwt, order_id).await {
            objections.push(format!("a pizza of order {order_id} does not verify: {error}"));
        }
        if algorithm(jwt) != Some("RS256".into()) {
            objections.push(format!("a pizza of order {order_id} is not signed with RS256"));
        }
        let answer = Answer::to(self.http.post(&self.verify_url).json(&json!({ "jwt": jwt }))).await.unwrap();
        let payload = &answer.body["payload"];
        if answer.status != 200
            || payload["order"]["id"] != order_id
            || payload["vendor"]["id"] != self.vendor
        {
            objections
                .push(format!("the factory says of order {order_id}: {} {}", answer.status, answer.text));
        }
        objections
    }
}

fn algorithm(jwt: &str) -> Option<Value> {
    let header = BASE64_URL_SAFE_NO_PAD.decode(jwt.split('.').next()?).ok()?;
    serde_json::from_slice::<Value>(&header).ok().map(|header| header["alg"].clone())
}
