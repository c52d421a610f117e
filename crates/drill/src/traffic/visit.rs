//! One visit: what was asked, when it should have been, and how it went.

use super::{Diner, Habit, Restaurant};
use reqwest::RequestBuilder;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep};

/// What 21 pizzas are: one more than an order may have.
const TOO_MANY: usize = 21;

/// What somebody did, and how it went. Times are since the load began.
#[derive(Clone, Debug)]
pub struct Visit {
    /// What they did.
    pub habit: Habit,
    /// When they came. Latency counts from here, so that a service that stalls cannot hide who waited meanwhile.
    pub intended: Duration,
    /// When the last of it was answered, or given up.
    pub done: Duration,
    /// How it went.
    pub outcome: Outcome,
    /// The order, if it was one.
    pub wish: Option<Wish>,
}

/// How a visit went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was answered with this status.
    Answered(u16),
    /// No connection, or one that broke.
    Broken,
    /// No answer within the visitor's patience.
    TimedOut,
    /// Not even asked: too many were waiting for an answer already.
    Unsent,
}

/// An order that somebody wants.
#[derive(Clone, Debug)]
pub struct Wish {
    /// Who wants it, by their place among the diners.
    pub diner: usize,
    /// Its `Idempotency-Key`.
    pub key: String,
    /// How many pizzas it is of.
    pub pizzas: usize,
    /// How often it was asked for: again only after a connection that broke.
    pub tries: u32,
    /// What the service said, if it did.
    pub answer: Option<OrderAnswer>,
}

/// What the service said to an order.
#[derive(Clone, Debug, Default)]
pub struct OrderAnswer {
    /// The order's number.
    pub id: Option<i64>,
    /// The pizza, or what is said to be one.
    pub jwt: Option<String>,
}

impl Visit {
    /// From when they came until it was over.
    pub fn latency(&self) -> Duration {
        self.done.saturating_sub(self.intended)
    }

    /// Whether it went as it should, at the first try.
    pub fn as_expected(&self) -> bool {
        let at_once = self.wish.as_ref().is_none_or(|wish| wish.tries <= 1);
        at_once && matches!(self.outcome, Outcome::Answered(status) if self.habit.expects(status))
    }

    /// Whether it was an order that the service took responsibility for.
    pub fn acknowledged(&self) -> bool {
        let said = |status| self.habit == Habit::Order && self.habit.expects(status);
        matches!(self.outcome, Outcome::Answered(status) if said(status))
    }
}

/// How long somebody whose connection broke tries again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stubbornness {
    pub every: Duration,
    pub until: Duration,
}

/// Somebody about to visit.
pub(crate) struct Visitor {
    pub restaurant: Arc<Restaurant>,
    pub habit: Habit,
    pub diner: usize,
    pub key: String,
    /// The items they want, by their numbers on the menu.
    pub items: Vec<i64>,
    pub stubborn: Option<Stubbornness>,
}

impl Visitor {
    /// What somebody wants whose habit this is.
    pub fn new(
        restaurant: Arc<Restaurant>,
        habit: Habit,
        key: String,
        random: &mut fastrand::Rng,
        stubborn: Option<Stubbornness>,
    ) -> Self {
        let pizzas = match habit {
            Habit::Order => random.usize(1..=5),
            Habit::Feast => TOO_MANY,
            _ => 0,
        };
        let items = (0..pizzas).map(|_| *random.choice(&restaurant.menu).unwrap_or(&0)).collect();
        let diner = random.usize(0..restaurant.diners.len().max(1));
        Self { restaurant, habit, diner, key, items, stubborn }
    }

    /// Visits, and tells how it went.
    pub async fn visit(self, began: Instant, intended: Duration) -> Visit {
        let mut tries = 0;
        let (outcome, body) = loop {
            tries += 1;
            let (outcome, body) = self.try_every_address().await;
            match (outcome, self.stubborn) {
                (Outcome::Broken, Some(stubborn))
                    if self.habit == Habit::Order && began.elapsed() < intended + stubborn.until =>
                {
                    sleep(stubborn.every).await;
                }
                _ => break (outcome, body),
            }
        };
        let done = began.elapsed();
        if self.habit == Habit::Login
            && let Some(token) = body["token"].as_str()
        {
            self.diner().take_token(token);
        }
        let wish = (!self.items.is_empty()).then(|| Wish {
            diner: self.diner,
            key: self.key.clone(),
            pizzas: self.items.len(),
            tries,
            answer: matches!(outcome, Outcome::Answered(_)).then(|| OrderAnswer {
                id: body["order"]["id"].as_i64(),
                jwt: body["jwt"].as_str().map(str::to_owned),
            }),
        });
        Visit { habit: self.habit, intended, done, outcome, wish }
    }

    /// Where one does not answer, the next may, as with a name that stands for several addresses. An order is safe to be
    /// asked for again: it has its key.
    async fn try_every_address(&self) -> (Outcome, Value) {
        let mut last = (Outcome::Broken, Value::Null);
        for address in self.restaurant.addresses() {
            last = answer(self.request(address)).await;
            if last.0 != Outcome::Broken {
                break;
            }
        }
        last
    }

    fn diner(&self) -> &Diner {
        &self.restaurant.diners[self.diner]
    }

    fn request(&self, address: &str) -> RequestBuilder {
        let (http, at) = (&self.restaurant.http, |path: &str| format!("{address}{path}"));
        let diner = self.diner();
        match self.habit {
            Habit::Menu => http.get(at("/api/order/menu")),
            Habit::Login => {
                http.put(at("/api/auth")).json(&json!({ "email": diner.email, "password": diner.password }))
            }
            Habit::BadLogin => {
                // A name nobody has: a diner's own account must not be locked because of us.
                let email = format!("nobody-{}", diner.email);
                http.put(at("/api/auth")).json(&json!({ "email": email, "password": "wrong" }))
            }
            Habit::Franchise => {
                http.get(at(&format!("/api/franchise/{}", diner.id))).bearer_auth(diner.token())
            }
            Habit::History => http.get(at("/api/order")).bearer_auth(diner.token()),
            Habit::Order | Habit::Feast => {
                let store = self.restaurant.store;
                let items: Vec<Value> = self.items.iter().map(|id| self.restaurant.item(*id)).collect();
                http.post(at("/api/order"))
                    .bearer_auth(diner.token())
                    .header("Idempotency-Key", &self.key)
                    .json(&json!({ "franchiseId": store.0, "storeId": store.1, "items": items }))
            }
        }
    }
}

/// Sends, and reads all of the answer.
async fn answer(request: RequestBuilder) -> (Outcome, Value) {
    let answered = async {
        let response = request.send().await?;
        let status = response.status().as_u16();
        let body = response.bytes().await?;
        Ok::<_, reqwest::Error>((status, serde_json::from_slice(&body).unwrap_or_default()))
    };
    match answered.await {
        Ok((status, body)) => (Outcome::Answered(status), body),
        Err(error) if error.is_timeout() => (Outcome::TimedOut, Value::Null),
        Err(_) => (Outcome::Broken, Value::Null),
    }
}
