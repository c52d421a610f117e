//! The pages, one file each.

pub mod admin;
pub mod delivery;
pub mod delivery_events;
pub mod franchise;
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
mod sure;
pub mod theme;
pub mod verify;

pub use home::home;
