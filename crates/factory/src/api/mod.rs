//! What the calls do, one file a noun. Each handler has its [`crate::endpoint::Endpoint`] beside it.

pub(crate) mod admin;
pub(crate) mod badge;
pub(crate) mod bodies;
pub(crate) mod caller;
pub(crate) mod chaos;
pub(crate) mod connect;
pub(crate) mod docs;
pub(crate) mod health;
pub(crate) mod order;
pub(crate) mod sign_in;
pub(crate) mod support;
pub(crate) mod vendor;
