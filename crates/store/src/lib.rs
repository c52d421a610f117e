//! Where everything is kept: the traits [`Store`] and [`OperationsStore`], whose methods are business verbs, and
//! their backends.
//!
//! There is no SQL outside this crate. Both backends pass the same conformance suite
//! (`tests/conformance`), so a promise written here is a promise of each.
//!
//! Promises of every backend:
//! - a verb that answered is durable: it survives SIGKILL and power loss;
//! - a verb that failed changed nothing, or its outcome is found again by its token;
//! - times for leases and due dates come from the database's clock;
//! - orders change state only by compare-and-set along `domain::OrderState::after`.

mod account;
mod catalogue;
mod error;
mod finding;
mod mysql;
mod observer;
mod operations;
mod order;
mod queue_count;
mod sqlite;
mod statement;
mod wildcard;

pub use account::{
    Act, AuditEntry, Credentials, NewUser, Registration, UserChange, UserDeletion, UserPage, UserQuery,
    UserUpdate,
};
pub use catalogue::{FranchiseCreation, FranchisePage, FranchiseQuery, NewFranchise, StoreCreation};
pub use error::StoreError;
pub use finding::{Finding, Severity};
pub use mysql::{DatabaseUrlError, HostPort, MysqlOptions, MysqlStore, Tls};
pub use observer::StoreObserver;
pub use operations::{
    AlertChange, AlertHistory, AlertNews, AlertPause, AlertRow, Annotated, ClaimedNotice, IncidentFile,
    IncidentOpening, IncidentPage, NewNotice, NoticeOutcome, OperationsStore, OrderSpan,
};
pub use order::{
    Cancellation, Claim, ClaimedOrder, Finish, Idempotency, Lease, NewOrder, OrderPage, OrderRecord,
    OrderedItem, Pick, Placed, QueueStats, Redrive, Release, Settlement, StatusEvent, Token,
};
pub use sqlite::{BackupError, Clock, SqliteOptions, SqliteStore};

use async_trait::async_trait;
use domain::{
    Bitcoin, Franchise, FranchiseId, Menu, MenuId, NewMenuItem, OrderId, OrderState, StoreId, User, UserId,
};
use jiff::{Timestamp, civil::Date};
use std::collections::BTreeMap;

/// Everything the service keeps, as business verbs.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    // Accounts and sessions.

    /// Opens an account; an e-mail address has at most one (compared without regard to case).
    async fn create_user(&self, user: NewUser) -> Result<Registration, StoreError>;
    /// Every account with this e-mail address, with its password hash: historic data has duplicates.
    async fn credentials(&self, email: &str) -> Result<Vec<Credentials>, StoreError>;
    /// A page of accounts by name.
    async fn users(&self, query: UserQuery) -> Result<UserPage, StoreError>;
    /// One account.
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError>;
    /// Whether anybody is an admin.
    async fn has_admin(&self) -> Result<bool, StoreError>;
    /// Changes an account; a new password ends all its sessions in the same transaction.
    async fn update_user(&self, id: UserId, change: UserChange) -> Result<UserUpdate, StoreError>;
    /// Replaces a password's hash by another of the same password, if it is still `old`; sessions live on.
    /// Whether it was.
    async fn rehash_password(&self, id: UserId, old: &str, new: &str) -> Result<bool, StoreError>;
    /// Deletes an account with its roles and sessions; its orders stay.
    async fn delete_user(&self, id: UserId) -> Result<UserDeletion, StoreError>;
    /// Records a session by the signature of its token.
    async fn open_session(
        &self,
        signature: &str,
        user: UserId,
        expires_at: Timestamp,
    ) -> Result<(), StoreError>;
    /// The user of a live session, with the roles they have now.
    async fn session_user(&self, signature: &str) -> Result<Option<User>, StoreError>;
    /// Ends a session; whether there was one.
    async fn close_session(&self, signature: &str) -> Result<bool, StoreError>;

    // Menu, franchises and stores.

    /// The whole menu, in the order it was written.
    async fn menu(&self) -> Result<Menu, StoreError>;
    /// Adds to the menu and answers the whole of it.
    async fn add_menu_item(&self, item: NewMenuItem) -> Result<Menu, StoreError>;
    /// Replaces what the menu says of an item, for orders from now on, and answers the whole menu; `None`: there is
    /// no such item. What was ordered keeps its title and price.
    async fn change_menu_item(&self, id: MenuId, item: NewMenuItem) -> Result<Option<Menu>, StoreError>;
    /// Takes an item off the menu and answers what is left; `None`: there is no such item. What was ordered keeps
    /// its title and price, and is made.
    async fn withdraw_menu_item(&self, id: MenuId) -> Result<Option<Menu>, StoreError>;
    /// A page of franchises by name; with admins and revenue only where the query asks for them.
    async fn franchises(&self, query: FranchiseQuery) -> Result<FranchisePage, StoreError>;
    /// The franchises that somebody runs, with admins and revenue.
    async fn franchises_of(&self, franchisee: UserId) -> Result<Vec<Franchise>, StoreError>;
    /// One franchise, with admins and revenue.
    async fn franchise(&self, id: FranchiseId) -> Result<Option<Franchise>, StoreError>;
    /// What the orders of a franchise brought in that were placed in the span from `from` to before `to` and are
    /// fulfilled, by the day (in UTC) on which they were placed; days without any are missing. Orders of stores that
    /// are closed count; those of the historic service do not, because nobody knows the time zone of their dates.
    ///
    /// Its cost goes by the orders of the span, whatever came before: on MySQL by those of the franchise, on SQLite
    /// by those of all.
    async fn revenue_by_day(
        &self,
        franchise: FranchiseId,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<BTreeMap<Date, Bitcoin>, StoreError>;
    /// The franchise a store belongs to.
    async fn franchise_of(&self, store: StoreId) -> Result<Option<FranchiseId>, StoreError>;
    /// Founds a franchise and makes its admins franchisees.
    async fn create_franchise(&self, new: NewFranchise) -> Result<FranchiseCreation, StoreError>;
    /// Deletes a franchise, its stores and only its franchisee roles; whether it existed.
    async fn delete_franchise(&self, id: FranchiseId) -> Result<bool, StoreError>;
    /// Opens a store.
    async fn create_store(&self, franchise: FranchiseId, name: &str) -> Result<StoreCreation, StoreError>;
    /// Closes a store of this franchise; whether it existed.
    async fn delete_store(&self, franchise: FranchiseId, store: StoreId) -> Result<bool, StoreError>;

    // Orders and their fulfilment.

    /// Saves order, items and fulfilment in one transaction: claimed by the caller when
    /// `order.claim` is set, queued otherwise. Nothing may be sent to the factory before this answers.
    async fn place_order(&self, order: NewOrder) -> Result<Placed, StoreError>;
    /// What became of this request if it was placed before under its idempotency key: `Replayed` or
    /// `KeyReused`. [`Store::place_order`] decides the same again, in its transaction.
    async fn placed_earlier(
        &self,
        diner: UserId,
        idempotency: &Idempotency,
    ) -> Result<Option<Placed>, StoreError>;
    /// Takes due orders out of the queue for the caller: `queued` → `making`, one attempt counted.
    async fn claim_due(&self, claim: Claim) -> Result<Vec<ClaimedOrder>, StoreError>;
    /// Counts one more attempt of an order in the caller's hands and extends its lease; before it is sent.
    async fn record_attempt(&self, order: OrderId, lease: &Lease) -> Result<Settlement, StoreError>;
    /// Ends an order's making for good.
    async fn finish(&self, order: OrderId, token: &Token, finish: Finish) -> Result<Settlement, StoreError>;
    /// Gives an order back to the queue.
    async fn release(
        &self,
        order: OrderId,
        token: &Token,
        release: Release,
    ) -> Result<Settlement, StoreError>;
    /// Gives every order back to the queue whose lease ran out, due now; how many there were.
    async fn rescue_expired(&self) -> Result<u64, StoreError>;
    /// Withdraws an order that is not being made.
    async fn cancel_order(&self, order: OrderId) -> Result<Cancellation, StoreError>;
    /// Sends a quarantined order to the kitchen again, due now, with a clean record of strikes.
    async fn redrive_order(&self, order: OrderId) -> Result<Redrive, StoreError>;

    /// One order.
    async fn order(&self, id: OrderId) -> Result<Option<OrderRecord>, StoreError>;
    /// A page of a diner's orders, newest first; pages count from 1.
    async fn orders_of(
        &self,
        diner: UserId,
        page: u32,
        per_page: u32,
    ) -> Result<Vec<OrderRecord>, StoreError>;
    /// A page of the orders in a state, those that were placed first coming first; pages count from 1.
    /// Only for states in which few orders are: queued, making, quarantined.
    async fn orders_in(&self, state: OrderState, page: u32, per_page: u32) -> Result<OrderPage, StoreError>;
    /// What happened to an order after the event numbered `after` (0: from the start).
    async fn status_events(&self, order: OrderId, after: u32) -> Result<Vec<StatusEvent>, StoreError>;
    /// The queue as a whole. Of more than 10,000 orders it is counted now and then only, a million of them every ten
    /// seconds: what is answered may be so old.
    async fn queue_stats(&self) -> Result<QueueStats, StoreError>;

    // Housekeeping.

    /// A value of this installation that is made once and then stays: answers what is kept under
    /// `name`, having kept `value` if there was nothing.
    async fn keep_setting(&self, name: &str, value: &str) -> Result<String, StoreError>;
    /// Forgets what has expired: sessions, idempotency keys, pauses of alerts; notices 30 days after they were sent or
    /// given up, changes of alerts after 90 days, the alerts of an instance a day after it died. How many rows went;
    /// of each kind at most 100,000 a call, in short transactions.
    async fn prune(&self) -> Result<u64, StoreError>;
    /// Writes an administrative act into the audit log.
    async fn record_act(&self, act: Act) -> Result<(), StoreError>;
    /// A page of the audit log, newest first; pages count from 1.
    async fn audit_log(&self, page: u32, per_page: u32) -> Result<Vec<AuditEntry>, StoreError>;
    /// What `pizza admin doctor` wants to know about the database: its integrity, durability and clock.
    /// May take as long as reading all of it.
    async fn examine(&self) -> Result<Vec<Finding>, StoreError>;
    /// Whether the store can promise anything now: a real write that is committed.
    async fn check(&self) -> Result<(), StoreError>;
}
