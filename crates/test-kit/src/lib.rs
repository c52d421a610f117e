//! What tests of the whole system are told with: the service in this process ([`TestApp`]) or as real
//! processes ([`Installation`]), the people who use it ([`Diner`], [`Franchisee`], [`Admin`]), and a factory
//! whose misbehaviour is data ([`FakeFactory`]).

mod actors;
mod app;
mod events;
mod eventually;
mod fake_factory;
mod installation;
mod ledger;
mod oven;
mod process;
mod receiver;
mod reply;
mod seed;

pub use actors::{Admin, Diner, Franchisee, Visitor};
pub use app::{DatabaseLock, JWT_SECRET, TestApp};
pub use events::{Event, Events};
pub use eventually::eventually;
pub use fake_factory::{API_KEY, Answer, Call, FakeFactory, VENDOR};
pub use installation::{Account, Installation, Logs, free_port};
pub use ledger::pizzas_in_ledger;
pub use process::{Process, command};
pub use receiver::Receiver;
pub use reply::Reply;
