use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ChaosKind;

/// `GET /api/vendor`: a vendor as it sees itself. Its API key and fix code are not part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vendor {
    /// The vendor's id.
    pub id: String,
    /// The vendor's name.
    pub name: String,
    /// `vendor`, and `admin` for those who run the factory.
    pub roles: Vec<String>,
    /// The vendors it is paired with, by purpose.
    pub connections: BTreeMap<String, Value>,
    /// Its chaos window, planned or running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chaos: Option<VendorChaos>,
}

/// A chaos window without the code that ends it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct VendorChaos {
    /// How the factory misbehaves.
    #[serde(rename = "type")]
    pub kind: ChaosKind,
    /// When the window begins.
    pub start_date: Timestamp,
    /// When it ends by itself.
    pub end_date: Timestamp,
    /// How likely each order is to be touched, 0 to 1.
    pub probability: f64,
    /// How late a `throttle` answers, in seconds.
    pub delay_seconds: u64,
    /// How long `flap` stays in either mood, in seconds.
    pub period_seconds: u64,
    /// Whether the window has begun.
    pub active: bool,
}

/// `GET /api/vendor/{id}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct VendorExists {
    /// Whether there is such a vendor.
    pub exists: bool,
}
