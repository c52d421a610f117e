use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Region;

/// The longest text that is sent, in bytes: Grafana keeps 64 KiB on MySQL.
const LONGEST_TEXT: usize = 16 * 1024;

/// What is posted and patched. Times are milliseconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    #[serde(rename = "dashboardUID", skip_serializing_if = "Option::is_none")]
    pub(super) dashboard_uid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    panel_id: Option<i64>,
    pub(super) time: i64,
    pub(super) time_end: i64,
    pub(super) tags: Vec<String>,
    text: String,
}

impl Body {
    pub(super) fn new(region: &Region, dashboard_uid: Option<&str>, panel_id: Option<i64>) -> Self {
        let time = region.from.as_millisecond();
        let mut text = region.text.clone();
        text.truncate(text.floor_char_boundary(LONGEST_TEXT));
        Self {
            dashboard_uid: dashboard_uid.map(str::to_owned),
            // A panel is numbered within its dashboard.
            panel_id: panel_id.filter(|_| dashboard_uid.is_some()),
            time,
            // Grafana would swap what is the wrong way round, and what is read back would never fit.
            time_end: region.to.map_or(time, Timestamp::as_millisecond).max(time),
            tags: region.tags.clone(),
            text,
        }
    }
}

/// What is read back, as far as it matters.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Stored {
    pub(super) id: i64,
    time: i64,
    /// Before Grafana 6.4 what has no end had none.
    #[serde(default)]
    time_end: i64,
    #[serde(default)]
    text: String,
    #[serde(default)]
    tags: Option<Vec<String>>,
}

impl Stored {
    /// Whether it looks as it should. Grafana keeps tags as a set.
    pub(super) fn is(&self, body: &Body) -> bool {
        let tags = self.tags.as_deref().unwrap_or_default();
        self.time == body.time
            && self.time_end.max(self.time) == body.time_end
            && self.text == body.text
            && body.tags.iter().all(|tag| tags.contains(tag))
    }
}

/// The answer to a `POST`.
#[derive(Deserialize)]
pub(super) struct Posted {
    pub(super) id: i64,
}
