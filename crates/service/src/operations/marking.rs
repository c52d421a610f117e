//! Marking the times of incidents and planned chaos on a dashboard.

use super::{Operations, database::failed, outbox::Letter};
use domain::{ChaosWindow, Incident};
use jiff::Timestamp;
use store::NewNotice;

/// The contact point of what is written to dashboards.
const DASHBOARD: &str = "(dashboard)";

impl Operations {
    /// Marks an incident on the dashboard: once when it opens, once more with its end.
    pub(super) async fn annotate_incident(&self, incident: &Incident, to: Option<Timestamp>) {
        let letter = Letter::Annotation {
            subject: format!("incident {}", incident.id),
            from: incident.began_at,
            to,
            tags: ["jwt-pizza", "incident", incident.cause.as_str()].map(str::to_owned).to_vec(),
            text: format!("Incident {}: {}", incident.id, incident.cause),
        };
        let moment = if to.is_some() { "closed" } else { "open" };
        self.annotate(format!("annotate:incident {}:{moment}", incident.id), letter).await;
    }

    /// Marks a chaos window on the dashboard.
    pub async fn annotate_window(&self, window: &ChaosWindow) {
        let plan = &window.plan;
        let letter = Letter::Annotation {
            subject: format!("chaos window {}", window.id),
            from: plan.from,
            to: Some(plan.to),
            tags: ["jwt-pizza", "chaos", plan.kind.as_str()].map(str::to_owned).to_vec(),
            text: format!("Planned chaos ({}): {}", plan.kind, plan.reason),
        };
        self.annotate(format!("annotate:chaos window {}:{}", window.id, plan.to.as_second()), letter).await;
    }

    async fn annotate(&self, key: String, letter: Letter) {
        if self.annotations.is_none() {
            return;
        }
        let notice = NewNotice { key, contact_point: DASHBOARD.to_owned(), payload: letter.to_json() };
        match self.store.enqueue_notices(vec![notice]).await {
            Ok(0) => {}
            Ok(_) => self.post.notify_one(),
            Err(error) => failed(&error, "an annotation could not be put on its way"),
        }
    }
}
