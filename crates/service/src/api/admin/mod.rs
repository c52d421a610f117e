//! What the on-call engineer does, for admins only.

pub mod audit;
pub mod circuit;
pub mod queue;
