//! The shared backend: MySQL and MariaDB, and through them Galera, on the schema of the historic service.
//!
//! The historic tables are used as they are; what this program needs beside them is in tables of its own. So the
//! historic service can run on the same database before, after, and beside this one. Several instances share a
//! database.
//!
//! What the historic columns cannot hold is refused, and the log says what it was: ids beyond 32 bits, prices of 100
//! bitcoin and more, texts of more than 255 characters, and texts in a script that a table's character set lacks (at
//! start, a warning names such tables).

mod accounts;
mod alerts;
mod catalogue;
mod chaos_windows;
mod chores;
mod claim;
mod column;
mod connection;
mod emails;
mod events;
mod examine;
mod failure;
mod housekeeping;
mod incidents;
mod intervene;
mod many;
mod migrations;
mod notices;
mod operations;
mod options;
mod orders;
mod place;
#[cfg(test)]
mod plans;
mod pool;
mod revenue;
mod revenue_by_day;
mod sessions;
mod settle;
mod tally;
mod transaction;
mod verbs;
mod writer;

pub use options::{DatabaseUrlError, HostPort, MysqlOptions, Tls};

use crate::{
    NewOrder, Settlement, StoreError, Token,
    observer::{StoreObserver, Watch},
    queue_count::QueueCount,
};
use chores::Chores;
use claim::Turn;
use domain::OrderId;
use emails::Adoption;
use failure::Failure;
use pool::Pool;
use settle::{Settle, What};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use transaction::reading;
use uuid::Uuid;
use writer::Writer;

/// A [`crate::Store`] and [`crate::OperationsStore`] in a MySQL or MariaDB database.
pub struct MysqlStore {
    pool: Pool,
    placing: Writer<NewOrder>,
    settling: Writer<Settle>,
    adoption: Arc<Adoption>,
    turn: Turn,
    queue_count: QueueCount,
    instance: Uuid,
    watch: Watch,
    _chores: Chores,
}

impl MysqlStore {
    /// Connects, makes the tables that are missing, and adopts what the historic service wrote. Waits for a while if
    /// no server answers yet.
    ///
    /// # Errors
    /// When no server answers, none lets us in, or the database was made by a later program.
    pub async fn open(options: MysqlOptions) -> Result<Self, StoreError> {
        let patience = options.start_timeout;
        let pool = Pool::new(options);
        wait_for_a_server(&pool, patience).await?;
        let adoption = Arc::new(Adoption::default());
        reading!(pool, db => async {
            db.take_your_time().await?;
            migrations::migrate(db).await?;
            adoption.adopt_all(db).await?;
            examine::warn(db).await
        })?;
        Ok(Self {
            _chores: Chores::start(&pool, &adoption),
            placing: Writer::start(&pool),
            settling: Writer::start(&pool),
            pool,
            adoption,
            turn: Turn::default(),
            queue_count: QueueCount::default(),
            instance: Uuid::new_v4(),
            watch: Watch::default(),
        })
    }

    /// Tells this observer of every verb from now on.
    #[must_use]
    pub fn observed_by(self, observer: Arc<dyn StoreObserver>) -> Self {
        Self { watch: Watch::by(observer), ..self }
    }

    async fn settle(&self, order: OrderId, token: &Token, what: What) -> Result<Settlement, StoreError> {
        self.settling.write(Settle { order, token: token.clone(), what }).await
    }
}

/// How often to look whether a server answers.
const LOOK_EVERY: Duration = Duration::from_millis(500);

async fn wait_for_a_server(pool: &Pool, patience: Duration) -> Result<(), Failure> {
    let start = Instant::now();
    loop {
        match pool.borrow().await {
            Ok(connection) => {
                connection.give_back();
                return Ok(());
            }
            Err(failure @ Failure::Unreachable(_)) if start.elapsed() < patience => {
                tracing::warn!("type" = "db", component = "store", "{failure}; still waiting for one");
                tokio::time::sleep(LOOK_EVERY).await;
            }
            Err(failure) => return Err(failure),
        }
    }
}
