//! An order as the bare writers are sent it.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    pub diner_id: i64,
    pub franchise_id: i64,
    pub store_id: i64,
    pub items: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Item {
    pub menu_id: i64,
    pub description: String,
    pub price: f64,
}
