//! What stores earned.
//!
//! A sum over orders grows with them. A running sum would be one row for each store that every instance changes with
//! every pizza: they would wait for each other, and on a Galera cluster abort each other. So what is fulfilled together
//! adds a row to `storeSale`, which nobody else touches, and a chore replaces many such rows by their sum in
//! `storeRevenue`. The same chore adds up historic orders, which have no such row, as far as they can have no
//! stragglers any more. Whoever asks adds what is left: the young ones.

use super::{column::get, connection::Connection, failure::Failure, many, transaction::Transaction};
use domain::{Bitcoin, OrderId, StoreId};
use mysql_async::Value;
use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

/// What is added up in one transaction.
const TOGETHER: u32 = 2000;
/// After so long, no order appears any more whose id is below one that was seen: the ids of transactions, and of a
/// cluster's nodes, interleave, and the historic service writes an order and its items one by one.
const STRAGGLERS: Duration = Duration::from_secs(60);
/// The setting that says up to which id historic orders are added up.
const COUNTED: &str = "historic_orders_counted_upto";

/// The sums, and what is still to be added to them.
pub(super) const OURS: &str =
    "SELECT storeId, CAST(LEAST(SUM(satoshi), 9223372036854775807) AS SIGNED) FROM (
         SELECT storeId, satoshi FROM storeRevenue WHERE storeId IN (IDS)
         UNION ALL SELECT storeId, satoshi FROM storeSale WHERE storeId IN (IDS)
     ) AS sums GROUP BY storeId";

pub(super) const YOUNG_HISTORIC: &str =
    "SELECT dinerOrder.storeId, CAST(SUM(orderItem.price) * 100000000 AS SIGNED)
     FROM dinerOrder
     LEFT JOIN fulfilment ON fulfilment.orderId = dinerOrder.id
     JOIN orderItem ON orderItem.orderId = dinerOrder.id
     WHERE dinerOrder.id > ? AND dinerOrder.storeId IN (IDS) AND fulfilment.orderId IS NULL
     GROUP BY dinerOrder.storeId";

/// What these stores earned; a store that is missing in the answer earned nothing. All of it is of one moment, or
/// an order that is added up meanwhile would be counted twice, or not at all.
pub(super) async fn of(
    db: &mut Connection,
    stores: &[StoreId],
) -> Result<HashMap<StoreId, Bitcoin>, Failure> {
    let ids: Vec<Value> = stores.iter().map(|store| Value::from(store.0)).collect();
    db.command("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION READ ONLY").await?;
    let counted = counted_upto(db).await?;
    let ours = many::select(db, OURS, &[], &ids).await?;
    let young = many::select(db, YOUNG_HISTORIC, &[counted.into()], &ids).await?;
    db.command("COMMIT").await?;
    let mut sums: HashMap<StoreId, Bitcoin> = HashMap::new();
    for row in ours.iter().chain(&young) {
        let sum = sums.entry(StoreId(get(row, 0)?)).or_default();
        *sum = Bitcoin::from_satoshi(sum.satoshi().saturating_add(get(row, 1)?));
    }
    Ok(sums)
}

/// Counts orders that are fulfilled now.
pub(super) async fn count(db: &mut Connection, orders: &[OrderId]) -> Result<(), Failure> {
    let sales = "INSERT INTO storeSale (storeId, satoshi)
         SELECT dinerOrder.storeId, CAST(SUM(orderItem.price) * 100000000 AS SIGNED)
         FROM dinerOrder JOIN orderItem ON orderItem.orderId = dinerOrder.id
         WHERE dinerOrder.id IN (IDS) GROUP BY dinerOrder.storeId";
    let ids: Vec<Value> = orders.iter().map(|order| Value::from(order.0)).collect();
    many::execute(db, sales, &[], &ids).await?;
    Ok(())
}

/// Replaces some rows of `storeSale` by their sum. Whether there may be more.
pub(super) async fn add_up_sales(tx: &mut Transaction) -> Result<bool, Failure> {
    let rows = tx
        .rows("SELECT id, storeId, satoshi FROM storeSale ORDER BY id LIMIT ? FOR UPDATE", (TOGETHER,))
        .await?;
    let mut sums: HashMap<i64, i128> = HashMap::new();
    for row in &rows {
        *sums.entry(get(row, 1)?).or_default() += i128::from(get::<i64>(row, 2)?);
    }
    add(tx, sums).await?;
    let ids = rows.iter().map(|row| get(row, 0)).collect::<Result<Vec<Value>, _>>()?;
    many::execute(tx, "DELETE FROM storeSale WHERE id IN (IDS)", &[], &ids).await?;
    Ok(rows.len() == TOGETHER as usize)
}

/// Adds up the next historic orders up to this id. Whether there may be more.
pub(super) async fn add_up_historic(tx: &mut Transaction, upto: i64) -> Result<bool, Failure> {
    // Whoever adds up at the same time waits here, or on another node of a cluster fails when it commits.
    tx.execute("INSERT IGNORE INTO setting (name, value) VALUES (?, '0')", (COUNTED,)).await?;
    tx.row("SELECT value FROM setting WHERE name = ? FOR UPDATE", (COUNTED,)).await?;
    let counted = counted_upto(tx).await?;
    let next = "SELECT MAX(id), COUNT(*) FROM
         (SELECT id FROM dinerOrder WHERE id > ? AND id <= ? ORDER BY id LIMIT ?) AS next";
    let row = tx.row(next, (counted, upto, TOGETHER)).await?;
    let Some(row) = row else { return Ok(false) };
    let Some(last) = get::<Option<i64>>(&row, 0)? else { return Ok(false) };
    let historic = "SELECT dinerOrder.storeId, CAST(SUM(orderItem.price) * 100000000 AS SIGNED)
         FROM dinerOrder
         LEFT JOIN fulfilment ON fulfilment.orderId = dinerOrder.id
         JOIN orderItem ON orderItem.orderId = dinerOrder.id
         WHERE dinerOrder.id > ? AND dinerOrder.id <= ? AND fulfilment.orderId IS NULL
         GROUP BY dinerOrder.storeId";
    let mut sums = HashMap::new();
    for row in &tx.rows(historic, (counted, last)).await? {
        sums.insert(get(row, 0)?, i128::from(get::<i64>(row, 1)?));
    }
    add(tx, sums).await?;
    tx.execute("UPDATE setting SET value = ? WHERE name = ?", (last.to_string(), COUNTED)).await?;
    Ok(get::<u32>(&row, 1)? == TOGETHER)
}

async fn add(tx: &mut Transaction, sums: HashMap<i64, i128>) -> Result<(), Failure> {
    // In one order, so that transactions do not wait for each other in a circle.
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_unstable();
    for (store, sum) in sums {
        tx.execute(
            "INSERT INTO storeRevenue (storeId, satoshi) VALUES (?, ?)
             ON DUPLICATE KEY UPDATE satoshi = satoshi + VALUES(satoshi)",
            (store, sum.to_string()),
        )
        .await?;
    }
    Ok(())
}

/// Historic orders up to this id are in the sums.
async fn counted_upto(db: &mut Connection) -> Result<i64, Failure> {
    let row = db.row("SELECT CAST(value AS SIGNED) FROM setting WHERE name = ?", (COUNTED,)).await?;
    row.map_or(Ok(0), |row| get(&row, 0))
}

/// Which orders can have no stragglers below them any more.
#[derive(Default)]
pub(super) struct Horizon(Mutex<Vec<(Instant, i64)>>);

impl Horizon {
    /// Notes the newest order there is, and answers the newest that was there long enough ago.
    pub(super) async fn of(&self, db: &mut Connection) -> Result<Option<i64>, Failure> {
        let row = db.row("SELECT COALESCE(MAX(id), 0) FROM dinerOrder", ()).await?;
        let newest = row.map_or(Ok(0), |row| get(&row, 0))?;
        Ok(self.note(Instant::now(), newest))
    }

    fn note(&self, now: Instant, newest: i64) -> Option<i64> {
        let mut seen = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        seen.push((now, newest));
        let old = seen.iter().rposition(|(then, _)| now.duration_since(*then) >= STRAGGLERS)?;
        // What came before tells less.
        seen.drain(..old);
        Some(seen[0].1)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::StoreError;
    use crate::mysql::{
        migrations,
        options::MysqlOptions,
        pool::Pool,
        transaction::{Proof, reading, writing},
    };
    use test_mariadb::MariaDb;

    const STORES: [StoreId; 3] = [StoreId(1), StoreId(2), StoreId(3)];

    #[tokio::test]
    async fn adding_up_changes_no_revenue_whoever_does_it_at_once() {
        let (pool, database) = filled().await;
        let earned = reading!(pool, db => of(db, &STORES)).unwrap();
        // Of each store 3000 orders, every second of which is ours and counted.
        assert_eq!(earned[&StoreId(1)], Bitcoin::from_satoshi(3000 * 100_000));
        assert_eq!(earned[&StoreId(2)], Bitcoin::from_satoshi(3000 * 100_000));
        assert!(!earned.contains_key(&StoreId(3)));

        let chores: Vec<_> = (0..3).map(|_| tokio::spawn(add_up_all(pool.clone()))).collect();
        while !chores.iter().all(tokio::task::JoinHandle::is_finished) {
            assert_eq!(reading!(pool, db => of(db, &STORES)).unwrap(), earned, "nor meanwhile");
        }
        for chore in chores {
            chore.await.unwrap().unwrap();
        }
        assert_eq!(reading!(pool, db => of(db, &STORES)).unwrap(), earned);
        let sql = |statement| MariaDb::shared().sql(&database, statement);
        assert_eq!(sql("SELECT COUNT(*) FROM storeSale"), "0\n");
        assert_eq!(sql("SELECT storeId, satoshi FROM storeRevenue"), "1\t300000000\n2\t300000000\n");
        assert_eq!(sql("SELECT value FROM setting"), "6000\n");

        sql("INSERT INTO dinerOrder (dinerId, franchiseId, storeId, date) VALUES (1, 1, 1, NOW());
             INSERT INTO orderItem (orderId, menuId, description, price) VALUES (LAST_INSERT_ID(), 1, 'young', 1)");
        let later = reading!(pool, db => of(db, &STORES)).unwrap();
        assert_eq!(later[&StoreId(1)].satoshi(), earned[&StoreId(1)].satoshi() + 100_000_000);
    }

    #[tokio::test]
    async fn revenue_that_would_overflow_stays_the_largest_there_is() {
        let (pool, database) = filled().await;
        MariaDb::shared()
            .sql(&database, "INSERT INTO storeSale (storeId, satoshi) VALUES (1, 9223372036854775807)");
        for _ in 0..2 {
            let earned = reading!(pool, db => of(db, &STORES)).unwrap();
            assert_eq!(earned[&StoreId(1)], Bitcoin::from_satoshi(i64::MAX));
            add_up_all(pool.clone()).await.unwrap();
        }
    }

    async fn add_up_all(pool: Pool) -> Result<(), StoreError> {
        while writing!(pool, Proof::Receipt, tx => add_up_sales(tx))? {}
        while writing!(pool, Proof::Receipt, tx => add_up_historic(tx, 6000))? {}
        Ok(())
    }

    async fn filled() -> (Pool, String) {
        let database = tokio::task::spawn_blocking(|| MariaDb::shared().fresh_database()).await.unwrap();
        let pool = Pool::new(MysqlOptions::from_url(&MariaDb::shared().url(&database)).unwrap());
        reading!(pool, db => migrations::migrate(db)).unwrap();
        MariaDb::shared().sql(
            &database,
            "INSERT INTO dinerOrder (dinerId, franchiseId, storeId, date)
                 SELECT 1, 1, 1 + seq % 2, NOW() FROM seq_1_to_6000;
             INSERT INTO orderItem (orderId, menuId, description, price) SELECT seq, 1, 'Veggie', 0.001 FROM seq_1_to_6000;
             INSERT INTO fulfilment (orderId, state, franchiseId, queuedAt, dueAt, dinerName, dinerEmail)
                 SELECT seq, 'fulfilled', 1, NOW(), NOW(), 'n', 'e' FROM seq_1_to_6000 WHERE seq % 4 < 2;
             INSERT INTO storeSale (storeId, satoshi)
                 SELECT storeId, 100000 FROM dinerOrder JOIN fulfilment ON orderId = id",
        );
        (pool, database)
    }

    #[test]
    fn the_horizon_is_what_was_newest_long_enough_ago() {
        let (horizon, start) = (Horizon::default(), Instant::now());
        let after = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(horizon.note(start, 10), None);
        assert_eq!(horizon.note(after(59), 20), None);
        assert_eq!(horizon.note(after(60), 30), Some(10));
        assert_eq!(horizon.note(after(118), 40), Some(10));
        assert_eq!(horizon.note(after(119), 50), Some(20));
        assert_eq!(horizon.note(after(1000), 60), Some(50));
        assert!(horizon.0.lock().is_ok_and(|seen| seen.len() == 2), "nothing piles up");
    }
}
