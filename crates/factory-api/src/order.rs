use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::ReportLink;
use crate::report_link;

/// `POST /api/order`: make a pizza of this order for this diner.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OrderRequest {
    /// Who ordered.
    pub diner: Diner,
    /// What was ordered.
    pub order: Order,
}

/// The diner as the factory learns of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diner {
    /// The diner's id at the order service.
    pub id: i64,
    /// The name they gave.
    pub name: String,
    /// Their e-mail address.
    pub email: String,
}

/// The order as the factory learns of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    /// The order's id at the order service; the pizza must name the same.
    pub id: i64,
    /// The franchise whose store delivers.
    pub franchise_id: i64,
    /// The store that delivers.
    pub store_id: i64,
    /// 1 to 20 items.
    pub items: Vec<OrderItem>,
    /// When the diner ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Timestamp>,
}

/// One item of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderItem {
    /// The item's id on the menu.
    pub menu_id: i64,
    /// What the menu calls it.
    pub description: String,
    /// The price as a plain JSON number, up to 8 decimals.
    pub price: Number,
}

/// A 200 to `POST /api/order`. Not yet a pizza: the signature, vendor and order are still to be checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OrderResponse {
    /// The compact JWS.
    pub jwt: String,
    /// Where the chaos that touched this order can be ended. Anything that is not a URL reads as none.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "report_link::serialize_exposed",
        deserialize_with = "report_link::deserialize_leniently"
    )]
    pub report_url: Option<ReportLink>,
}
