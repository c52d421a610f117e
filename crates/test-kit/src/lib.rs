//! test-kit

mod installation;
mod process;

pub use installation::{Account, Installation, Logs, free_port};
pub use process::{Process, command};
