//! What stores earned.
//!
//! A sum over orders grows with them, but a running sum would be one row for each store that every instance changes
//! with every pizza: they would wait for each other, and on a Galera cluster abort each other. So each fulfilled order
//! adds a row to `storeSale` that nobody changes again, and the sum is read from an index that holds nothing else,
//! about a second for five million orders of one store. Historic orders, which have no such row, are added up from
//! the historic tables.

use super::{column::get, connection::Connection, failure::Failure, many};
use domain::{Bitcoin, OrderId, StoreId};
use mysql_async::Value;
use std::collections::HashMap;

/// The sum is one that a `Bitcoin` can be, however large.
pub(super) const OURS: &str = "SELECT storeId, CAST(LEAST(SUM(satoshi), 9223372036854775807) AS SIGNED)
     FROM storeSale WHERE storeId IN (IDS) GROUP BY storeId";

const HISTORIC: &str = "SELECT dinerOrder.storeId, CAST(SUM(orderItem.price) * 100000000 AS SIGNED)
     FROM dinerOrder
     JOIN orderItem ON orderItem.orderId = dinerOrder.id
     LEFT JOIN fulfilment ON fulfilment.orderId = dinerOrder.id
     WHERE dinerOrder.storeId IN (IDS) AND fulfilment.orderId IS NULL
     GROUP BY dinerOrder.storeId";

/// What these stores earned; a store that is missing in the answer earned nothing.
pub(super) async fn of(
    db: &mut Connection,
    stores: &[StoreId],
) -> Result<HashMap<StoreId, Bitcoin>, Failure> {
    let ids: Vec<Value> = stores.iter().map(|store| Value::from(store.0)).collect();
    let mut sums: HashMap<StoreId, Bitcoin> = HashMap::new();
    for sql in [OURS, HISTORIC] {
        for row in &many::select(db, sql, &[], &ids).await? {
            let sum = sums.entry(StoreId(get(row, 0)?)).or_default();
            *sum = Bitcoin::from_satoshi(sum.satoshi().saturating_add(get(row, 1)?));
        }
    }
    Ok(sums)
}

/// Counts orders that are fulfilled now.
pub(super) async fn count(db: &mut Connection, orders: &[OrderId]) -> Result<(), Failure> {
    let sales = "INSERT INTO storeSale (orderId, storeId, satoshi)
         SELECT dinerOrder.id, dinerOrder.storeId, CAST(SUM(orderItem.price) * 100000000 AS SIGNED)
         FROM dinerOrder JOIN orderItem ON orderItem.orderId = dinerOrder.id
         WHERE dinerOrder.id IN (IDS) GROUP BY dinerOrder.id, dinerOrder.storeId";
    let ids: Vec<Value> = orders.iter().map(|order| Value::from(order.0)).collect();
    many::execute(db, sales, &[], &ids).await?;
    Ok(())
}
