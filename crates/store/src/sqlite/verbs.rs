//! The verbs of [`Store`].

use super::{
    SqliteStore, accounts, audit, catalogue, claim, examine, housekeeping, intervene, orders, place,
    revenue_by_day, settle,
};
use crate::{
    Act, AuditEntry, Cancellation, Claim, ClaimedOrder, Credentials, Finding, Finish, FranchiseCreation,
    FranchisePage, FranchiseQuery, Idempotency, Lease, NewFranchise, NewOrder, NewUser, OrderPage,
    OrderRecord, Placed, QueueStats, Redrive, Registration, Release, Settlement, StatusEvent, Store,
    StoreCreation, StoreError, Token, UserChange, UserDeletion, UserPage, UserQuery, UserUpdate,
    observer::observed, operations::FORGET_ROUNDS,
};
use domain::{
    Bitcoin, Franchise, FranchiseId, Menu, MenuId, NewMenuItem, OrderId, OrderState, StoreId, User, UserId,
};
use jiff::{Timestamp, civil::Date};
use std::{collections::BTreeMap, sync::Arc};

observed! {
    impl Store for SqliteStore {
        async fn create_user(&self, user: NewUser) -> Result<Registration, StoreError> {
            self.write(move |db, _| accounts::create_user(db, &user)).await
        }

        async fn credentials(&self, email: &str) -> Result<Vec<Credentials>, StoreError> {
            self.snapshot(|db| accounts::credentials(db, email))
        }

        async fn users(&self, query: UserQuery) -> Result<UserPage, StoreError> {
            self.snapshot(|db| accounts::users(db, &query))
        }

        async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
            self.snapshot(|db| accounts::user_by_id(db, id))
        }

        async fn has_admin(&self) -> Result<bool, StoreError> {
            self.snapshot(accounts::has_admin)
        }

        async fn update_user(&self, id: UserId, change: UserChange) -> Result<UserUpdate, StoreError> {
            self.write(move |db, _| accounts::update_user(db, id, &change)).await
        }

        async fn rehash_password(&self, id: UserId, old: &str, new: &str) -> Result<bool, StoreError> {
            let (old, new) = (old.to_owned(), new.to_owned());
            self.write(move |db, _| accounts::rehash_password(db, id, &old, &new)).await
        }

        async fn delete_user(&self, id: UserId) -> Result<UserDeletion, StoreError> {
            self.write(move |db, _| accounts::delete_user(db, id)).await
        }

        async fn open_session(
            &self,
            signature: &str,
            user: UserId,
            expires_at: Timestamp,
        ) -> Result<(), StoreError> {
            let signature = signature.to_owned();
            self.write(move |db, _| accounts::open_session(db, &signature, user, expires_at.into())).await
        }

        async fn session_user(&self, signature: &str) -> Result<Option<User>, StoreError> {
            self.read(|db| accounts::session_user(db, signature, self.clock.now()))
        }

        async fn close_session(&self, signature: &str) -> Result<bool, StoreError> {
            let signature = signature.to_owned();
            self.write(move |db, now| accounts::close_session(db, &signature, now)).await
        }

        async fn menu(&self) -> Result<Menu, StoreError> {
            self.read(catalogue::menu)
        }

        async fn add_menu_item(&self, item: NewMenuItem) -> Result<Menu, StoreError> {
            self.write(move |db, _| catalogue::add_menu_item(db, &item)).await
        }

        async fn change_menu_item(&self, id: MenuId, item: NewMenuItem) -> Result<Option<Menu>, StoreError> {
            self.write(move |db, _| catalogue::change_menu_item(db, id, &item)).await
        }

        async fn withdraw_menu_item(&self, id: MenuId) -> Result<Option<Menu>, StoreError> {
            self.write(move |db, _| catalogue::withdraw_menu_item(db, id)).await
        }

        async fn franchises(&self, query: FranchiseQuery) -> Result<FranchisePage, StoreError> {
            self.snapshot(|db| catalogue::franchises(db, &query))
        }

        async fn franchises_of(&self, franchisee: UserId) -> Result<Vec<Franchise>, StoreError> {
            self.snapshot(|db| catalogue::franchises_of(db, franchisee))
        }

        async fn franchise(&self, id: FranchiseId) -> Result<Option<Franchise>, StoreError> {
            self.snapshot(|db| catalogue::franchise_by_id(db, id))
        }

        async fn revenue_by_day(
            &self,
            franchise: FranchiseId,
            from: Timestamp,
            to: Timestamp,
        ) -> Result<BTreeMap<Date, Bitcoin>, StoreError> {
            let (span, mut days) = (from..to, BTreeMap::new());
            let mut ids = self.snapshot(|db| revenue_by_day::ids_of(db, &span))?;
            while !ids.is_empty() {
                ids = self.snapshot(|db| revenue_by_day::add_some(db, franchise, &span, &ids, &mut days))?;
                tokio::task::yield_now().await;
            }
            Ok(days)
        }

        async fn franchise_of(&self, store: StoreId) -> Result<Option<FranchiseId>, StoreError> {
            self.read(|db| catalogue::franchise_of(db, store))
        }

        async fn create_franchise(&self, new: NewFranchise) -> Result<FranchiseCreation, StoreError> {
            self.write(move |db, _| catalogue::create_franchise(db, &new)).await
        }

        async fn delete_franchise(&self, id: FranchiseId) -> Result<bool, StoreError> {
            self.write(move |db, _| catalogue::delete_franchise(db, id)).await
        }

        async fn create_store(&self, franchise: FranchiseId, name: &str) -> Result<StoreCreation, StoreError> {
            let name = name.to_owned();
            self.write(move |db, _| catalogue::create_store(db, franchise, &name)).await
        }

        async fn delete_store(&self, franchise: FranchiseId, store: StoreId) -> Result<bool, StoreError> {
            self.write(move |db, _| catalogue::delete_store(db, franchise, store)).await
        }

        async fn place_order(&self, order: NewOrder) -> Result<Placed, StoreError> {
            self.write(move |db, now| place::place_order(db, &order, now)).await
        }

        async fn placed_earlier(
            &self,
            diner: UserId,
            idempotency: &Idempotency,
        ) -> Result<Option<Placed>, StoreError> {
            self.read(|db| place::placed_earlier(db, diner, idempotency, self.clock.now()))
        }

        async fn claim_due(&self, claim: Claim) -> Result<Vec<ClaimedOrder>, StoreError> {
            let turn = Arc::clone(&self.turn);
            self.write(move |db, now| claim::claim_due(db, &claim, &turn, now)).await
        }

        async fn record_attempt(&self, order: OrderId, lease: &Lease) -> Result<Settlement, StoreError> {
            let lease = lease.clone();
            self.write(move |db, now| settle::record_attempt(db, order, &lease, now)).await
        }

        async fn finish(
            &self,
            order: OrderId,
            token: &Token,
            finish: Finish,
        ) -> Result<Settlement, StoreError> {
            let token = token.clone();
            self.write(move |db, now| settle::finish(db, order, &token, &finish, now)).await
        }

        async fn release(
            &self,
            order: OrderId,
            token: &Token,
            release: Release,
        ) -> Result<Settlement, StoreError> {
            let token = token.clone();
            self.write(move |db, now| settle::release(db, order, &token, &release, now)).await
        }

        async fn rescue_expired(&self) -> Result<u64, StoreError> {
            self.write(settle::rescue_expired).await
        }

        async fn cancel_order(&self, order: OrderId) -> Result<Cancellation, StoreError> {
            self.write(move |db, now| intervene::cancel_order(db, order, now)).await
        }

        async fn redrive_order(&self, order: OrderId) -> Result<Redrive, StoreError> {
            self.write(move |db, now| intervene::redrive_order(db, order, now)).await
        }

        async fn order(&self, id: OrderId) -> Result<Option<OrderRecord>, StoreError> {
            self.snapshot(|db| orders::order(db, id))
        }

        async fn orders_of(
            &self,
            diner: UserId,
            page: u32,
            per_page: u32,
        ) -> Result<Vec<OrderRecord>, StoreError> {
            self.snapshot(|db| orders::orders_of(db, diner, page, per_page))
        }

        async fn orders_in(
            &self,
            state: OrderState,
            page: u32,
            per_page: u32,
        ) -> Result<OrderPage, StoreError> {
            self.snapshot(|db| orders::orders_in(db, state, page, per_page))
        }

        async fn status_events(&self, order: OrderId, after: u32) -> Result<Vec<StatusEvent>, StoreError> {
            self.snapshot(|db| orders::status_events(db, order, after))
        }

        async fn queue_stats(&self) -> Result<QueueStats, StoreError> {
            if let Some(stats) = self.queue_count.believed() {
                return Ok(stats);
            }
            let stats = self.snapshot(|db| orders::queue_stats(db, self.clock.now()))?;
            Ok(self.queue_count.keep(stats))
        }

        async fn keep_setting(&self, name: &str, value: &str) -> Result<String, StoreError> {
            let (name, value) = (name.to_owned(), value.to_owned());
            self.write(move |db, _| housekeeping::keep_setting(db, &name, &value)).await
        }

        async fn prune(&self) -> Result<u64, StoreError> {
            let mut gone = 0;
            for what in &housekeeping::FORGETTABLE {
                for _ in 0..FORGET_ROUNDS {
                    let some = self.write(|db, now| housekeeping::forget(db, what, now)).await?;
                    gone += some as u64;
                    if some < housekeeping::FORGET as usize {
                        break;
                    }
                }
            }
            Ok(gone)
        }

        async fn record_act(&self, act: Act) -> Result<(), StoreError> {
            self.write(move |db, now| audit::record_act(db, &act, now)).await
        }

        async fn audit_log(&self, page: u32, per_page: u32) -> Result<Vec<AuditEntry>, StoreError> {
            self.read(|db| audit::audit_log(db, page, per_page))
        }

        async fn examine(&self) -> Result<Vec<Finding>, StoreError> {
            let mut findings = self.write(|db, _| examine::all_but_integrity(db)).await?;
            // It reads the whole file, and nobody shall wait for that.
            findings.push(self.snapshot(examine::integrity)?);
            Ok(findings)
        }

        async fn check(&self) -> Result<(), StoreError> {
            self.write(housekeeping::beat).await
        }
    }
}
