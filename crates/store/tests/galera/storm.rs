//! Nodes are killed and come back while orders are placed, claimed and settled through all of them.

use crate::{
    assert_nodes_agree,
    conformance::{LEASE, claim, events_of, lease, new_order},
    open,
};
use Trouble::{Killed, Refusing, Replaced};
use domain::{IdempotencyKey, OrderId, OrderState, UserId};
use futures::{StreamExt, stream};
use jiff::Timestamp;
use std::{
    collections::{BTreeMap, HashSet},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    thread,
    time::Duration,
};
use store::{
    Claim, ClaimedOrder, Clock, Finish, Idempotency, MysqlOptions, NewOrder, Pick, Placed, Release,
    Settlement, Store, StoreError, Token,
};
use test_mariadb::Galera;
use tokio::{task::JoinSet, time::sleep};

const DINERS: i64 = 6;
const COOKS: usize = 6;
/// In satoshi.
const AN_ORDER_COSTS: usize = 800_001;
/// How long all nodes are there, and how long one of them is not, before the next thing happens.
const CALM: Duration = Duration::from_millis(1500);
/// So long a diner chews: more orders than nodes and cooks can stand would only queue.
const BETWEEN_ORDERS: Duration = Duration::from_millis(20);
const AGAIN_AFTER: Duration = Duration::from_millis(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nodes_that_die_and_come_back_cost_nobody_an_order() {
    Storm::begin().await.of(&[Refusing(2), Killed(0), Replaced(1)]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
#[ignore = "takes minutes"]
async fn nodes_that_die_and_come_back_all_night_cost_nobody_an_order() {
    let mut troubles = Vec::new();
    for round in 0..8_usize {
        let node = |n| (round + n) % Galera::NODES;
        troubles.extend([Killed(node(0)), Refusing(node(2)), Replaced(node(1))]);
    }
    Storm::begin().await.of(&troubles).await;
}

/// What happens to a node.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    /// It is there, and answers every statement with 1047, as if it had lost the others.
    Refusing(usize),
    /// SIGKILL; it comes back with the files that it had.
    Killed(usize),
    /// SIGKILL; it comes back with nothing, and another node gives it everything.
    Replaced(usize),
}

struct Storm {
    cluster: Arc<Galera>,
    database: String,
    /// One for each node.
    stores: Vec<Arc<dyn Store>>,
    millis: Arc<AtomicI64>,
    kitchen: Arc<Kitchen>,
}

/// What everybody was told.
#[derive(Default)]
struct Kitchen {
    closed: AtomicBool,
    /// What went wrong, and how often.
    errors: Mutex<BTreeMap<String, u32>>,
    /// By diner, in order of their keys.
    placed: Mutex<BTreeMap<i64, Vec<OrderId>>>,
    in_hand: Mutex<HashSet<OrderId>>,
    /// The pizza of every order that was settled so.
    pizzas: Mutex<BTreeMap<OrderId, String>>,
}

impl Storm {
    async fn begin() -> Self {
        let cluster = tokio::task::spawn_blocking(|| Arc::new(Galera::start().unwrap())).await.unwrap();
        let database = cluster.fresh_database();
        let millis = Arc::new(AtomicI64::new(1_800_000_000_000));
        let mut stores: Vec<Arc<dyn Store>> = Vec::new();
        for node in 0..Galera::NODES {
            let millis = Arc::clone(&millis);
            let now = move || Timestamp::from_millisecond(millis.load(Ordering::SeqCst)).unwrap();
            let options = MysqlOptions::from_url(&cluster.url(&database, node)).unwrap();
            stores.push(open(MysqlOptions { clock: Some(Clock::new(now)), ..options }).await);
        }
        Self { cluster, database, stores, millis, kitchen: Arc::default() }
    }

    async fn of(self, troubles: &[Trouble]) {
        let mut actors = JoinSet::new();
        for diner in 0..DINERS {
            actors.spawn(Arc::clone(&self.kitchen).order(self.stores_from(diner as usize), diner));
        }
        for cook in 0..COOKS {
            actors.spawn(Arc::clone(&self.kitchen).cook(self.stores_from(cook)));
        }
        for &trouble in troubles {
            sleep(CALM).await;
            let cluster = Arc::clone(&self.cluster);
            tokio::task::spawn_blocking(move || trouble.befalls(&cluster)).await.unwrap();
        }
        sleep(CALM).await;
        self.kitchen.closed.store(true, Ordering::SeqCst);
        while let Some(ended) = actors.join_next().await {
            ended.unwrap();
        }
        self.rescue_what_nobody_knows_to_have().await;
        self.nothing_was_lost_or_doubled().await;
    }

    /// A claim whose answer was lost is in nobody's hands until its lease runs out.
    async fn rescue_what_nobody_knows_to_have(&self) {
        self.millis.fetch_add(LEASE.as_millis() as i64, Ordering::SeqCst);
        let rescued = self.stores[0].rescue_expired().await.unwrap();
        println!("{rescued} orders rescued");
        loop {
            let claimed = claim(&*self.stores[0], Pick::Oldest, 100).await;
            if claimed.is_empty() {
                return;
            }
            for order in claimed {
                self.kitchen.finish(&*self.stores[0], &order).await;
            }
        }
    }

    async fn nothing_was_lost_or_doubled(&self) {
        let placed = self.kitchen.placed.lock().unwrap().clone();
        let pizzas = self.kitchen.pizzas.lock().unwrap().clone();
        let all: Vec<OrderId> = placed.values().flatten().copied().collect();
        println!("{} orders; errors: {:#?}", all.len(), self.kitchen.errors.lock().unwrap());
        assert!(all.len() > 100, "{} orders prove nothing", all.len());
        assert_eq!(all.iter().collect::<HashSet<_>>().len(), all.len(), "an order under two keys");
        for (diner, mut mine) in placed {
            let found = self.stores[1].orders_of(UserId(diner), 1, 1_000_000).await.unwrap();
            let mut found: Vec<_> = found.into_iter().map(|order| order.id).collect();
            mine.sort();
            found.sort();
            assert_eq!(mine, found, "what diner {diner} was promised, and what there is");
        }
        let looks = all.iter().map(|&id| became_one_pizza(&*self.stores[2], id, pizzas.get(&id)));
        stream::iter(looks).buffer_unordered(8).collect::<Vec<()>>().await;
        let sold = "SET wsrep_sync_wait = 15; SELECT SUM(satoshi) FROM
            (SELECT satoshi FROM storeRevenue UNION ALL SELECT satoshi FROM storeSale) AS sold";
        let sold = self.cluster.sql(0, &self.database, sold);
        assert_eq!(sold.trim(), (pizzas.len() * AN_ORDER_COSTS).to_string(), "satoshi");
        assert_nodes_agree(&self.cluster, &self.database);
    }

    /// Somebody's own store, and the one that others would be led to.
    fn stores_from(&self, n: usize) -> [Arc<dyn Store>; 2] {
        [n, n + 1].map(|n| Arc::clone(&self.stores[n % self.stores.len()]))
    }
}

async fn became_one_pizza(store: &dyn Store, id: OrderId, pizza: Option<&String>) {
    let order = store.order(id).await.unwrap().unwrap();
    assert_eq!((order.state, order.items.len()), (OrderState::Fulfilled, 2), "{id}");
    assert_eq!(order.jwt.as_ref(), pizza, "{id}");
    let events = events_of(store, id).await;
    assert!(events.iter().map(|(number, _)| *number).eq(1..=events.len() as u32), "{id}: {events:?}");
    let ends = events.iter().filter(|(_, state)| *state == OrderState::Fulfilled);
    assert_eq!(ends.count(), 1, "{id}: {events:?}");
}

impl Trouble {
    fn befalls(self, cluster: &Galera) {
        let set =
            |node, reject| cluster.sql(node, "", &format!("SET GLOBAL wsrep_reject_queries = {reject}"));
        match self {
            Self::Refusing(node) => {
                set(node, "ALL");
                thread::sleep(CALM);
                set(node, "NONE");
            }
            Self::Killed(node) | Self::Replaced(node) => {
                cluster.kill(node);
                thread::sleep(CALM);
                let back = if matches!(self, Self::Killed(_)) { Galera::rejoin } else { Galera::replace };
                back(cluster, node).unwrap();
            }
        }
    }
}

impl Kitchen {
    /// Orders the same under the same key until that is acknowledged, and then the next.
    async fn order(self: Arc<Self>, [store, elsewhere]: [Arc<dyn Store>; 2], diner: i64) {
        let mut n = 0;
        while !self.closed.load(Ordering::SeqCst) {
            let key = IdempotencyKey::parse(&format!("{n}")).unwrap();
            let idempotency = Some(Idempotency { key, request_hash: [0; 32] });
            let order = NewOrder { idempotency, ..new_order(diner, n % 3) };
            let (placed, earlier) = self.until_it_is_answered(|| store.place_order(order.clone())).await;
            let id = match placed {
                Placed::Saved { id, .. } => id,
                Placed::Replayed(id) if earlier > 0 => id,
                other => panic!("{other:?} after {earlier} errors"),
            };
            self.is_known(&*elsewhere, id).await;
            self.placed.lock().unwrap().entry(diner).or_default().push(id);
            n += 1;
            sleep(BETWEEN_ORDERS).await;
        }
    }

    async fn cook(self: Arc<Self>, [store, elsewhere]: [Arc<dyn Store>; 2]) {
        let mut n = 0_u32;
        while !self.closed.load(Ordering::SeqCst) {
            let lease = lease(&Token::new());
            // Without a second try: what this claims is lost when the answer is.
            let claimed = match store.claim_due(Claim { limit: 3, pick: Pick::FairShare, lease }).await {
                Ok(claimed) => claimed,
                Err(error) => {
                    self.note(&error);
                    Vec::new()
                }
            };
            if claimed.is_empty() {
                sleep(AGAIN_AFTER).await;
            }
            for order in &claimed {
                assert!(self.in_hand.lock().unwrap().insert(order.id), "{} was claimed twice", order.id);
            }
            for order in claimed {
                n += 1;
                match n.is_multiple_of(4) {
                    true => self.release(&*store, &order).await,
                    false => {
                        self.finish(&*store, &order).await;
                        let known = self.is_known(&*elsewhere, order.id).await;
                        assert_eq!(known, OrderState::Fulfilled, "{} is not known elsewhere", order.id);
                    }
                }
            }
        }
    }

    /// What was answered here is known there, at once.
    async fn is_known(&self, store: &dyn Store, id: OrderId) -> OrderState {
        let (order, _) = self.until_it_is_answered(|| store.order(id)).await;
        order.unwrap_or_else(|| panic!("order {id} is not known elsewhere")).state
    }

    async fn finish(&self, store: &dyn Store, order: &ClaimedOrder) {
        let jwt = format!("the pizza of order {}, by {:?}", order.id, order.token);
        let finish = || store.finish(order.id, &order.token, Finish::Fulfilled { jwt: jwt.clone() });
        self.settled(self.until_it_is_answered(finish).await, order);
        let before = self.pizzas.lock().unwrap().insert(order.id, jwt);
        assert_eq!(before, None, "{} was finished twice", order.id);
    }

    async fn release(&self, store: &dyn Store, order: &ClaimedOrder) {
        // Out of our hands before it is said so: the next one may be quick.
        self.in_hand.lock().unwrap().remove(&order.id);
        let release = || store.release(order.id, &order.token, Release::default());
        self.settled(self.until_it_is_answered(release).await, order);
    }

    /// Nobody is rescued in the storm, so nobody comes too late, unless they were there before.
    fn settled(&self, (settlement, earlier): (Settlement, u32), order: &ClaimedOrder) {
        let stale = settlement == Settlement::Stale && earlier == 0;
        assert!(!stale, "{} was taken out of the hands that held it", order.id);
    }

    /// The answer, and how many errors came before it.
    async fn until_it_is_answered<T, F>(&self, ask: impl Fn() -> F) -> (T, u32)
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut errors = 0;
        loop {
            match ask().await {
                Ok(answer) => return (answer, errors),
                Err(error) => {
                    errors += 1;
                    self.note(&error);
                    sleep(AGAIN_AFTER).await;
                }
            }
        }
    }

    fn note(&self, error: &StoreError) {
        *self.errors.lock().unwrap().entry(format!("{error:?}")).or_default() += 1;
    }
}
