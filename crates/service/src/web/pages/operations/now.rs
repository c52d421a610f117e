//! Everything that matters, on one screen.

use super::{
    admin,
    show::{CircuitNow, age, cause, class_of, runbook},
};
use crate::{
    app::AppState,
    operations::AlertView,
    web::{Frame, Page, pages::kitchen::since, sign::Sign},
};
use alerting::{Severity, State as AlertState};
use askama::Template;
use axum::extract::State;
use domain::{ChaosWindow, Incident};
use jiff::Timestamp;
use resilience::Mode;
use store::StoreError;

/// Below this many of 100 calls that succeed, somebody is woken.
const BAD_RATE: f64 = 50.0;
/// Below this, something is wrong.
const POOR_RATE: f64 = 95.0;

#[derive(Template)]
#[template(path = "pages/operations/now.html")]
struct NowPage<'a> {
    frame: &'a Frame,
    now: Now,
}

/// The part that changes by itself.
#[derive(Template)]
#[template(path = "pages/operations/now_part.html")]
struct Now {
    sign: Sign,
    circuit: CircuitNow,
    /// Since when the kitchen is as it is.
    since: Option<Timestamp>,
    rate: Option<f64>,
    queued: u64,
    making: u64,
    quarantined: u64,
    oldest: Option<Timestamp>,
    drain_rate: f64,
    /// What is switched off, or on, and must not be forgotten.
    loud: Vec<Loud>,
    alerts: Vec<AlertView>,
    incidents: Vec<Card>,
    windows: Vec<ChaosWindow>,
    /// It is swapped in by htmx, and the sign above it with it.
    is_part: bool,
    csrf: String,
}

/// What must not be forgotten.
pub struct Loud {
    /// What is the matter.
    pub text: String,
    /// Until when, if it ends by itself.
    pub until: Option<Timestamp>,
    /// Where it is undone.
    pub path: &'static str,
}

/// An open incident.
struct Card {
    incident: Incident,
    /// What has probably broken.
    cause: Option<String>,
    /// The factory's last failure.
    said: Option<String>,
    /// The chaos can be ended from here.
    has_fix: bool,
}

/// The screen; for htmx, only what changes.
pub async fn show(State(app): State<AppState>, frame: Frame) -> Page {
    admin(&frame)?;
    let now = Now::at(&app, &frame).await?;
    if frame.wants_part { frame.show(&now) } else { frame.show(&NowPage { frame: &frame, now }) }
}

impl Now {
    async fn at(app: &AppState, frame: &Frame) -> Result<Self, StoreError> {
        let kitchen = &frame.kitchen;
        let mut alerts = app.operations.alerts().await?;
        let loud = loud(app, &alerts);
        alerts.retain(|alert| alert.state != AlertState::Normal && alert.severity != Severity::None);
        alerts.sort_by_key(|alert| std::cmp::Reverse((alert.state, alert.severity)));
        let mut incidents = Vec::new();
        for incident in app.operations.open_incidents() {
            incidents.push(Card::of(app, incident).await?);
        }
        Ok(Self {
            sign: frame.sign(),
            circuit: CircuitNow::of(&app.kitchen),
            since: since(kitchen.state, &app.kitchen.circuit_history()),
            rate: app.operations.success_rate(Timestamp::now()),
            queued: kitchen.queue.queued,
            making: kitchen.queue.making,
            quarantined: kitchen.queue.quarantined,
            oldest: kitchen.queue.oldest_queued_at.filter(|_| kitchen.queue.queued > 0),
            drain_rate: kitchen.drain_rate,
            loud,
            alerts,
            incidents,
            windows: app.operations.chaos_now().await?,
            is_part: frame.wants_part,
            csrf: frame.csrf(),
        })
    }

    fn rate_class(&self) -> &'static str {
        match self.rate {
            None => "",
            Some(rate) if rate < BAD_RATE => "busy",
            Some(rate) if rate < POOR_RATE => "waiting",
            Some(_) => "good",
        }
    }

    /// Never rounded up to 100: whoever reads that looks elsewhere.
    fn rate(&self) -> Option<String> {
        self.rate.map(|rate| format!("{:.0}", if rate < 100.0 { rate.floor() } else { rate }))
    }

    fn drain(&self) -> String {
        match self.queued {
            0 => "–".to_owned(),
            _ => format!("{:.1}/s", self.drain_rate),
        }
    }

    fn needs_nobody(&self) -> bool {
        self.alerts.is_empty() && self.incidents.is_empty()
    }
}

/// Everything that a person has switched and has to switch back.
pub fn loud(app: &AppState, alerts: &[AlertView]) -> Vec<Loud> {
    let paused = alerts.iter().filter_map(|alert| {
        let pause = alert.pause.as_ref()?;
        let text = format!("The alert “{}” is paused by {}: it wakes nobody", alert.name, pause.by);
        Some(Loud { text, until: Some(pause.until), path: "/operations/alerts" })
    });
    let switched = [
        (app.kitchen.is_paused(), "The queue is paused: orders that wait are not made", "/operations/queue"),
        (
            app.kitchen.circuit().mode == Mode::ForcedOpen,
            "The circuit is forced open: no pizza is made",
            "/operations/circuit",
        ),
        (
            app.kitchen.circuit().mode == Mode::ForcedClosed,
            "The circuit is forced closed: it protects nobody",
            "/operations/circuit",
        ),
        (
            app.kitchen.has_chaos(),
            "The chaos switch is on: we fail half of our own calls",
            "/operations/circuit",
        ),
        (!app.config.alerts.enabled, "Alerts are switched off in the configuration", "/operations/alerts"),
    ];
    let switched = switched.into_iter().filter(|(is, ..)| *is).map(|(_, text, path)| Loud {
        text: text.to_owned(),
        until: None,
        path,
    });
    switched.chain(paused).collect()
}

impl Card {
    async fn of(app: &AppState, incident: Incident) -> Result<Self, StoreError> {
        let is_factory = incident.cause == domain::Cause::Factory;
        let spell = app.kitchen.trouble().filter(|spell| is_factory && spell.last.at >= incident.began_at);
        let said = spell.map(|spell| match spell.last.status {
            Some(status) => format!("{status} “{}”", spell.last.said()),
            None => format!("{}: {}", spell.last.kind, spell.last.said()),
        });
        let file = app.operations.incident(incident.id).await?;
        let has_link = file.is_some_and(|file| file.has_link) || app.kitchen.report_link().is_some();
        Ok(Self {
            cause: app.operations.cause_in_words(&incident).await,
            said,
            has_fix: is_factory && has_link,
            incident,
        })
    }
}
