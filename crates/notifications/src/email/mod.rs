//! Mail: what it looks like, whom it is given to, and how.

mod html;
mod mailer;
mod message;
mod server;

pub(crate) use mailer::Mailer;
pub use server::SmtpServer;
