//! The way of one instance to the store: where it is slow, fails, loses an answer, or is killed.

use crate::{
    block_on::block_on,
    counts::Count,
    fate::Fate,
    world::{Meets, World},
};
use async_trait::async_trait;
use domain::{
    Bitcoin, Franchise, FranchiseId, Menu, MenuId, NewMenuItem, OrderId, OrderState, StoreId, User, UserId,
};
use jiff::{Timestamp, civil::Date};
use std::{collections::BTreeMap, sync::Arc};
use store::{
    Act, AuditEntry, Cancellation, Claim, ClaimedOrder, Credentials, Finding, Finish, FranchiseCreation,
    FranchisePage, FranchiseQuery, Idempotency, Lease, NewFranchise, NewOrder, NewUser, OrderPage,
    OrderRecord, Placed, QueueStats, Redrive, Registration, Release, Settlement, StatusEvent, Store,
    StoreCreation, StoreError, Token, UserChange, UserDeletion, UserPage, UserQuery, UserUpdate,
};
use tokio::time::{Instant, sleep};

/// A store as one incarnation of an instance reaches it.
pub(crate) struct Edge {
    pub(crate) fate: Arc<Fate>,
    pub(crate) store: Arc<dyn Store>,
}

impl Edge {
    fn world(&self) -> &World {
        &self.fate.world
    }

    async fn read<T>(
        &self,
        verb: &'static str,
        of: i64,
        done: impl Future<Output = Result<T, StoreError>>,
        tell: impl FnOnce(&T) -> i64,
    ) -> Result<T, StoreError> {
        self.pass(verb, of, false, done, tell).await
    }

    async fn write<T>(
        &self,
        verb: &'static str,
        of: i64,
        done: impl Future<Output = Result<T, StoreError>>,
        tell: impl FnOnce(&T) -> i64,
    ) -> Result<T, StoreError> {
        self.pass(verb, of, true, done, tell).await
    }

    /// There, what is done there, and back. The verb itself takes no simulated time, whatever the store is.
    async fn pass<T>(
        &self,
        verb: &'static str,
        of: i64,
        write: bool,
        done: impl Future<Output = Result<T, StoreError>>,
        tell: impl FnOnce(&T) -> i64,
    ) -> Result<T, StoreError> {
        let (fate, world) = (&self.fate, self.world());
        let passage = fate.leave_house().await;
        world.count(Count::StoreVerbs);
        let (latency, meets) = world.store_weather(write);
        if !latency.is_zero() {
            sleep(latency).await;
            if fate.is_dead() {
                return std::future::pending().await;
            }
        }
        world.set_database_clock();
        let answer = match meets {
            Meets::Nothing => block_on(done),
            Meets::Failure => Err(StoreError::new("simulated: nothing happened")),
            Meets::LostAnswer => block_on(done).and(Err(StoreError::new("simulated: it happened"))),
        };
        world.event(fate, verb, of, answer.as_ref().map_or(-1, tell));
        fate.come_home(passage).await;
        answer
    }
}

#[async_trait]
impl Store for Edge {
    async fn place_order(&self, order: NewOrder) -> Result<Placed, StoreError> {
        let (asked_at, claimed) = (Instant::now(), order.claim.is_some());
        let (diner, lease) = (order.diner.id.0, order.claim.clone());
        let placed = async {
            let placed = self.store.place_order(order).await?;
            if let (Placed::Saved { id, .. }, Some(lease)) = (&placed, &lease) {
                self.world().leases.given(self.world(), *id, lease);
            }
            Ok(placed)
        };
        let placed = self.write("place_order", diner, placed, |placed| match placed {
            Placed::Saved { id, .. } => id.0,
            Placed::Replayed(id) => -id.0,
            Placed::KeyReused => 0,
        });
        let placed = placed.await?;
        match placed {
            Placed::Saved { id, .. } if claimed => self.fate.may_send(id, asked_at, true),
            Placed::Replayed(_) => self.world().count(Count::Replays),
            _ => {}
        }
        Ok(placed)
    }

    async fn placed_earlier(
        &self,
        diner: UserId,
        idempotency: &Idempotency,
    ) -> Result<Option<Placed>, StoreError> {
        let earlier = self.store.placed_earlier(diner, idempotency);
        self.read("placed_earlier", diner.0, earlier, |placed| placed.is_some().into()).await
    }

    async fn claim_due(&self, claim: Claim) -> Result<Vec<ClaimedOrder>, StoreError> {
        let (asked_at, limit) = (Instant::now(), i64::from(claim.limit));
        let lease = claim.lease.clone();
        let claimed = async {
            let claimed = self.store.claim_due(claim).await?;
            for order in &claimed {
                self.world().leases.given(self.world(), order.id, &lease);
            }
            Ok(claimed)
        };
        let claimed = self.write("claim_due", limit, claimed, |claimed| {
            claimed.iter().fold(0, |sum, order| sum * 1000 + order.id.0)
        });
        let claimed = claimed.await?;
        for order in &claimed {
            self.fate.may_send(order.id, asked_at, true);
        }
        Ok(claimed)
    }

    async fn record_attempt(&self, order: OrderId, lease: &Lease) -> Result<Settlement, StoreError> {
        let asked_at = Instant::now();
        let recorded = async {
            let recorded = self.store.record_attempt(order, lease).await?;
            self.world().leases.prolonged(self.world(), order, lease, recorded);
            Ok(recorded)
        };
        let recorded = self.write("record_attempt", order.0, recorded, settled).await?;
        if recorded == Settlement::Applied {
            self.fate.may_send(order, asked_at, false);
        }
        Ok(recorded)
    }

    async fn finish(&self, order: OrderId, token: &Token, finish: Finish) -> Result<Settlement, StoreError> {
        let verb = match finish {
            Finish::Fulfilled { .. } => "finish fulfilled",
            Finish::Rejected { .. } => "finish rejected",
            Finish::Quarantined { .. } => "finish quarantined",
        };
        if let Finish::Quarantined { .. } = finish {
            self.fate.blames(order);
        }
        let finished = async {
            let finished = self.store.finish(order, token, finish).await?;
            self.world().leases.ended(self.world(), order, token, finished);
            Ok(finished)
        };
        let finished = self.write(verb, order.0, finished, settled).await?;
        if finished == Settlement::Stale {
            self.world().count(Count::Stale);
        }
        Ok(finished)
    }

    async fn release(
        &self,
        order: OrderId,
        token: &Token,
        release: Release,
    ) -> Result<Settlement, StoreError> {
        if release.strike {
            self.fate.blames(order);
        }
        let released = async {
            let released = self.store.release(order, token, release).await?;
            self.world().leases.ended(self.world(), order, token, released);
            Ok(released)
        };
        let released = self.write("release", order.0, released, settled).await?;
        match released {
            Settlement::Stale => self.world().count(Count::Stale),
            Settlement::Applied => self.fate.releases(order),
        }
        Ok(released)
    }

    async fn rescue_expired(&self) -> Result<u64, StoreError> {
        let rescued = async {
            let rescued = self.store.rescue_expired().await?;
            self.world().leases.rescued(self.world(), rescued);
            Ok(rescued)
        };
        let rescued = self.write("rescue_expired", 0, rescued, |rescued| *rescued as i64).await?;
        self.world().count_many(Count::Rescues, rescued);
        Ok(rescued)
    }

    async fn cancel_order(&self, order: OrderId) -> Result<Cancellation, StoreError> {
        let cancelled = self.store.cancel_order(order);
        self.write("cancel_order", order.0, cancelled, |done| (*done == Cancellation::Cancelled).into()).await
    }

    async fn redrive_order(&self, order: OrderId) -> Result<Redrive, StoreError> {
        let redriven = self.store.redrive_order(order);
        self.write("redrive_order", order.0, redriven, |done| (*done == Redrive::Queued).into()).await
    }

    async fn order(&self, id: OrderId) -> Result<Option<OrderRecord>, StoreError> {
        self.read("order", id.0, self.store.order(id), |order| order.is_some().into()).await
    }

    async fn orders_of(&self, diner: UserId, page: u32, many: u32) -> Result<Vec<OrderRecord>, StoreError> {
        self.read("orders_of", diner.0, self.store.orders_of(diner, page, many), |page| page.len() as i64)
            .await
    }

    async fn orders_in(&self, state: OrderState, page: u32, many: u32) -> Result<OrderPage, StoreError> {
        let orders = self.store.orders_in(state, page, many);
        self.read("orders_in", 0, orders, |page| page.orders.len() as i64).await
    }

    async fn status_events(&self, order: OrderId, after: u32) -> Result<Vec<StatusEvent>, StoreError> {
        let events = self.store.status_events(order, after);
        self.read("status_events", order.0, events, |events| events.len() as i64).await
    }

    async fn queue_stats(&self) -> Result<QueueStats, StoreError> {
        self.read("queue_stats", 0, self.store.queue_stats(), |stats| stats.queued as i64).await
    }

    async fn keep_setting(&self, name: &str, value: &str) -> Result<String, StoreError> {
        self.write("keep_setting", 0, self.store.keep_setting(name, value), |_| 0).await
    }

    async fn prune(&self) -> Result<u64, StoreError> {
        self.write("prune", 0, self.store.prune(), |rows| *rows as i64).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.write("check", 0, self.store.check(), |()| 0).await
    }

    // What follows is not asked by fulfilment, and goes through as it is.

    async fn create_user(&self, user: NewUser) -> Result<Registration, StoreError> {
        self.store.create_user(user).await
    }
    async fn credentials(&self, email: &str) -> Result<Vec<Credentials>, StoreError> {
        self.store.credentials(email).await
    }
    async fn users(&self, query: UserQuery) -> Result<UserPage, StoreError> {
        self.store.users(query).await
    }
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.store.user(id).await
    }
    async fn has_admin(&self) -> Result<bool, StoreError> {
        self.store.has_admin().await
    }
    async fn update_user(&self, id: UserId, change: UserChange) -> Result<UserUpdate, StoreError> {
        self.store.update_user(id, change).await
    }
    async fn rehash_password(&self, id: UserId, old: &str, new: &str) -> Result<bool, StoreError> {
        self.store.rehash_password(id, old, new).await
    }
    async fn delete_user(&self, id: UserId) -> Result<UserDeletion, StoreError> {
        self.store.delete_user(id).await
    }
    async fn open_session(&self, name: &str, user: UserId, until: Timestamp) -> Result<(), StoreError> {
        self.store.open_session(name, user, until).await
    }
    async fn session_user(&self, signature: &str) -> Result<Option<User>, StoreError> {
        self.store.session_user(signature).await
    }
    async fn close_session(&self, signature: &str) -> Result<bool, StoreError> {
        self.store.close_session(signature).await
    }
    async fn menu(&self) -> Result<Menu, StoreError> {
        self.store.menu().await
    }
    async fn add_menu_item(&self, item: NewMenuItem) -> Result<Menu, StoreError> {
        self.store.add_menu_item(item).await
    }
    async fn change_menu_item(&self, id: MenuId, item: NewMenuItem) -> Result<Option<Menu>, StoreError> {
        self.store.change_menu_item(id, item).await
    }
    async fn withdraw_menu_item(&self, id: MenuId) -> Result<Option<Menu>, StoreError> {
        self.store.withdraw_menu_item(id).await
    }
    async fn franchises(&self, query: FranchiseQuery) -> Result<FranchisePage, StoreError> {
        self.store.franchises(query).await
    }
    async fn franchises_of(&self, franchisee: UserId) -> Result<Vec<Franchise>, StoreError> {
        self.store.franchises_of(franchisee).await
    }
    async fn franchise(&self, id: FranchiseId) -> Result<Option<Franchise>, StoreError> {
        self.store.franchise(id).await
    }
    async fn revenue_by_day(
        &self,
        franchise: FranchiseId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<BTreeMap<Date, Bitcoin>, StoreError> {
        self.store.revenue_by_day(franchise, from, to).await
    }
    async fn franchise_of(&self, store: StoreId) -> Result<Option<FranchiseId>, StoreError> {
        self.store.franchise_of(store).await
    }
    async fn create_franchise(&self, new: NewFranchise) -> Result<FranchiseCreation, StoreError> {
        self.store.create_franchise(new).await
    }
    async fn delete_franchise(&self, id: FranchiseId) -> Result<bool, StoreError> {
        self.store.delete_franchise(id).await
    }
    async fn create_store(&self, franchise: FranchiseId, name: &str) -> Result<StoreCreation, StoreError> {
        self.store.create_store(franchise, name).await
    }
    async fn delete_store(&self, franchise: FranchiseId, store: StoreId) -> Result<bool, StoreError> {
        self.store.delete_store(franchise, store).await
    }
    async fn record_act(&self, act: Act) -> Result<(), StoreError> {
        self.store.record_act(act).await
    }
    async fn audit_log(&self, page: u32, per_page: u32) -> Result<Vec<AuditEntry>, StoreError> {
        self.store.audit_log(page, per_page).await
    }
    async fn examine(&self) -> Result<Vec<Finding>, StoreError> {
        self.store.examine().await
    }
}

fn settled(settlement: &Settlement) -> i64 {
    (*settlement == Settlement::Applied).into()
}
