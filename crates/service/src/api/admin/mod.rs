//! What the on-call engineer does, for admins only.

pub mod alerts;
pub mod audit;
pub mod chaos_windows;
pub mod circuit;
pub mod incidents;
pub mod queue;
