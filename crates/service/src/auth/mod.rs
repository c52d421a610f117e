//! Who is asking: passwords, sessions, and what happens to those who guess.

mod argon2id;
mod hashing;
mod login_guard;
mod password;
mod session;
mod token;

pub use login_guard::LoginGuard;
pub use password::{
    HashError, MAX_BYTES as MAX_PASSWORD_BYTES, PasswordRefused, Passwords, check_new_password, is_historic,
};
pub use session::{Session, Sessions, SessionsError};
pub use token::{RoleClaim, Tokens};
