use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ChaosKind;

/// A vendor as it sees itself: `GET /api/vendor`, and what other calls answer about vendors. Its API
/// key and fix code are not part of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Vendor {
    /// The vendor's id.
    pub id: String,
    /// The vendor's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Where its code is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub git_hub_url: Option<String>,
    /// Where its pizza service is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// Its telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Where its one-time codes are sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// When it became known to the factory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created: Option<Timestamp>,
    /// `vendor`, and `admin` for those who run the factory.
    pub roles: Vec<String>,
    /// The vendors it is paired with, by purpose.
    pub connections: BTreeMap<String, Connection>,
    /// Its chaos window, planned or running.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chaos: Option<VendorChaos>,
}

/// A vendor's partner for one purpose, or that it waits for one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The partner's id; `null` while there is none.
    pub id: Option<String>,
    /// What the two are paired for.
    pub purpose: String,
    /// When the vendor asked for a partner.
    pub created: Timestamp,
    /// The partner's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The partner's telephone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The partner's e-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Where the partner's pizza service is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    /// What the vendor thinks of its partner, 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<u8>,
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
