//! The store in memory against the real one on SQLite: the same verbs, at the same time, have the same answers.
#![allow(clippy::unwrap_used)]

use domain::{
    Bitcoin, Diner, FranchiseId, IdempotencyKey, MenuId, OrderId, OrderItem, OrderState, StoreId, UserId,
};
use fastrand::Rng;
use jiff::Timestamp;
use simulation::MemoryStore;
use std::{
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use store::{
    Claim, Clock, Finish, Idempotency, Lease, NewOrder, Pick, Placed, Release, SqliteOptions, SqliteStore,
    Store, Token,
};

const ROUNDS: u64 = 25;
const VERBS: usize = 150;

#[tokio::test]
async fn every_verb_has_the_same_answer_in_memory_as_on_sqlite() {
    for round in 0..ROUNDS {
        let mut pair = Pair::new(Rng::with_seed(round));
        for _ in 0..VERBS {
            pair.one_verb().await;
        }
        pair.compare_everything().await;
        assert!(pair.orders.len() > 5, "round {round} has hardly an order");
    }
}

struct Pair {
    rng: Rng,
    clock: Arc<AtomicI64>,
    memory: MemoryStore,
    sqlite: SqliteStore,
    orders: Vec<OrderId>,
    tokens: Vec<Token>,
    /// Who holds an order, as far as the last claim says.
    held: Vec<(OrderId, Token)>,
    _folder: tempfile::TempDir,
}

impl Pair {
    fn new(rng: Rng) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(AtomicI64::new(1_800_000_000_000));
        let theirs = Arc::clone(&clock);
        let now = move || Timestamp::from_millisecond(theirs.load(Ordering::Relaxed)).unwrap();
        let options = SqliteOptions { path: folder.path().join("pizza.db"), clock: Clock::new(now) };
        Self {
            rng,
            memory: MemoryStore::new(Arc::clone(&clock)),
            sqlite: SqliteStore::open(options).unwrap(),
            clock,
            orders: Vec::new(),
            tokens: vec![Token::new()],
            held: Vec::new(),
            _folder: folder,
        }
    }

    async fn one_verb(&mut self) {
        let order = self.order();
        match self.rng.u8(..20) {
            0..=3 => self.place().await,
            4..=6 => self.claim().await,
            7 | 8 => {
                let (order, token) = self.claimed();
                let lease = Lease { token, duration: self.seconds(5) };
                let answers = tokio::join!(
                    self.memory.record_attempt(order, &lease),
                    self.sqlite.record_attempt(order, &lease)
                );
                same("record_attempt", answers);
            }
            9 | 10 => {
                let (order, token) = self.claimed();
                let reason = format!("reason {}", self.rng.u8(..));
                let finish = match self.rng.u8(..3) {
                    0 => Finish::Fulfilled { jwt: format!("pizza {}", self.rng.u8(..)) },
                    1 => Finish::Rejected { reason },
                    _ => Finish::Quarantined { reason },
                };
                let answers = tokio::join!(
                    self.memory.finish(order, &token, finish.clone()),
                    self.sqlite.finish(order, &token, finish)
                );
                same("finish", answers);
            }
            11..=13 => {
                let (order, token) = self.claimed();
                let release = Release {
                    due_in: self.rng.bool().then(|| self.seconds(5)),
                    attempt_unspent: self.rng.bool(),
                    strike: self.rng.bool(),
                    failure: self.rng.bool().then(|| "it failed".to_owned()),
                    unverified_pizza: self.rng.bool().then(|| "a.b.c".to_owned()),
                };
                let answers = tokio::join!(
                    self.memory.release(order, &token, release.clone()),
                    self.sqlite.release(order, &token, release)
                );
                same("release", answers);
            }
            14 => same(
                "rescue_expired",
                tokio::join!(self.memory.rescue_expired(), self.sqlite.rescue_expired()),
            ),
            15 => same(
                "cancel_order",
                tokio::join!(self.memory.cancel_order(order), self.sqlite.cancel_order(order)),
            ),
            16 => same(
                "redrive_order",
                tokio::join!(self.memory.redrive_order(order), self.sqlite.redrive_order(order)),
            ),
            17 => self.look(order).await,
            _ => {
                // Backwards too: clocks do.
                let by = self.rng.i64(-1000..4000);
                self.clock.fetch_add(by, Ordering::Relaxed);
            }
        }
    }

    async fn place(&mut self) {
        let number = self.rng.i64(1..4);
        let key = self.rng.bool().then(|| format!("key {}", self.rng.u8(..6)));
        let token = self.rng.bool().then(Token::new);
        self.tokens.extend(token.clone());
        let item = |menu_id| OrderItem {
            menu_id: MenuId(menu_id),
            description: format!("pizza {menu_id}"),
            price: Bitcoin::from_satoshi(100 * menu_id),
        };
        let order = NewOrder {
            diner: Diner {
                id: UserId(number),
                name: format!("diner {number}"),
                email: "d@jwt.com".to_owned(),
            },
            franchise: FranchiseId(self.rng.i64(1..4)),
            store: StoreId(7),
            items: (1..=self.rng.i64(1..4)).map(item).collect(),
            idempotency: key.map(|key| Idempotency {
                key: IdempotencyKey::parse(&key).unwrap(),
                request_hash: [self.rng.u8(..2); 32],
            }),
            traceparent: self.rng.bool().then(|| "00-1-2-01".to_owned()),
            claim: token.clone().map(|token| Lease { token, duration: self.seconds(5) }),
        };
        if let Some(idempotency) = &order.idempotency {
            let diner = order.diner.id;
            same(
                "placed_earlier",
                tokio::join!(
                    self.memory.placed_earlier(diner, idempotency),
                    self.sqlite.placed_earlier(diner, idempotency)
                ),
            );
        }
        let answers = tokio::join!(self.memory.place_order(order.clone()), self.sqlite.place_order(order));
        if let Ok(Placed::Saved { id, .. }) = answers.0 {
            self.orders.push(id);
            self.held.extend(token.map(|token| (id, token)));
        }
        same("place_order", answers);
    }

    async fn claim(&mut self) {
        let token = Token::new();
        self.tokens.push(token.clone());
        let claim = Claim {
            limit: self.rng.u32(..4),
            pick: if self.rng.bool() { Pick::Oldest } else { Pick::FairShare },
            lease: Lease { token: token.clone(), duration: self.seconds(5) },
        };
        let answers = tokio::join!(self.memory.claim_due(claim.clone()), self.sqlite.claim_due(claim));
        let claimed = answers.0.as_ref().unwrap();
        self.held.extend(claimed.iter().map(|order| (order.id, token.clone())));
        same("claim_due", answers);
    }

    async fn look(&mut self, order: OrderId) {
        let after = self.rng.u32(..3);
        same("order", tokio::join!(self.memory.order(order), self.sqlite.order(order)));
        same(
            "status_events",
            tokio::join!(self.memory.status_events(order, after), self.sqlite.status_events(order, after)),
        );
        same("queue_stats", tokio::join!(self.memory.queue_stats(), self.sqlite.queue_stats()));
    }

    async fn compare_everything(&mut self) {
        for order in self.orders.clone() {
            self.look(order).await;
        }
        for page in [0, 1, 2] {
            for diner in 1..4 {
                let diner = UserId(diner);
                same(
                    "orders_of",
                    tokio::join!(
                        self.memory.orders_of(diner, page, 5),
                        self.sqlite.orders_of(diner, page, 5)
                    ),
                );
            }
            for state in [OrderState::Queued, OrderState::Making, OrderState::Quarantined] {
                same(
                    "orders_in",
                    tokio::join!(
                        self.memory.orders_in(state, page, 3),
                        self.sqlite.orders_in(state, page, 3)
                    ),
                );
            }
        }
        self.clock.fetch_add(25 * 3_600_000, Ordering::Relaxed);
        same("prune", tokio::join!(self.memory.prune(), self.sqlite.prune()));
    }

    /// An order, mostly one that exists.
    fn order(&mut self) -> OrderId {
        if self.rng.u8(..20) == 0 {
            OrderId(self.rng.i64(-1..1000))
        } else {
            *self.rng.choice(&self.orders).unwrap_or(&OrderId(1))
        }
    }

    /// An order and a token, mostly of whoever holds it.
    fn claimed(&mut self) -> (OrderId, Token) {
        if self.rng.u8(..4) > 0
            && let Some(held) = self.rng.choice(&self.held)
        {
            return held.clone();
        }
        let token = self.rng.choice(&self.tokens).unwrap().clone();
        (self.order(), token)
    }

    fn seconds(&mut self, below: u64) -> Duration {
        Duration::from_secs(self.rng.u64(..below))
    }
}

#[track_caller]
fn same<T: Debug>(
    verb: &str,
    (memory, sqlite): (Result<T, store::StoreError>, Result<T, store::StoreError>),
) {
    assert_eq!(format!("{:?}", memory.unwrap()), format!("{:?}", sqlite.unwrap()), "{verb}");
}
