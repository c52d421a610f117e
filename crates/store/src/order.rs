//! What the store is told and tells about orders and their fulfilment.

use domain::{
    Bitcoin, Diner, FranchiseId, IdempotencyKey, MenuId, OrderId, OrderItem, OrderState, StoreId, UserId,
};
use jiff::Timestamp;
use std::time::Duration;
use uuid::Uuid;

/// Proof of a claim: whoever finishes or releases an order must name it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Token(pub Uuid);

impl Token {
    /// A token that nobody else has.
    #[expect(clippy::new_without_default, reason = "two tokens are never equal, so there is no default")]
    pub fn new() -> Self {
        Self(Uuid::new_v4())
    }
}

/// A claim on an order for a time; after that, anybody may rescue it.
#[derive(Clone, Debug)]
pub struct Lease {
    /// Who holds it.
    pub token: Token,
    /// How long from now, by the database's clock.
    pub duration: Duration,
}

/// An order to save.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// Who ordered, as the factory will get to know them.
    pub diner: Diner,
    /// Where.
    pub franchise: FranchiseId,
    /// Where.
    pub store: StoreId,
    /// What, priced.
    pub items: Vec<OrderItem>,
    /// The client's own name for the order.
    pub idempotency: Option<Idempotency>,
    /// W3C `traceparent` of the request, carried through the queue.
    pub traceparent: Option<String>,
    /// Set when the caller makes the order at once; its first attempt is counted.
    pub claim: Option<Lease>,
}

/// A client's name for an order and what it stood for.
#[derive(Clone, Debug)]
pub struct Idempotency {
    /// The name, unique for a diner for 24 h.
    pub key: IdempotencyKey,
    /// SHA-256 of what was asked for.
    pub request_hash: [u8; 32],
}

/// How placing an order went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placed {
    /// It is saved.
    Saved {
        /// Its identity.
        id: OrderId,
        /// When it was saved, by the database's clock.
        date: Timestamp,
    },
    /// The same request was saved before, under the same idempotency key: nothing changed.
    Replayed(OrderId),
    /// The idempotency key stands for another request: nothing changed.
    KeyReused,
}

/// Which due orders to claim, and for how long.
#[derive(Clone, Debug)]
pub struct Claim {
    /// At most this many.
    pub limit: u32,
    /// In which order.
    pub pick: Pick,
    /// The lease on each of them.
    pub lease: Lease,
}

/// In which order due orders are claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Whatever has been due longest: for the probe of a half-open circuit.
    Oldest,
    /// Franchises in turn, each one's longest due first: no franchise starves the others.
    FairShare,
}

/// An order in the caller's hands.
#[derive(Clone, Debug)]
pub struct ClaimedOrder {
    /// Its identity.
    pub id: OrderId,
    /// Who ordered.
    pub diner: Diner,
    /// Where.
    pub franchise: FranchiseId,
    /// Where.
    pub store: StoreId,
    /// What.
    pub items: Vec<OrderItem>,
    /// When it was placed.
    pub date: Timestamp,
    /// The claim on it.
    pub token: Token,
    /// Attempts so far, with the one this claim counted.
    pub attempts: u32,
    /// How often it failed while others succeeded.
    pub strikes: u32,
    /// What the factory answered earlier and could not be verified for want of its keys:
    /// to be verified, not posted again.
    pub unverified_pizza: Option<String>,
    /// W3C `traceparent` of the request that placed it.
    pub traceparent: Option<String>,
}

/// How an order's making ended for good.
#[derive(Clone, Debug)]
pub enum Finish {
    /// With this verified pizza.
    Fulfilled {
        /// The pizza.
        jwt: String,
    },
    /// The factory refuses it.
    Rejected {
        /// What the diner is told.
        reason: String,
    },
    /// It kept failing while others succeeded.
    Quarantined {
        /// What the person who looks into it is told.
        reason: String,
    },
}

/// How an order goes back to the queue.
#[derive(Clone, Debug, Default)]
pub struct Release {
    /// When it is due again, from now. `None` keeps its old due time, and so its place in the queue.
    pub due_in: Option<Duration>,
    /// Give back the attempt that its claim counted: no call was made.
    pub attempt_unspent: bool,
    /// Count a strike: it failed while others succeeded.
    pub strike: bool,
    /// Why, for the person who looks into it.
    pub failure: Option<String>,
    /// Keep what the factory answered, to be verified later; `None` forgets what was kept.
    pub unverified_pizza: Option<String>,
}

/// Whether a finisher still held the order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Settlement {
    /// It did, and what it said is what happened.
    Applied,
    /// It came late or twice: nothing changed.
    Stale,
}

/// How withdrawing an order went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancellation {
    /// It is withdrawn.
    Cancelled,
    /// It is being made or has ended: nothing changed.
    TooLate(OrderState),
    /// There is no such order.
    Unknown,
}

/// How sending a quarantined order to the kitchen again went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Redrive {
    /// It is queued.
    Queued,
    /// It is not in quarantine: nothing changed.
    NotQuarantined(OrderState),
    /// There is no such order.
    Unknown,
}

/// An order as it stands. A historic order without a fulfilment record is fulfilled, without a `jwt`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRecord {
    /// Its identity.
    pub id: OrderId,
    /// Who ordered.
    pub diner: UserId,
    /// Where.
    pub franchise: FranchiseId,
    /// Where.
    pub store: StoreId,
    /// When.
    pub date: Timestamp,
    /// What, in the order it was asked for.
    pub items: Vec<OrderedItem>,
    /// Where it stands.
    pub state: OrderState,
    /// The pizza, once there is one.
    pub jwt: Option<String>,
    /// Calls to the factory that were made for it.
    pub attempts: u32,
    /// When it was saved.
    pub queued_at: Timestamp,
    /// When its pizza was verified.
    pub fulfilled_at: Option<Timestamp>,
    /// Why it was rejected or quarantined, or what went wrong last.
    pub reason: Option<String>,
}

/// A page of orders.
#[derive(Clone, Debug)]
pub struct OrderPage {
    /// What is on the page.
    pub orders: Vec<OrderRecord>,
    /// Whether another page follows.
    pub more: bool,
}

/// One item of a saved order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderedItem {
    /// Its own identity.
    pub id: i64,
    /// Which pizza.
    pub menu_id: MenuId,
    /// Its title when it was ordered.
    pub description: String,
    /// Its price when it was ordered.
    pub price: Bitcoin,
}

/// One step in an order's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusEvent {
    /// 1, 2, 3 … for each order.
    pub number: u32,
    /// The state it led to.
    pub state: OrderState,
    /// When, by the database's clock.
    pub at: Timestamp,
}

/// The queue as a whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueStats {
    /// Orders that wait.
    pub queued: u64,
    /// Orders being made, by any instance.
    pub making: u64,
    /// Orders that wait for a person.
    pub quarantined: u64,
    /// When the oldest queued order was placed.
    pub oldest_queued_at: Option<Timestamp>,
    /// When the next queued order is due.
    pub next_due_at: Option<Timestamp>,
    /// The database's clock at this answer.
    pub now: Timestamp,
}
