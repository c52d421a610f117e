use std::io;
use std::path::PathBuf;

/// Why a factory cannot start.
#[derive(Debug, thiserror::Error)]
pub enum FactoryError {
    /// The data directory cannot be made, read or written.
    #[error("the data directory {} cannot be used", path.display())]
    DataDir {
        /// The file or directory in question.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The signing key's file does not hold an RSA key of 2048 bits or more.
    #[error("{} does not hold a signing key", path.display())]
    Key {
        /// The key's file.
        path: PathBuf,
    },
    /// No signing key could be made.
    #[error("a signing key could not be made")]
    KeyGeneration,
    /// The file that the vendors' keys are made from does not hold 32 bytes.
    #[error("{} does not hold the secret of the vendors' keys", path.display())]
    VendorKeys {
        /// The secret's file.
        path: PathBuf,
    },
    /// An administrator was configured that is no vendor.
    #[error("{0:?} cannot be an administrator, for there is no such vendor")]
    UnknownAdmin(String),
    /// The ledger cannot be opened or brought up to date.
    #[error("the ledger cannot be opened")]
    Ledger(#[from] rusqlite::Error),
    /// The ledger's writer cannot be started.
    #[error("the ledger's writer cannot be started")]
    Writer(#[source] io::Error),
    /// The start broke off.
    #[error("the factory's start broke off")]
    Start(#[from] tokio::task::JoinError),
    /// The listener has no address.
    #[error("the listener has no address")]
    Listener(#[source] io::Error),
    /// The public URL is not `http` or `https`.
    #[error("the public URL must begin with http:// or https://")]
    PublicUrl,
}
