//! Random verbs, compared after each one with a model that fits on a page.

use super::{Backend, new_order};
use crate::Database;
use domain::{OrderEvent, OrderId, OrderState};
use proptest::prelude::*;
use std::{collections::BTreeMap, time::Duration};
use store::{
    Cancellation, Claim, Finish, Lease, NewOrder, Pick, Placed, Redrive, Release, Settlement, Store, Token,
};

/// Orders and tokens are named by a number that is taken modulo how many there are.
#[derive(Clone, Debug)]
enum Verb {
    Place { franchise: i64, lease: Option<u64> },
    Claim { limit: u32, oldest: bool, lease: u64 },
    RecordAttempt { order: usize, token: Whose, lease: u64 },
    Finish { order: usize, token: Whose, end: OrderEvent },
    Release { order: usize, token: Whose, due_in: Option<u64>, unspent: bool, strike: bool },
    Rescue,
    Cancel { order: usize },
    Redrive { order: usize },
    Wait { seconds: u64 },
}

#[derive(Clone, Copy, Debug)]
enum Whose {
    TheHolders,
    Somebodys(usize),
}

fn verb() -> impl Strategy<Value = Verb> {
    let order = || 0..100_usize;
    let whose = || prop_oneof![4 => Just(Whose::TheHolders), 1 => order().prop_map(Whose::Somebodys)];
    let lease = || 0..5_u64;
    let end = prop_oneof![
        Just(OrderEvent::PizzaVerified),
        Just(OrderEvent::RefusedForGood),
        Just(OrderEvent::KeptFailing)
    ];
    prop_oneof![
        3 => (0..3_i64, proptest::option::of(lease())).prop_map(|(franchise, lease)| Verb::Place { franchise, lease }),
        3 => (0..4_u32, any::<bool>(), lease())
            .prop_map(|(limit, oldest, lease)| Verb::Claim { limit, oldest, lease }),
        1 => (order(), whose(), lease())
            .prop_map(|(order, token, lease)| Verb::RecordAttempt { order, token, lease }),
        2 => (order(), whose(), end).prop_map(|(order, token, end)| Verb::Finish { order, token, end }),
        3 => (order(), whose(), proptest::option::of(lease()), any::<bool>(), any::<bool>()).prop_map(
            |(order, token, due_in, unspent, strike)| Verb::Release { order, token, due_in, unspent, strike }
        ),
        1 => Just(Verb::Rescue),
        1 => order().prop_map(|order| Verb::Cancel { order }),
        1 => order().prop_map(|order| Verb::Redrive { order }),
        2 => (0..4_u64).prop_map(|seconds| Verb::Wait { seconds }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn the_store_does_what_the_model_does(verbs in proptest::collection::vec(verb(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let database = Database::fresh().await;
            let store = database.open().await;
            let mut model = Model::default();
            for verb in verbs {
                model.both(verb, &database, &*store).await;
                model.compare(&*store).await;
            }
        });
    }
}

#[derive(Default)]
struct Model {
    now: u64,
    orders: BTreeMap<OrderId, Order>,
    tokens: Vec<Token>,
}

struct Order {
    state: OrderState,
    events: Vec<OrderState>,
    holder: Option<Token>,
    lease_until: u64,
    due_at: u64,
    placed_at: u64,
    attempts: u32,
    strikes: u32,
}

impl Order {
    fn step(&mut self, event: OrderEvent) -> bool {
        let Ok(next) = self.state.after(event) else { return false };
        self.state = next;
        self.events.push(next);
        self.holder = None;
        true
    }
}

impl Model {
    /// Does it to the model and to the store, and compares what they answer.
    async fn both(&mut self, verb: Verb, database: &Database, store: &dyn Store) {
        match verb {
            Verb::Wait { seconds } => {
                self.now += seconds;
                database.advance(Duration::from_secs(seconds)).await;
            }
            Verb::Place { franchise, lease } => self.place(store, franchise, lease).await,
            Verb::Claim { limit, oldest, lease } => self.claim(store, limit, oldest, lease).await,
            Verb::Rescue => {
                let now = self.now;
                let mut rescued = 0;
                for order in self.orders.values_mut() {
                    if order.lease_until <= now && order.step(OrderEvent::LeaseExpired) {
                        order.due_at = now;
                        rescued += 1;
                    }
                }
                assert_eq!(store.rescue_expired().await.unwrap(), rescued);
            }
            Verb::Cancel { order } => {
                let Some(id) = self.named(order) else { return };
                let order = self.order(id);
                let before = order.state;
                let answer = match order.step(OrderEvent::Cancelled) {
                    true => Cancellation::Cancelled,
                    false => Cancellation::TooLate(before),
                };
                assert_eq!(store.cancel_order(id).await.unwrap(), answer);
            }
            Verb::Redrive { order } => {
                let Some(id) = self.named(order) else { return };
                let now = self.now;
                let order = self.order(id);
                let before = order.state;
                let answer = match order.step(OrderEvent::Redriven) {
                    true => {
                        (order.due_at, order.strikes) = (now, 0);
                        Redrive::Queued
                    }
                    false => Redrive::NotQuarantined(before),
                };
                assert_eq!(store.redrive_order(id).await.unwrap(), answer);
            }
            Verb::RecordAttempt { order, token, lease } => {
                let Some((id, token)) = self.named_with_token(order, token) else { return };
                let until = self.now + lease;
                let expected = self.held(id, &token, |order| {
                    order.attempts += 1;
                    order.lease_until = until;
                });
                let lease = Lease { token, duration: Duration::from_secs(lease) };
                assert_eq!(store.record_attempt(id, &lease).await.unwrap(), expected);
            }
            Verb::Finish { order, token, end } => {
                let Some((id, token)) = self.named_with_token(order, token) else { return };
                let expected = self.held(id, &token, |order| assert!(order.step(end)));
                let finish = match end {
                    OrderEvent::PizzaVerified => Finish::Fulfilled { jwt: "a.b.c".into() },
                    OrderEvent::RefusedForGood => Finish::Rejected { reason: "no".into() },
                    _ => Finish::Quarantined { reason: "odd".into() },
                };
                assert_eq!(store.finish(id, &token, finish).await.unwrap(), expected);
            }
            Verb::Release { order, token, due_in, unspent, strike } => {
                let Some((id, token)) = self.named_with_token(order, token) else { return };
                let now = self.now;
                let expected = self.held(id, &token, |order| {
                    assert!(order.step(OrderEvent::RetryLater));
                    order.due_at = due_in.map_or(order.due_at, |due_in| now + due_in);
                    order.attempts = order.attempts.saturating_sub(unspent.into());
                    order.strikes += u32::from(strike);
                });
                let due_in = due_in.map(Duration::from_secs);
                let release = Release { due_in, attempt_unspent: unspent, strike, ..Release::default() };
                assert_eq!(store.release(id, &token, release).await.unwrap(), expected);
            }
        }
    }

    async fn place(&mut self, store: &dyn Store, franchise: i64, lease: Option<u64>) {
        let claim =
            lease.map(|seconds| Lease { token: self.token(), duration: Duration::from_secs(seconds) });
        let state = if claim.is_some() { OrderState::Making } else { OrderState::Queued };
        let order = Order {
            state,
            events: vec![state],
            holder: claim.as_ref().map(|lease| lease.token.clone()),
            lease_until: self.now + lease.unwrap_or(0),
            due_at: self.now,
            placed_at: self.now,
            attempts: u32::from(claim.is_some()),
            strikes: 0,
        };
        let placed = store.place_order(NewOrder { claim, ..new_order(1, franchise) }).await.unwrap();
        let Placed::Saved { id, .. } = placed else { panic!("{placed:?}") };
        assert!(self.orders.insert(id, order).is_none(), "a new id");
    }

    /// Which orders a fair claim takes is for the tests in `queue`; here, that they were due, and how many.
    async fn claim(&mut self, store: &dyn Store, limit: u32, oldest: bool, seconds: u64) {
        let mut due: Vec<_> = self
            .orders
            .iter()
            .filter(|(_, order)| order.state == OrderState::Queued && order.due_at <= self.now)
            .map(|(id, order)| (order.due_at, *id))
            .collect();
        due.sort();
        let lease = Lease { token: self.token(), duration: Duration::from_secs(seconds) };
        let pick = if oldest { Pick::Oldest } else { Pick::FairShare };
        let claimed = store.claim_due(Claim { limit, pick, lease: lease.clone() }).await.unwrap();
        assert_eq!(claimed.len(), due.len().min(limit as usize));
        if oldest {
            let ids = claimed.iter().map(|order| order.id);
            assert!(ids.eq(due.iter().map(|(_, id)| *id).take(claimed.len())));
        }
        let until = self.now + seconds;
        for claimed in claimed {
            assert!(due.iter().any(|(_, id)| *id == claimed.id), "it was due");
            let order = self.order(claimed.id);
            assert!(order.step(OrderEvent::Claimed));
            order.holder = Some(lease.token.clone());
            order.lease_until = until;
            order.attempts += 1;
            assert_eq!((claimed.attempts, claimed.strikes), (order.attempts, order.strikes));
        }
    }

    fn held(&mut self, id: OrderId, token: &Token, change: impl FnOnce(&mut Order)) -> Settlement {
        let order = self.order(id);
        if order.holder.as_ref() != Some(token) {
            return Settlement::Stale;
        }
        change(order);
        Settlement::Applied
    }

    fn order(&mut self, id: OrderId) -> &mut Order {
        self.orders.get_mut(&id).expect("named by the model")
    }

    fn named(&self, number: usize) -> Option<OrderId> {
        self.orders.keys().nth(number.checked_rem(self.orders.len())?).copied()
    }

    fn named_with_token(&self, order: usize, whose: Whose) -> Option<(OrderId, Token)> {
        let id = self.named(order)?;
        let anybodys = |n: usize| Some(self.tokens[n.checked_rem(self.tokens.len())?].clone());
        let token = match whose {
            Whose::TheHolders => self.orders[&id].holder.clone().or_else(|| anybodys(order)),
            Whose::Somebodys(n) => anybodys(n),
        };
        Some((id, token?))
    }

    fn token(&mut self) -> Token {
        let token = Token::new();
        self.tokens.push(token.clone());
        token
    }

    async fn compare(&self, store: &dyn Store) {
        for (id, order) in &self.orders {
            let kept = store.order(*id).await.unwrap().expect("it was placed");
            assert_eq!((kept.state, kept.attempts), (order.state, order.attempts));
            assert_eq!(kept.jwt.is_some(), order.state == OrderState::Fulfilled);
            let events = store.status_events(*id, 0).await.unwrap();
            assert!(events.iter().map(|event| event.state).eq(order.events.iter().copied()));
            assert!(events.iter().map(|event| event.number).eq(1..=order.events.len() as u32));
        }
        let stats = store.queue_stats().await.unwrap();
        let in_state = |state| self.orders.values().filter(move |order| order.state == state);
        assert_eq!(stats.queued, in_state(OrderState::Queued).count() as u64);
        assert_eq!(stats.making, in_state(OrderState::Making).count() as u64);
        assert_eq!(stats.quarantined, in_state(OrderState::Quarantined).count() as u64);
        let ago = |time: Option<jiff::Timestamp>| {
            time.map(|time| self.now as i64 + time.duration_since(stats.now).as_secs())
        };
        let oldest = in_state(OrderState::Queued).map(|order| order.placed_at as i64).min();
        let next_due = in_state(OrderState::Queued).map(|order| order.due_at as i64).min();
        assert_eq!((ago(stats.oldest_queued_at), ago(stats.next_due_at)), (oldest, next_due));
    }
}
