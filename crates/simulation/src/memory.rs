//! A store in memory, for the mass of seeds: the verbs of orders and their fulfilment, as every backend promises them.
//! The others answer with an error.
//!
//! Whether it keeps its promises is tested against the backends' own suite and against SQLite (`tests/`).

use async_trait::async_trait;
use domain::{
    Bitcoin, Diner, Franchise, FranchiseId, MAX_ITEMS, Menu, MenuId, NewMenuItem, OrderEvent, OrderId,
    OrderItem, OrderState, StoreId, User, UserId,
};
use jiff::{Timestamp, civil::Date};
use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use store::{
    Act, AuditEntry, Cancellation, Claim, ClaimedOrder, Credentials, Finding, Finish, FranchiseCreation,
    FranchisePage, FranchiseQuery, Idempotency, Lease, NewFranchise, NewOrder, NewUser, OrderPage,
    OrderRecord, OrderedItem, Pick, Placed, QueueStats, Redrive, Registration, Release, Settlement,
    StatusEvent, Store, StoreCreation, StoreError, Token, UserChange, UserDeletion, UserPage, UserQuery,
    UserUpdate,
};

const KEYS_LIVE_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// A store in memory.
pub struct MemoryStore {
    /// The database's clock, in milliseconds since the epoch.
    clock: Arc<AtomicI64>,
    tables: Mutex<Tables>,
}

#[derive(Default)]
struct Tables {
    /// By id, which is one more than the place.
    orders: Vec<Order>,
    keys: HashMap<(UserId, String), Key>,
    settings: HashMap<String, String>,
    /// The franchise whose turn it was last.
    turn: i64,
}

struct Key {
    request_hash: [u8; 32],
    order: OrderId,
    expires_at: i64,
}

struct Order {
    id: OrderId,
    diner: Diner,
    franchise: FranchiseId,
    store: StoreId,
    items: Vec<OrderItem>,
    traceparent: Option<String>,
    placed_at: i64,
    state: OrderState,
    due_at: i64,
    attempts: u32,
    strikes: u32,
    token: Option<Token>,
    lease_until: i64,
    fulfilled_at: Option<i64>,
    reason: Option<String>,
    unverified_pizza: Option<String>,
    jwt: Option<String>,
    events: Vec<(OrderState, i64)>,
}

impl MemoryStore {
    /// An empty one, with this clock: milliseconds since the epoch.
    pub fn new(clock: Arc<AtomicI64>) -> Self {
        Self { clock, tables: Mutex::default() }
    }

    fn now(&self) -> i64 {
        self.clock.load(Ordering::Relaxed)
    }

    fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Order {
    /// Lets `event` happen, and takes the order out of the hands it was in; whether the step is legal.
    fn step(&mut self, event: OrderEvent, now: i64) -> bool {
        let Ok(next) = self.state.after(event) else { return false };
        self.state = next;
        self.token = None;
        self.events.push((next, now));
        true
    }

    fn record(&self) -> OrderRecord {
        let item = |(number, item): (usize, &OrderItem)| OrderedItem {
            id: self.id.0 * MAX_ITEMS as i64 + number as i64,
            menu_id: item.menu_id,
            description: item.description.clone(),
            price: item.price,
        };
        OrderRecord {
            id: self.id,
            diner: self.diner.id,
            franchise: self.franchise,
            store: self.store,
            date: time(self.placed_at),
            items: self.items.iter().enumerate().map(item).collect(),
            state: self.state,
            jwt: self.jwt.clone(),
            attempts: self.attempts,
            queued_at: time(self.placed_at),
            fulfilled_at: self.fulfilled_at.map(time),
            reason: self.reason.clone(),
        }
    }

    fn claimed(&self, token: Token) -> ClaimedOrder {
        ClaimedOrder {
            id: self.id,
            diner: self.diner.clone(),
            franchise: self.franchise,
            store: self.store,
            items: self.items.clone(),
            date: time(self.placed_at),
            token,
            attempts: self.attempts,
            strikes: self.strikes,
            unverified_pizza: self.unverified_pizza.clone(),
            traceparent: self.traceparent.clone(),
        }
    }
}

impl Tables {
    fn order(&mut self, id: OrderId) -> Option<&mut Order> {
        let place = usize::try_from(id.0).ok()?.checked_sub(1)?;
        self.orders.get_mut(place)
    }

    fn held(&mut self, id: OrderId, token: &Token) -> Option<&mut Order> {
        self.order(id).filter(|order| order.token.as_ref() == Some(token))
    }

    fn queued(&self) -> impl Iterator<Item = &Order> {
        self.orders.iter().filter(|order| order.state == OrderState::Queued)
    }

    fn placed_earlier(&self, diner: UserId, idempotency: &Idempotency, now: i64) -> Option<Placed> {
        let known = self.keys.get(&(diner, idempotency.key.as_str().to_owned()))?;
        let same = known.request_hash == idempotency.request_hash;
        let placed = if same { Placed::Replayed(known.order) } else { Placed::KeyReused };
        (known.expires_at > now).then_some(placed)
    }

    fn longest_due(&self, now: i64, of: impl Fn(&Order) -> bool) -> Option<OrderId> {
        let due = self.queued().filter(|order| order.due_at <= now && of(order));
        due.min_by_key(|order| (order.due_at, order.id)).map(|order| order.id)
    }

    /// The next order of the first franchise after the last one's turn that has one.
    fn fair(&mut self, now: i64) -> Option<OrderId> {
        let due = self.queued().filter(|order| order.due_at <= now).map(|order| order.franchise.0);
        let franchise = due.min_by_key(|franchise| (*franchise <= self.turn, *franchise))?;
        self.turn = franchise;
        self.longest_due(now, |order| order.franchise.0 == franchise)
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn place_order(&self, order: NewOrder) -> Result<Placed, StoreError> {
        let (now, mut tables) = (self.now(), self.tables());
        if let Some(idempotency) = &order.idempotency
            && let Some(earlier) = tables.placed_earlier(order.diner.id, idempotency, now)
        {
            return Ok(earlier);
        }
        let id = OrderId(tables.orders.len() as i64 + 1);
        if let Some(Idempotency { key, request_hash }) = order.idempotency {
            let known = Key { request_hash, order: id, expires_at: after(now, KEYS_LIVE_FOR) };
            tables.keys.insert((order.diner.id, key.as_str().to_owned()), known);
        }
        let state = if order.claim.is_some() { OrderState::Making } else { OrderState::Queued };
        tables.orders.push(Order {
            id,
            diner: order.diner,
            franchise: order.franchise,
            store: order.store,
            items: order.items,
            traceparent: order.traceparent,
            placed_at: now,
            state,
            due_at: now,
            attempts: u32::from(order.claim.is_some()),
            strikes: 0,
            lease_until: order.claim.as_ref().map_or(0, |lease| after(now, lease.duration)),
            token: order.claim.map(|lease| lease.token),
            fulfilled_at: None,
            reason: None,
            unverified_pizza: None,
            jwt: None,
            events: vec![(state, now)],
        });
        Ok(Placed::Saved { id, date: time(now) })
    }

    async fn placed_earlier(
        &self,
        diner: UserId,
        idempotency: &Idempotency,
    ) -> Result<Option<Placed>, StoreError> {
        Ok(self.tables().placed_earlier(diner, idempotency, self.now()))
    }

    async fn claim_due(&self, claim: Claim) -> Result<Vec<ClaimedOrder>, StoreError> {
        let (now, mut tables) = (self.now(), self.tables());
        let mut claimed = Vec::new();
        while claimed.len() < claim.limit as usize {
            let next = match claim.pick {
                Pick::Oldest => tables.longest_due(now, |_| true),
                Pick::FairShare => tables.fair(now),
            };
            let Some(order) = next.and_then(|id| tables.order(id)) else { break };
            if !order.step(OrderEvent::Claimed, now) {
                break;
            }
            order.token = Some(claim.lease.token.clone());
            order.lease_until = after(now, claim.lease.duration);
            order.attempts += 1;
            claimed.push(order.claimed(claim.lease.token.clone()));
        }
        Ok(claimed)
    }

    async fn record_attempt(&self, order: OrderId, lease: &Lease) -> Result<Settlement, StoreError> {
        let (now, mut tables) = (self.now(), self.tables());
        let Some(order) = tables.held(order, &lease.token) else { return Ok(Settlement::Stale) };
        order.attempts += 1;
        order.lease_until = after(now, lease.duration);
        Ok(Settlement::Applied)
    }

    async fn finish(&self, order: OrderId, token: &Token, finish: Finish) -> Result<Settlement, StoreError> {
        let (now, mut tables) = (self.now(), self.tables());
        let Some(order) = tables.held(order, token) else { return Ok(Settlement::Stale) };
        match finish {
            Finish::Fulfilled { jwt } => {
                order.step(OrderEvent::PizzaVerified, now);
                order.fulfilled_at = Some(now);
                order.reason = None;
                order.unverified_pizza = None;
                order.jwt = Some(jwt);
            }
            Finish::Rejected { reason } => {
                order.step(OrderEvent::RefusedForGood, now);
                order.reason = Some(reason);
                order.unverified_pizza = None;
            }
            Finish::Quarantined { reason } => {
                order.step(OrderEvent::KeptFailing, now);
                order.reason = Some(reason);
            }
        }
        Ok(Settlement::Applied)
    }

    async fn release(
        &self,
        order: OrderId,
        token: &Token,
        release: Release,
    ) -> Result<Settlement, StoreError> {
        let (now, mut tables) = (self.now(), self.tables());
        let Some(order) = tables.held(order, token) else { return Ok(Settlement::Stale) };
        order.step(OrderEvent::RetryLater, now);
        if let Some(due_in) = release.due_in {
            order.due_at = after(now, due_in);
        }
        order.attempts -= u32::from(release.attempt_unspent && order.attempts > 0);
        order.strikes += u32::from(release.strike);
        if release.failure.is_some() {
            order.reason = release.failure;
        }
        order.unverified_pizza = release.unverified_pizza;
        Ok(Settlement::Applied)
    }

    async fn rescue_expired(&self) -> Result<u64, StoreError> {
        let (now, mut tables) = (self.now(), self.tables());
        let mut rescued = 0;
        for order in &mut tables.orders {
            if order.state == OrderState::Making
                && order.lease_until <= now
                && order.step(OrderEvent::LeaseExpired, now)
            {
                order.due_at = now;
                rescued += 1;
            }
        }
        Ok(rescued)
    }

    async fn cancel_order(&self, order: OrderId) -> Result<Cancellation, StoreError> {
        let (now, mut tables) = (self.now(), self.tables());
        let Some(order) = tables.order(order) else { return Ok(Cancellation::Unknown) };
        let state = order.state;
        if !order.step(OrderEvent::Cancelled, now) {
            return Ok(Cancellation::TooLate(state));
        }
        order.unverified_pizza = None;
        Ok(Cancellation::Cancelled)
    }

    async fn redrive_order(&self, order: OrderId) -> Result<Redrive, StoreError> {
        let (now, mut tables) = (self.now(), self.tables());
        let Some(order) = tables.order(order) else { return Ok(Redrive::Unknown) };
        let state = order.state;
        if !order.step(OrderEvent::Redriven, now) {
            return Ok(Redrive::NotQuarantined(state));
        }
        (order.due_at, order.strikes) = (now, 0);
        Ok(Redrive::Queued)
    }

    async fn order(&self, id: OrderId) -> Result<Option<OrderRecord>, StoreError> {
        Ok(self.tables().order(id).map(|order| order.record()))
    }

    async fn orders_of(
        &self,
        diner: UserId,
        page: u32,
        per_page: u32,
    ) -> Result<Vec<OrderRecord>, StoreError> {
        let tables = self.tables();
        let mut theirs: Vec<_> = tables.orders.iter().filter(|order| order.diner.id == diner).collect();
        theirs.sort_by_key(|order| std::cmp::Reverse((order.placed_at, order.id)));
        Ok(on_page(theirs, page, per_page).map(Order::record).collect())
    }

    async fn orders_in(&self, state: OrderState, page: u32, per_page: u32) -> Result<OrderPage, StoreError> {
        let tables = self.tables();
        let mut all: Vec<_> = tables.orders.iter().filter(|order| order.state == state).collect();
        all.sort_by_key(|order| (order.placed_at, order.id));
        let end = u64::from(page.max(1)) * u64::from(per_page);
        let more = all.len() as u64 > end;
        Ok(OrderPage { orders: on_page(all, page, per_page).map(Order::record).collect(), more })
    }

    async fn status_events(&self, order: OrderId, after: u32) -> Result<Vec<StatusEvent>, StoreError> {
        let mut tables = self.tables();
        let Some(order) = tables.order(order) else { return Ok(Vec::new()) };
        let event = |(number, (state, at)): (u32, &(OrderState, i64))| StatusEvent {
            number,
            state: *state,
            at: time(*at),
        };
        Ok((1..).zip(&order.events).skip(after as usize).map(event).collect())
    }

    async fn queue_stats(&self) -> Result<QueueStats, StoreError> {
        let tables = self.tables();
        let mut stats = QueueStats { now: time(self.now()), ..QueueStats::default() };
        for order in &tables.orders {
            match order.state {
                OrderState::Queued => stats.queued += 1,
                OrderState::Making => stats.making += 1,
                OrderState::Quarantined => stats.quarantined += 1,
                OrderState::Fulfilled | OrderState::Rejected | OrderState::Cancelled => {}
            }
        }
        stats.oldest_queued_at = tables.queued().map(|order| order.placed_at).min().map(time);
        stats.next_due_at = tables.queued().map(|order| order.due_at).min().map(time);
        Ok(stats)
    }

    async fn keep_setting(&self, name: &str, value: &str) -> Result<String, StoreError> {
        let mut tables = self.tables();
        Ok(tables.settings.entry(name.to_owned()).or_insert_with(|| value.to_owned()).clone())
    }

    async fn prune(&self) -> Result<u64, StoreError> {
        let (now, mut tables) = (self.now(), self.tables());
        let before = tables.keys.len();
        tables.keys.retain(|_, key| key.expires_at > now);
        Ok((before - tables.keys.len()) as u64)
    }

    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn create_user(&self, _: NewUser) -> Result<Registration, StoreError> {
        unsupported()
    }
    async fn credentials(&self, _: &str) -> Result<Vec<Credentials>, StoreError> {
        unsupported()
    }
    async fn users(&self, _: UserQuery) -> Result<UserPage, StoreError> {
        unsupported()
    }
    async fn user(&self, _: UserId) -> Result<Option<User>, StoreError> {
        unsupported()
    }
    async fn has_admin(&self) -> Result<bool, StoreError> {
        unsupported()
    }
    async fn update_user(&self, _: UserId, _: UserChange) -> Result<UserUpdate, StoreError> {
        unsupported()
    }
    async fn rehash_password(&self, _: UserId, _: &str, _: &str) -> Result<bool, StoreError> {
        unsupported()
    }
    async fn delete_user(&self, _: UserId) -> Result<UserDeletion, StoreError> {
        unsupported()
    }
    async fn open_session(&self, _: &str, _: UserId, _: Timestamp) -> Result<(), StoreError> {
        unsupported()
    }
    async fn session_user(&self, _: &str) -> Result<Option<User>, StoreError> {
        unsupported()
    }
    async fn close_session(&self, _: &str) -> Result<bool, StoreError> {
        unsupported()
    }
    async fn menu(&self) -> Result<Menu, StoreError> {
        unsupported()
    }
    async fn add_menu_item(&self, _: NewMenuItem) -> Result<Menu, StoreError> {
        unsupported()
    }
    async fn change_menu_item(&self, _: MenuId, _: NewMenuItem) -> Result<Option<Menu>, StoreError> {
        unsupported()
    }
    async fn withdraw_menu_item(&self, _: MenuId) -> Result<Option<Menu>, StoreError> {
        unsupported()
    }
    async fn franchises(&self, _: FranchiseQuery) -> Result<FranchisePage, StoreError> {
        unsupported()
    }
    async fn franchises_of(&self, _: UserId) -> Result<Vec<Franchise>, StoreError> {
        unsupported()
    }
    async fn franchise(&self, _: FranchiseId) -> Result<Option<Franchise>, StoreError> {
        unsupported()
    }
    async fn revenue_by_day(
        &self,
        _: FranchiseId,
        _: Timestamp,
        _: Timestamp,
    ) -> Result<BTreeMap<Date, Bitcoin>, StoreError> {
        unsupported()
    }
    async fn franchise_of(&self, _: StoreId) -> Result<Option<FranchiseId>, StoreError> {
        unsupported()
    }
    async fn create_franchise(&self, _: NewFranchise) -> Result<FranchiseCreation, StoreError> {
        unsupported()
    }
    async fn delete_franchise(&self, _: FranchiseId) -> Result<bool, StoreError> {
        unsupported()
    }
    async fn create_store(&self, _: FranchiseId, _: &str) -> Result<StoreCreation, StoreError> {
        unsupported()
    }
    async fn delete_store(&self, _: FranchiseId, _: StoreId) -> Result<bool, StoreError> {
        unsupported()
    }
    async fn record_act(&self, _: Act) -> Result<(), StoreError> {
        unsupported()
    }
    async fn audit_log(&self, _: u32, _: u32) -> Result<Vec<AuditEntry>, StoreError> {
        unsupported()
    }
    async fn examine(&self) -> Result<Vec<Finding>, StoreError> {
        unsupported()
    }
}

fn unsupported<T>() -> Result<T, StoreError> {
    Err(StoreError::new("the simulation's store keeps orders and nothing else"))
}

fn on_page(all: Vec<&Order>, page: u32, per_page: u32) -> impl Iterator<Item = &Order> {
    let skipped = u64::from(page.saturating_sub(1)) * u64::from(per_page);
    all.into_iter().skip(usize::try_from(skipped).unwrap_or(usize::MAX)).take(per_page as usize)
}

fn after(now: i64, duration: Duration) -> i64 {
    let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
    now.saturating_add(millis).min(Timestamp::MAX.as_millisecond())
}

fn time(millis: i64) -> Timestamp {
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX)
}
