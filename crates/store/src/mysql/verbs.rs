//! The verbs of [`Store`].

use super::{
    MysqlStore, accounts, catalogue, claim, examine, housekeeping, intervene, orders, place, revenue_by_day,
    sessions,
    settle::{self, What},
    transaction::{
        Proof::{Receipt, Repeatable},
        reading, writing,
    },
};
use crate::{
    Act, AuditEntry, Cancellation, Claim, ClaimedOrder, Credentials, Finding, Finish, FranchiseCreation,
    FranchisePage, FranchiseQuery, Idempotency, Lease, NewFranchise, NewOrder, NewUser, OrderPage,
    OrderRecord, Placed, QueueStats, Redrive, Registration, Release, Settlement, StatusEvent, Store,
    StoreCreation, StoreError, Token, UserChange, UserDeletion, UserPage, UserQuery, UserUpdate,
    catalogue::add_to_day, observer::observed, operations::FORGET_ROUNDS,
};
use domain::{
    Bitcoin, Franchise, FranchiseId, Menu, MenuId, NewMenuItem, OrderId, OrderState, StoreId, User, UserId,
};
use jiff::{Timestamp, civil::Date};
use std::collections::BTreeMap;

observed! {
    impl Store for MysqlStore {
        async fn create_user(&self, user: NewUser) -> Result<Registration, StoreError> {
            writing!(self.pool, Receipt, tx => accounts::create_user(tx, &self.adoption, &user))
        }

        async fn credentials(&self, email: &str) -> Result<Vec<Credentials>, StoreError> {
            reading!(self.pool, db => accounts::credentials(db, &self.adoption, email))
        }

        async fn users(&self, query: UserQuery) -> Result<UserPage, StoreError> {
            reading!(self.pool, db => accounts::users(db, &query))
        }

        async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
            reading!(self.pool, db => accounts::user_by_id(db, id))
        }

        async fn has_admin(&self) -> Result<bool, StoreError> {
            reading!(self.pool, db => accounts::has_admin(db))
        }

        async fn update_user(&self, id: UserId, change: UserChange) -> Result<UserUpdate, StoreError> {
            writing!(self.pool, Receipt, tx => accounts::update_user(tx, &self.adoption, id, &change))
        }

        async fn rehash_password(&self, id: UserId, old: &str, new: &str) -> Result<bool, StoreError> {
            writing!(self.pool, Receipt, tx => accounts::rehash_password(tx, id, old, new))
        }

        async fn delete_user(&self, id: UserId) -> Result<UserDeletion, StoreError> {
            writing!(self.pool, Receipt, tx => accounts::delete_user(tx, id))
        }

        async fn open_session(
            &self,
            signature: &str,
            user: UserId,
            expires_at: Timestamp,
        ) -> Result<(), StoreError> {
            writing!(self.pool, Repeatable, tx => sessions::open_session(tx, signature, user, expires_at))
        }

        async fn session_user(&self, signature: &str) -> Result<Option<User>, StoreError> {
            reading!(self.pool, db => sessions::session_user(db, signature))
        }

        async fn close_session(&self, signature: &str) -> Result<bool, StoreError> {
            writing!(self.pool, Receipt, tx => sessions::close_session(tx, signature))
        }

        async fn menu(&self) -> Result<Menu, StoreError> {
            reading!(self.pool, db => catalogue::menu(db))
        }

        async fn add_menu_item(&self, item: NewMenuItem) -> Result<Menu, StoreError> {
            writing!(self.pool, Receipt, tx => catalogue::add_menu_item(tx, &item))
        }

        async fn change_menu_item(&self, id: MenuId, item: NewMenuItem) -> Result<Option<Menu>, StoreError> {
            writing!(self.pool, Receipt, tx => catalogue::change_menu_item(tx, id, &item))
        }

        async fn withdraw_menu_item(&self, id: MenuId) -> Result<Option<Menu>, StoreError> {
            writing!(self.pool, Receipt, tx => catalogue::withdraw_menu_item(tx, id))
        }

        async fn franchises(&self, query: FranchiseQuery) -> Result<FranchisePage, StoreError> {
            reading!(self.pool, db => catalogue::franchises(db, &query))
        }

        async fn franchises_of(&self, franchisee: UserId) -> Result<Vec<Franchise>, StoreError> {
            reading!(self.pool, db => catalogue::franchises_of(db, franchisee))
        }

        async fn franchise(&self, id: FranchiseId) -> Result<Option<Franchise>, StoreError> {
            reading!(self.pool, db => catalogue::franchise_by_id(db, id))
        }

        async fn revenue_by_day(
            &self,
            franchise: FranchiseId,
            from: Timestamp,
            to: Timestamp,
        ) -> Result<BTreeMap<Date, Bitcoin>, StoreError> {
            let mut days = BTreeMap::new();
            for due in revenue_by_day::steps(from, to) {
                let some = reading!(self.pool, db => revenue_by_day::due_in(db, franchise, from..to, &due))?;
                for (placed, revenue) in some {
                    add_to_day(&mut days, placed, revenue);
                }
            }
            Ok(days)
        }

        async fn franchise_of(&self, store: StoreId) -> Result<Option<FranchiseId>, StoreError> {
            reading!(self.pool, db => catalogue::franchise_of(db, store))
        }

        async fn create_franchise(&self, new: NewFranchise) -> Result<FranchiseCreation, StoreError> {
            writing!(self.pool, Receipt, tx => catalogue::create_franchise(tx, &self.adoption, &new))
        }

        async fn delete_franchise(&self, id: FranchiseId) -> Result<bool, StoreError> {
            writing!(self.pool, Receipt, tx => catalogue::delete_franchise(tx, id))
        }

        async fn create_store(&self, franchise: FranchiseId, name: &str) -> Result<StoreCreation, StoreError> {
            writing!(self.pool, Receipt, tx => catalogue::create_store(tx, franchise, name))
        }

        async fn delete_store(&self, franchise: FranchiseId, store: StoreId) -> Result<bool, StoreError> {
            writing!(self.pool, Receipt, tx => catalogue::delete_store(tx, franchise, store))
        }

        async fn place_order(&self, order: NewOrder) -> Result<Placed, StoreError> {
            place::fits(&order)?;
            self.placing.write(order).await
        }

        async fn placed_earlier(
            &self,
            diner: UserId,
            idempotency: &Idempotency,
        ) -> Result<Option<Placed>, StoreError> {
            reading!(self.pool, db => place::placed_earlier(db, diner, idempotency))
        }

        async fn claim_due(&self, claim: Claim) -> Result<Vec<ClaimedOrder>, StoreError> {
            claim::claim_due(&self.pool, &claim, &self.turn).await
        }

        async fn record_attempt(&self, order: OrderId, lease: &Lease) -> Result<Settlement, StoreError> {
            self.settle(order, &lease.token, What::Attempt(lease.duration)).await
        }

        async fn finish(
            &self,
            order: OrderId,
            token: &Token,
            finish: Finish,
        ) -> Result<Settlement, StoreError> {
            self.settle(order, token, What::Finish(finish)).await
        }

        async fn release(
            &self,
            order: OrderId,
            token: &Token,
            release: Release,
        ) -> Result<Settlement, StoreError> {
            self.settle(order, token, What::Release(release)).await
        }

        async fn rescue_expired(&self) -> Result<u64, StoreError> {
            let mut rescued = 0;
            loop {
                let expired = reading!(self.pool, db => settle::expired(db))?;
                if expired.is_empty() {
                    return Ok(rescued);
                }
                rescued += writing!(self.pool, Receipt, tx => settle::rescue(tx, &expired))?;
            }
        }

        async fn cancel_order(&self, order: OrderId) -> Result<Cancellation, StoreError> {
            writing!(self.pool, Receipt, tx => intervene::cancel_order(tx, order))
        }

        async fn redrive_order(&self, order: OrderId) -> Result<Redrive, StoreError> {
            writing!(self.pool, Receipt, tx => intervene::redrive_order(tx, order))
        }

        async fn order(&self, id: OrderId) -> Result<Option<OrderRecord>, StoreError> {
            reading!(self.pool, db => orders::order(db, id))
        }

        async fn orders_of(
            &self,
            diner: UserId,
            page: u32,
            per_page: u32,
        ) -> Result<Vec<OrderRecord>, StoreError> {
            reading!(self.pool, db => orders::orders_of(db, diner, page, per_page))
        }

        async fn orders_in(
            &self,
            state: OrderState,
            page: u32,
            per_page: u32,
        ) -> Result<OrderPage, StoreError> {
            reading!(self.pool, db => orders::orders_in(db, state, page, per_page))
        }

        async fn status_events(&self, order: OrderId, after: u32) -> Result<Vec<StatusEvent>, StoreError> {
            reading!(self.pool, db => orders::status_events(db, order, after))
        }

        async fn queue_stats(&self) -> Result<QueueStats, StoreError> {
            match self.queue_count.believed() {
                Some(stats) => Ok(stats),
                None => Ok(self.queue_count.keep(reading!(self.pool, db => orders::queue_stats(db))?)),
            }
        }

        async fn keep_setting(&self, name: &str, value: &str) -> Result<String, StoreError> {
            writing!(self.pool, Repeatable, tx => housekeeping::keep_setting(tx, name, value))
        }

        async fn prune(&self) -> Result<u64, StoreError> {
            reading!(self.pool, db => self.adoption.look_over_some(db))?;
            let mut gone = 0;
            for what in &housekeeping::FORGETTABLE {
                for _ in 0..FORGET_ROUNDS {
                    let some = writing!(self.pool, Repeatable, tx => housekeeping::forget(tx, what))?;
                    gone += some;
                    if some < u64::from(housekeeping::FORGET) {
                        break;
                    }
                }
            }
            Ok(gone)
        }

        async fn record_act(&self, act: Act) -> Result<(), StoreError> {
            writing!(self.pool, Receipt, tx => housekeeping::record_act(tx, &act))
        }

        async fn audit_log(&self, page: u32, per_page: u32) -> Result<Vec<AuditEntry>, StoreError> {
            reading!(self.pool, db => housekeeping::audit_log(db, page, per_page))
        }

        async fn examine(&self) -> Result<Vec<Finding>, StoreError> {
            reading!(self.pool, db => examine::examine(db))
        }

        async fn check(&self) -> Result<(), StoreError> {
            writing!(self.pool, Repeatable, tx => housekeeping::beat(tx, self.instance))
        }
    }
}
