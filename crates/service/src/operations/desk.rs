//! What people ask of operations, beside what it does by itself: lists, pauses, plans, a test of the contact points.

use super::{ActLink, Operations, evaluation::PauseAlertError};
use alerting::{PauseError, Severity};
use domain::{ChaosWindow, ChaosWindowId, IncidentId, NewChaosWindow};
use jiff::Timestamp;
use notifications::{Alert, Links, Notification, Status};
use store::{AlertHistory, IncidentFile, IncidentPage, StoreError};

impl Operations {
    /// The latest changes of alerts, newest first.
    pub async fn alert_history(&self, limit: u32) -> Result<Vec<AlertHistory>, StoreError> {
        self.store.alert_history(limit).await
    }

    /// Ends a rule's pause early, on every instance; answers with the rule's id.
    pub async fn resume_alert(&self, rule: &str) -> Result<String, PauseAlertError> {
        let id = self.evaluator().rules().find(rule).ok_or(PauseError::NoSuchRule)?.id;
        self.store.resume_alert(id).await?;
        Ok(id.to_owned())
    }

    /// What a link in a notification allows.
    pub fn read_act_link(&self, token: &str) -> Option<(ActLink, IncidentId)> {
        self.act_links.read(token)
    }

    /// A page of incidents, newest first.
    pub async fn incidents(&self, page: u32, per_page: u32) -> Result<IncidentPage, StoreError> {
        self.store.incidents(page, per_page).await
    }

    /// One incident.
    pub async fn incident(&self, id: IncidentId) -> Result<Option<IncidentFile>, StoreError> {
        self.store.incident(id).await
    }

    /// Windows that touch a span of time.
    pub async fn chaos_windows(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Vec<ChaosWindow>, StoreError> {
        self.store.chaos_windows(from, to).await
    }

    /// Plans a window, and marks it on the dashboard.
    pub async fn plan_chaos_window(&self, plan: NewChaosWindow) -> Result<ChaosWindow, StoreError> {
        let window = self.store.plan_chaos_window(plan).await?;
        self.annotate_window(&window).await;
        Ok(window)
    }

    /// Takes a window away.
    pub async fn forget_chaos_window(&self, id: ChaosWindowId) -> Result<Option<ChaosWindow>, StoreError> {
        self.store.forget_chaos_window(id).await
    }

    /// Whether times are marked on a dashboard.
    pub fn has_dashboard(&self) -> bool {
        self.annotations.is_some()
    }

    /// Sends a labelled test message through every contact point, past the outbox; which of them took it.
    pub async fn send_test(&self, by: &str) -> Vec<(String, Result<(), String>)> {
        let test = self.test_notification(by);
        let points = self.notifier.points().iter().map(async |point| {
            let told = self.notifier.deliver(&point.name, &test).await;
            (point.name.clone(), told.map_err(|error| error.to_string()))
        });
        futures::future::join_all(points).await
    }

    fn test_notification(&self, by: &str) -> Notification {
        let now = Timestamp::now();
        let service = Some(self.public_url.clone());
        let links =
            Links { service, dashboard: self.config.alerts.dashboard_url.clone(), ..Links::default() };
        let labels = [("alertname", "Test"), ("severity", "none"), ("service", "jwt-pizza")];
        Notification {
            status: Status::Test,
            group: "test".to_owned(),
            title: "Test: JWT Pizza can reach you".to_owned(),
            message: format!("{by} asked for this test. Nothing is wrong, and there is nothing to do."),
            severity: Severity::None,
            alerts: vec![Alert {
                status: Status::Test,
                labels: labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect(),
                annotations: [("summary".to_owned(), "This is a test.".to_owned())].into_iter().collect(),
                starts_at: now,
                ends_at: Some(now),
                value: None,
                fingerprint: "test".to_owned(),
                generator_url: Some(self.public_url.clone()),
                dashboard_url: None,
            }],
            links,
        }
    }
}
