//! Incidents: the list, and one of them with all that was gathered.

use super::{
    admin, back,
    show::{cause, length, runbook, span},
};
use crate::{
    api::{
        acts::Acts,
        extract::{Path, Query, clamped, path_id},
    },
    app::AppState,
    edge::Problem,
    operations::{EndChaosError, calls},
    web::{Form, Frame, Page, frame::Stop},
};
use askama::Template;
use axum::extract::State;
use domain::{CallTally, Incident, IncidentEvent, IncidentEventKind as Kind, IncidentId, OrderTally};
use serde::Deserialize;

const PER_PAGE: u32 = 20;
const MAX_PAGE: u32 = 1_000_000;
/// More probes than these in a row are told in one line.
const MANY: usize = 4;

/// Which part of the list.
#[derive(Deserialize)]
pub struct Which {
    page: Option<String>,
}

#[derive(Template)]
#[template(path = "pages/operations/incidents.html")]
struct List<'a> {
    frame: &'a Frame,
    incidents: Vec<Incident>,
    page: u32,
    more: bool,
}

#[derive(Template)]
#[template(path = "pages/operations/incident.html")]
struct IncidentPage<'a> {
    frame: &'a Frame,
    file: File,
}

/// The part that changes by itself.
#[derive(Template)]
#[template(path = "pages/operations/incident_part.html")]
struct File {
    incident: Incident,
    /// What has probably broken.
    cause: Option<String>,
    has_fix: bool,
    events: Vec<IncidentEvent>,
    orders: OrderTally,
    calls: CallTally,
    csrf: String,
}

/// A page of incidents, newest first.
pub async fn list(State(app): State<AppState>, frame: Frame, Query(which): Query<Which>) -> Page {
    admin(&frame)?;
    let page = clamped(which.page.as_deref(), 1, 1..=MAX_PAGE);
    let found = app.operations.incidents(page, PER_PAGE).await?;
    frame.show(&List { frame: &frame, incidents: found.incidents, page, more: found.more })
}

/// One incident; for htmx, only what changes.
pub async fn show(State(app): State<AppState>, Path(id): Path<String>, frame: Frame) -> Page {
    admin(&frame)?;
    let file = app.operations.incident(incident_id(&id)?).await?.ok_or_else(unknown)?;
    let is_factory = file.incident.cause == domain::Cause::Factory;
    let file = File {
        cause: match file.incident.closed_at {
            None => app.operations.cause_in_words(&file.incident).await,
            Some(_) => None,
        },
        has_fix: is_factory && (file.has_link || app.kitchen.report_link().is_some()),
        orders: app.operations.orders_of(&file).await?,
        calls: calls(&file),
        incident: file.incident,
        events: file.events,
        csrf: frame.csrf(),
    };
    if frame.wants_part { frame.show(&file) } else { frame.show(&IncidentPage { frame: &frame, file }) }
}

/// Somebody takes it on.
pub async fn acknowledge(
    State(app): State<AppState>,
    acts: Acts,
    Path(id): Path<String>,
    form: Form,
) -> Page {
    let session = admin(&form.frame)?;
    let id = incident_id(&id)?;
    let by = app.operations.acknowledge(id, session.user.name.as_str()).await?.ok_or_else(unknown)?;
    acts.record(session, "incident.acknowledge", format!("incident {id}"), None).await;
    let said = if by.by == session.user.name.as_str() {
        "You have taken it on.".to_owned()
    } else {
        format!("{} has taken it on already.", by.by)
    };
    Ok(back(&form, &page_of(id), &said))
}

/// Follows the link that ends the factory's chaos.
pub async fn end_chaos(State(app): State<AppState>, acts: Acts, Path(id): Path<String>, form: Form) -> Page {
    let session = admin(&form.frame)?;
    let id = incident_id(&id)?;
    let ended = app.operations.end_chaos(id, session.user.name.as_str()).await;
    let outcome = match &ended {
        Ok(words) => words.clone(),
        Err(error) => error.to_string(),
    };
    acts.record(session, "incident.end_chaos", format!("incident {id}"), Some(outcome)).await;
    match ended {
        Ok(words) => Ok(back(&form, &page_of(id), &format!("The factory says: {words}"))),
        Err(error @ (EndChaosError::NoLink | EndChaosError::Link(_))) => {
            Ok(back(&form, &page_of(id), &format!("The chaos goes on: {error}.")))
        }
        Err(EndChaosError::Unknown(_)) => Err(unknown()),
        Err(EndChaosError::Store(error)) => Err(error.into()),
    }
}

/// What a path names.
pub fn incident_id(text: &str) -> Result<IncidentId, Problem> {
    path_id(text, IncidentId, "unknown incident")
}

/// There is no such incident.
pub fn unknown() -> Stop {
    Problem::not_found("unknown incident").into()
}

fn page_of(id: IncidentId) -> String {
    format!("/operations/incidents/{id}")
}

impl File {
    /// Figures that somebody has to explain later, and those that are nothing but nought.
    fn tally(&self) -> [(&'static str, u64, &'static str); 8] {
        let orders = &self.orders;
        let bad_if_any = |count: u64| if count > 0 { "bad" } else { "" };
        [
            ("Orders placed", orders.placed, ""),
            ("Made at once", orders.fulfilled_at_once, ""),
            ("Made later", orders.fulfilled_later, ""),
            ("Waiting now", orders.waiting, ""),
            ("Quarantined", orders.quarantined, bad_if_any(orders.quarantined)),
            ("Rejected", orders.rejected, bad_if_any(orders.rejected)),
            ("Cancelled", orders.cancelled, ""),
            ("Lost", orders.lost, if orders.lost > 0 { "bad" } else { "good" }),
        ]
    }

    /// The timeline, in which a long row of probes in vain is one line.
    fn told(&self) -> Vec<IncidentEvent> {
        let is_probe =
            |event: &IncidentEvent| matches!(event.kind, Kind::CircuitProbing | Kind::CircuitOpened);
        let rows = self.events.chunk_by(|one, next| is_probe(one) && is_probe(next));
        rows.flat_map(|row| match row {
            [first, .., last] if row.len() > MANY => {
                let probes = row.iter().filter(|event| event.kind == Kind::CircuitProbing).count();
                let length = span(last.at.duration_since(first.at));
                let text =
                    format!("{probes} times in {length} the circuit let an order try the factory, in vain");
                vec![IncidentEvent { kind: Kind::CircuitProbing, text, ..first.clone() }]
            }
            few => few.to_vec(),
        })
        .collect()
    }

    fn call_tally(&self) -> [(&'static str, u64); 8] {
        let calls = &self.calls;
        [
            ("Calls", calls.calls()),
            ("Pizzas", calls.success),
            ("Errors", calls.failure),
            ("Timeouts", calls.timeout),
            ("No connection", calls.connect_error),
            ("No real pizza", calls.bad_jwt),
            ("Order refused", calls.rejected),
            ("Saved by the circuit", calls.short_circuited),
        ]
    }
}

/// How a line of the timeline looks.
fn mark(kind: &Kind) -> &'static str {
    match kind {
        Kind::FirstFailure
        | Kind::LastFailure
        | Kind::AlertAlerting
        | Kind::CircuitOpened
        | Kind::NotNotified => "busy",
        Kind::Metric | Kind::AlertPending | Kind::AlertRecovering | Kind::CircuitProbing => "waiting",
        Kind::AlertNormal | Kind::CircuitClosed | Kind::Recovery | Kind::Drained | Kind::Closed => "good",
        Kind::CircuitForced
        | Kind::Notified
        | Kind::Acknowledgement
        | Kind::ReportLink
        | Kind::ChaosWindow
        | Kind::Act => "person",
    }
}

/// The text's plain and code parts in turns, plain first: what others said stands between backticks.
fn parts(text: &str) -> Vec<&str> {
    text.split('`').collect()
}
