//! Settings of alerts, incidents, annotations and synthetic orders.

use notifications::ContactPoint;
use secrecy::SecretString;
use serde::Deserialize;
use std::time::Duration;
use url::Url;

/// The alert rules, as the service evaluates them itself, and whom they tell.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Alerts {
    /// Whether the service evaluates the rules itself. Prometheus and Grafana have them as files of their own.
    pub enabled: bool,
    /// How many times shorter every window, period and age of the rules is: 1, but for a rehearsal.
    pub speed: u32,
    /// Where people reach this service: what links in notifications begin with. Where it listens, when absent.
    pub public_url: Option<Url>,
    /// The runbook; a rule's anchor is added. This service has one at `/runbook`.
    pub runbook_url: Option<Url>,
    /// The dashboard to look at.
    pub dashboard_url: Option<Url>,
    /// Who is told, and how.
    pub contact_points: Vec<ContactPoint>,
}

impl Default for Alerts {
    fn default() -> Self {
        Self {
            enabled: true,
            speed: 1,
            public_url: None,
            runbook_url: None,
            dashboard_url: None,
            contact_points: Vec::new(),
        }
    }
}

/// What is done about an incident.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Incidents {
    /// Who follows a link that ends the factory's chaos.
    pub follow_report_link: FollowReportLink,
    /// The time zone of reports and notifications, by its IANA name.
    pub time_zone: String,
}

impl Default for Incidents {
    fn default() -> Self {
        Self { follow_report_link: FollowReportLink::Ask, time_zone: "UTC".into() }
    }
}

/// Who follows a link that ends the factory's chaos.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FollowReportLink {
    /// A person.
    Ask,
    /// The service, as soon as the alert is Alerting.
    Auto,
}

/// Where incidents and planned chaos are marked on a dashboard.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Annotations {
    /// Grafana's address.
    pub grafana_url: Option<Url>,
    /// The token of a service account that may write annotations.
    pub token: Option<SecretString>,
    /// The dashboard; all of them when absent.
    pub dashboard_uid: Option<String>,
    /// The panel; all of them when absent.
    pub panel_id: Option<i64>,
}

/// Test orders that the service places itself, so that a quiet night has a signal too.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SyntheticOrders {
    /// How often; never when absent.
    #[serde(with = "humantime_serde")]
    pub every: Option<Duration>,
}
