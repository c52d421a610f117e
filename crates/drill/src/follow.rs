//! Every order to its end: whoever was promised a pizza asks for it, again and again, as a diner would.

use crate::{
    journal::Journal,
    traffic::{Habit, Outcome, Restaurant, Visit},
};
use futures::{StreamExt, stream};
use serde_json::Value;
use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// Questions at one time, and in one round: those who wait must not be a load of their own.
const AT_ONCE: usize = 4;
const IN_ONE_ROUND: usize = 64;
const BETWEEN_ROUNDS: Duration = Duration::from_millis(100);

/// An order as its diner sees it.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub diner: usize,
    /// When its diner came.
    pub placed: f64,
    /// When it was answered or given up.
    pub answered: f64,
    pub acknowledged: bool,
    /// It was answered with 503: not now, and nothing is promised.
    pub refused: bool,
    pub id: Option<i64>,
    /// Every different pizza that was shown for it.
    pub shown: Vec<String>,
    pub end: End,
}

/// How far an order is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum End {
    Waiting,
    Fulfilled(f64),
    Rejected,
    Cancelled,
    Quarantined,
    /// The service has no way to ask about one order.
    NotTold,
}

/// All orders of a drill. Cloned, it is the same.
#[derive(Clone)]
pub(crate) struct Orders {
    all: Arc<Mutex<Vec<Order>>>,
    restaurant: Arc<Restaurant>,
    journal: Journal,
}

impl Order {
    /// A pizza was shown for it, now or at the time that the service says.
    pub fn show(&mut self, jwt: &str, at: f64) {
        if !self.shown.iter().any(|shown| shown == jwt) {
            self.shown.push(jwt.to_owned());
        }
        if !matches!(self.end, End::Fulfilled(_)) {
            self.end = End::Fulfilled(at);
        }
    }

    pub fn fulfilled_at(&self) -> Option<f64> {
        if let End::Fulfilled(at) = self.end { Some(at) } else { None }
    }

    fn waits(&self) -> bool {
        self.acknowledged && self.id.is_some() && self.end == End::Waiting
    }
}

impl Orders {
    pub fn new(restaurant: Arc<Restaurant>, journal: Journal) -> Self {
        Self { all: Arc::default(), restaurant, journal }
    }

    /// One more. (Orders of 21 pizzas are none.)
    pub fn add(&self, visit: &Visit) {
        let (Habit::Order, Some(wish)) = (visit.habit, &visit.wish) else { return };
        let answer = wish.answer.clone().unwrap_or_default();
        let mut order = Order {
            diner: wish.diner,
            placed: visit.intended.as_secs_f64(),
            answered: visit.done.as_secs_f64(),
            acknowledged: visit.acknowledged(),
            refused: visit.outcome == Outcome::Answered(503),
            id: answer.id,
            shown: Vec::new(),
            end: End::Waiting,
        };
        if let Some(jwt) = answer.jwt.filter(|_| order.acknowledged) {
            order.show(&jwt, order.answered);
        }
        self.lock().push(order);
    }

    pub fn lock(&self) -> MutexGuard<'_, Vec<Order>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many were promised and are not made yet.
    pub fn waiting(&self) -> usize {
        self.lock().iter().filter(|order| order.waits()).count()
    }

    /// Those that an admin says wait for a person.
    pub fn quarantined(&self, ids: &HashSet<i64>) {
        for order in self.lock().iter_mut().filter(|order| order.waits()) {
            if order.id.is_some_and(|id| ids.contains(&id)) {
                order.end = End::Quarantined;
            }
        }
    }

    /// Asks until told to stop.
    pub async fn follow(self, stop: CancellationToken) {
        let mut from = 0;
        while !stop.is_cancelled() {
            let round = self.round(&mut from);
            stream::iter(round).for_each_concurrent(AT_ONCE, |index| self.ask(index)).await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = sleep(BETWEEN_ROUNDS) => {}
            }
        }
    }

    /// Whose turn it is: all that wait, in turn, so that the oldest do not use up every question.
    fn round(&self, from: &mut usize) -> Vec<usize> {
        let all = self.lock();
        let waiting: Vec<usize> = (0..all.len()).filter(|index| all[*index].waits()).collect();
        let start = waiting.partition_point(|index| index < from);
        let turn: Vec<usize> =
            waiting[start..].iter().chain(&waiting[..start]).copied().take(IN_ONE_ROUND).collect();
        *from = turn.last().map_or(0, |last| last + 1);
        turn
    }

    async fn ask(&self, index: usize) {
        let (diner, id) = {
            let all = self.lock();
            (all[index].diner, all[index].id.unwrap_or_default())
        };
        let request = self.restaurant.http.get(self.restaurant.at(&format!("/api/order/{id}")));
        let answer = request.bearer_auth(self.restaurant.diners[diner].token()).send().await;
        // No answer is no news.
        let Ok(answer) = answer else { return };
        let status = answer.status();
        let body: Value = answer.json().await.unwrap_or_default();
        let mut all = self.lock();
        let order = &mut all[index];
        match (status.as_u16(), body["status"].as_str()) {
            (200, Some("fulfilled")) => {
                let now = self.journal.now();
                let at =
                    self.journal.read(&body["fulfilledAt"]).map_or(now, |at| at.clamp(order.placed, now));
                order.show(body["jwt"].as_str().unwrap_or_default(), at);
            }
            (200, Some("rejected")) => order.end = End::Rejected,
            (200, Some("cancelled")) => order.end = End::Cancelled,
            (404 | 405, _) => order.end = End::NotTold,
            _ => {}
        }
    }
}
