//! The pages, one file each.

pub mod delivery;
pub mod delivery_events;
mod home;
pub mod kitchen;
pub mod kitchen_history;
pub mod login;
pub mod menu;
pub mod operations;
pub mod orders;
pub mod pay;
pub mod profile;
pub mod register;
pub mod theme;
pub mod verify;

pub use home::home;
