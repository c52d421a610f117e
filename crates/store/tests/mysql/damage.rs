//! How to damage an order.

use crate::conformance::Damage;
use domain::OrderId;

pub fn sql(order: OrderId, damage: Damage) -> String {
    match damage {
        Damage::PizzaGone => format!("DELETE FROM pizza WHERE orderId = {order}"),
        // What an ENUM becomes that was given no word of its own.
        Damage::StateMangled => {
            format!("SET sql_mode = ''; UPDATE fulfilment SET state = 'eaten' WHERE orderId = {order}")
        }
        Damage::LeaseGone => format!("UPDATE fulfilment SET leaseUntil = NULL WHERE orderId = {order}"),
        Damage::RecordGone => format!("DELETE FROM fulfilment WHERE orderId = {order}"),
        Damage::OrderGone => {
            format!("SET foreign_key_checks = 0; DELETE FROM dinerOrder WHERE id = {order}")
        }
    }
}
