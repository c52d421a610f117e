//! What an instance does by itself now and then, as long as its store is open.

use super::{
    emails::Adoption,
    housekeeping,
    pool::Pool,
    revenue::{self, Horizon},
    transaction::{Proof, reading, writing},
};
use crate::StoreError;
use std::{sync::Arc, time::Duration};
use tokio::task::JoinHandle;

/// How often.
const EVERY: Duration = Duration::from_secs(20);

/// Ends when it is dropped.
pub(super) struct Chores(JoinHandle<()>);

impl Chores {
    pub(super) fn start(pool: &Pool, adoption: &Arc<Adoption>) -> Self {
        Self(tokio::spawn(now_and_then(pool.clone(), Arc::clone(adoption))))
    }
}

impl Drop for Chores {
    fn drop(&mut self) {
        self.0.abort();
    }
}

async fn now_and_then(pool: Pool, adoption: Arc<Adoption>) {
    // The historic service may have changed addresses while no instance of ours ran. Nobody waits for this.
    report("emails", look_over_all(&pool, &adoption).await);
    let horizon = Horizon::default();
    loop {
        report("revenue", add_up(&pool, &horizon).await);
        report("receipts", forget(&pool).await);
        // Instances that started together do not go on together.
        tokio::time::sleep(EVERY.mul_f64(0.5 + fastrand::f64())).await;
    }
}

async fn look_over_all(pool: &Pool, adoption: &Adoption) -> Result<(), StoreError> {
    while reading!(pool, db => adoption.look_over_some(db))? {}
    Ok(())
}

async fn add_up(pool: &Pool, horizon: &Horizon) -> Result<(), StoreError> {
    while writing!(pool, Proof::Receipt, tx => revenue::add_up_sales(tx))? {}
    if let Some(upto) = reading!(pool, db => horizon.of(db))? {
        while writing!(pool, Proof::Receipt, tx => revenue::add_up_historic(tx, upto))? {}
    }
    Ok(())
}

async fn forget(pool: &Pool) -> Result<(), StoreError> {
    while writing!(pool, Proof::Repeatable, tx => housekeeping::forget_receipts(tx))? {}
    Ok(())
}

/// What did not work is done the next time.
fn report(component: &'static str, done: Result<(), StoreError>) {
    if let Err(error) = done {
        let error = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        tracing::warn!("type" = "db", component, error, "a chore was not done, and waits for the next time");
    }
}
