//! The circuit breaker around the factory, by hand.

use crate::{
    api::{
        acts::{Acts, Admin},
        extract::Json,
        schema,
        views::from_now,
    },
    app::AppState,
    edge::Problem,
    fulfilment::{Kitchen, Transition},
};
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use resilience::{Event, Mode, OpenReason};
use serde::{Deserialize, Serialize};
use std::time::Instant;
use utoipa::ToSchema;

/// The longest reason, in characters.
const MAX_REASON: usize = 500;

/// Who decides about the circuit, and why.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "mode": "forced_open", "reason": "the factory asked us to" }))]
pub struct SetMode {
    mode: CircuitMode,
    /// For who reads the audit log a year later.
    #[schema(min_length = 1, max_length = 500, pattern = r"\S")]
    reason: String,
}

/// Who decides: the results of calls, or a person.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CircuitMode {
    /// Results decide.
    Automatic,
    /// No call goes to the factory.
    ForcedOpen,
    /// Every call goes to the factory, whatever the results.
    ForcedClosed,
}

/// Whether calls go to the factory.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CircuitState {
    /// They do.
    Closed,
    /// None does.
    Open,
    /// A few probes do.
    HalfOpen,
}

/// How the circuit of this instance stands.
#[derive(Serialize, ToSchema)]
#[schema(as = Circuit, example = json!({
    "state": "open", "mode": "automatic", "degraded": false, "generation": 3, "since": "2025-12-02T10:10:30Z",
    "reopenAt": "2025-12-02T10:10:35Z", "consecutiveFailures": 0, "calls": 0, "failures": 0, "slow": 0,
    "history": [{ "at": "2025-12-02T10:10:30Z", "generation": 3, "event": "opened", "detail": "5 calls failed in a row" }],
}))]
#[serde(rename_all = "camelCase")]
pub struct CircuitView {
    state: CircuitState,
    mode: CircuitMode,
    /// Closed, but the factory is slow.
    degraded: bool,
    /// Grows with each change of state or mode.
    generation: u64,
    #[schema(schema_with = schema::timestamp)]
    since: Timestamp,
    /// When the factory will be tried again.
    #[schema(schema_with = schema::timestamp)]
    #[serde(skip_serializing_if = "Option::is_none")]
    reopen_at: Option<Timestamp>,
    consecutive_failures: u32,
    /// Calls in the window, and those that failed or were slow.
    calls: u64,
    failures: u64,
    slow: u64,
    /// The latest transitions, newest first.
    history: Vec<TransitionView>,
}

/// One transition of the circuit.
#[derive(Serialize, ToSchema)]
#[schema(as = CircuitTransition)]
#[serde(rename_all = "camelCase")]
pub struct TransitionView {
    #[schema(schema_with = schema::timestamp)]
    at: Timestamp,
    generation: u64,
    event: TransitionKind,
    /// Why, or what it changed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
}

/// What happened to the circuit.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TransitionKind {
    /// Calls stopped.
    Opened,
    /// Probes may go.
    HalfOpened,
    /// The factory is back.
    Closed,
    /// The factory became slow.
    Degraded,
    /// The factory is quick again.
    Recovered,
    /// A person took over, or gave back.
    ModeChanged,
}

/// How the circuit around the factory stands (admin)
#[utoipa::path(
    get, path = "/api/admin/circuit", tag = "administration", security(("session" = [])),
    responses(
        (status = 200, description = "Its state, and its latest transitions", body = CircuitView),
        (status = 403, description = "Only an admin may do that."),
    ),
)]
pub async fn show(State(app): State<AppState>, _: Admin) -> axum::Json<CircuitView> {
    axum::Json(CircuitView::of(&app.kitchen))
}

/// Take the circuit over by hand, or give it back (admin)
///
/// It is this instance's circuit, and a restart gives it back.
#[utoipa::path(
    put, path = "/api/admin/circuit", tag = "administration", security(("session" = [])),
    request_body = SetMode,
    responses(
        (status = 200, description = "How it stands now", body = CircuitView),
        (status = 403, description = "Only an admin may do that."),
    ),
)]
pub async fn set_mode(
    State(app): State<AppState>,
    acts: Acts,
    Admin(session): Admin,
    Json(wanted): Json<SetMode>,
) -> Result<axum::Json<CircuitView>, Problem> {
    let reason = reason(&wanted.reason)?;
    let (mode, action) = match wanted.mode {
        CircuitMode::Automatic => (Mode::Automatic, "circuit.automatic"),
        CircuitMode::ForcedOpen => (Mode::ForcedOpen, "circuit.force_open"),
        CircuitMode::ForcedClosed => (Mode::ForcedClosed, "circuit.force_closed"),
    };
    app.kitchen.set_circuit_mode(mode);
    acts.record(&session, action, "circuit", Some(reason)).await;
    Ok(axum::Json(CircuitView::of(&app.kitchen)))
}

/// Who reads the audit log a year later wants to know why.
fn reason(text: &str) -> Result<String, Problem> {
    match text.trim() {
        "" => Err(Problem::bad_request("reason is required")),
        long if long.chars().count() > MAX_REASON => {
            Err(Problem::bad_request(format!("reason must be at most {MAX_REASON} characters")))
        }
        reason => Ok(reason.to_owned()),
    }
}

impl CircuitView {
    fn of(kitchen: &Kitchen) -> Self {
        let circuit = kitchen.circuit();
        Self {
            state: circuit.state.into(),
            mode: circuit.mode.into(),
            degraded: circuit.degraded,
            generation: circuit.generation,
            since: ago(circuit.since),
            reopen_at: circuit.reopen_at.map(|at| from_now(at.saturating_duration_since(Instant::now()))),
            consecutive_failures: circuit.consecutive_failures,
            calls: circuit.calls,
            failures: circuit.failures,
            slow: circuit.slow,
            history: kitchen.circuit_history().iter().map(TransitionView::from).collect(),
        }
    }
}

/// A moment of the monotonic clock, as people know it.
fn ago(then: Instant) -> Timestamp {
    let age = SignedDuration::try_from(then.elapsed()).unwrap_or_default();
    Timestamp::now().saturating_sub(age).unwrap_or(Timestamp::MIN)
}

impl From<&Transition> for TransitionView {
    fn from(transition: &Transition) -> Self {
        let (event, detail) = match &transition.event {
            Event::Opened { reason, .. } => (TransitionKind::Opened, Some(why(reason))),
            Event::HalfOpened { .. } => (TransitionKind::HalfOpened, None),
            Event::Closed { .. } => (TransitionKind::Closed, None),
            Event::Degraded { slow, calls, .. } => {
                (TransitionKind::Degraded, Some(format!("{slow} of {calls} calls were slow")))
            }
            Event::Recovered { .. } => (TransitionKind::Recovered, None),
            Event::ModeChanged { mode, .. } => {
                (TransitionKind::ModeChanged, Some(mode_word(*mode).to_owned()))
            }
        };
        Self { at: transition.at, generation: transition.event.generation(), event, detail }
    }
}

fn why(reason: &OpenReason) -> String {
    match reason {
        OpenReason::ConsecutiveFailures(failures) => format!("{failures} calls failed in a row"),
        OpenReason::FailureRate { failures, calls } => format!("{failures} of {calls} calls failed"),
        OpenReason::ProbeFailed => "a probe failed".to_owned(),
    }
}

fn mode_word(mode: Mode) -> &'static str {
    match mode {
        Mode::Automatic => "automatic",
        Mode::ForcedOpen => "forced_open",
        Mode::ForcedClosed => "forced_closed",
    }
}

impl From<Mode> for CircuitMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Automatic => Self::Automatic,
            Mode::ForcedOpen => Self::ForcedOpen,
            Mode::ForcedClosed => Self::ForcedClosed,
        }
    }
}

impl From<resilience::State> for CircuitState {
    fn from(state: resilience::State) -> Self {
        match state {
            resilience::State::Closed => Self::Closed,
            resilience::State::Open => Self::Open,
            resilience::State::HalfOpen => Self::HalfOpen,
        }
    }
}
