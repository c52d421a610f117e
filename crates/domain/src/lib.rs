//! What JWT Pizza is about, without any I/O: people and their roles, the menu, franchises and
//! their stores, orders and the legal steps of an order's life, incidents and planned chaos.
//!
//! Raw input becomes one of these types once, at the edge; behind the edge nothing is checked twice.

mod bitcoin;
mod chaos_window;
mod franchise;
mod id;
mod incident;
mod menu;
mod order;
mod order_state;
mod person;

pub use bitcoin::{Bitcoin, BitcoinError};
pub use chaos_window::{
    ChaosWindow, ChaosWindowError, LONGEST_CHAOS_WINDOW, MAX_CHAOS_KIND, MAX_CHAOS_REASON, NewChaosWindow,
};
pub use franchise::{Franchise, FranchiseAdmin, Store};
pub use id::{ChaosWindowId, FranchiseId, IncidentId, MenuId, OrderId, StoreId, UserId};
pub use incident::{
    Acknowledgement, CallTally, Cause, Incident, IncidentEvent, IncidentEventKind, OrderTally, UnknownWord,
};
pub use menu::{Menu, MenuItem, NewMenuItem};
pub use order::{IdempotencyKey, IdempotencyKeyError, MAX_ITEMS, OrderItem, PricingError, price_items};
pub use order_state::{IllegalTransition, OrderEvent, OrderState};
pub use person::{Diner, EmailAddress, Name, PersonError, Role, User};
