//! Breaks the program on purpose, where it would matter, and demands that a named test notices.
//!
//! The breaks are data, in `mutations.toml`. They are applied to a copy of the source tree, one at a time.

mod outcome;
mod suite;
mod table;
mod tree;

pub use outcome::{Catch, markdown};
pub use suite::{Suite, TestRun};
pub use table::{Defect, Edit, Mutation, Table};
pub use tree::Tree;
