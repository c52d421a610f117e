//! The circuit around the factory: how it stands, what it did, and who decides.

use super::{admin, back, show::CircuitNow};
use crate::{
    api::acts::Acts,
    app::AppState,
    web::{Form, Frame, Page},
};
use askama::Template;
use axum::extract::State;
use jiff::Timestamp;
use resilience::{Event, Mode, OpenReason};

/// The longest reason, in characters.
const MAX_REASON: usize = 500;
/// Transitions that are shown.
const SHOWN: usize = 30;
const HERE: &str = "/operations/circuit";

#[derive(Template)]
#[template(path = "pages/operations/circuit.html")]
struct CircuitPage<'a> {
    frame: &'a Frame,
    mode: Mode,
    has_chaos: bool,
    circuit: Circuit,
}

/// The part that changes by itself.
#[derive(Template)]
#[template(path = "pages/operations/circuit_part.html")]
struct Circuit {
    now: CircuitNow,
    consecutive_failures: u32,
    calls: u64,
    failures: u64,
    slow: u64,
    history: Vec<Told>,
}

/// One transition, in words.
struct Told {
    at: Timestamp,
    class: &'static str,
    text: String,
}

/// The circuit; for htmx, only what changes.
pub async fn show(State(app): State<AppState>, frame: Frame) -> Page {
    admin(&frame)?;
    let stands = app.kitchen.circuit();
    let history = app.kitchen.circuit_history();
    let circuit = Circuit {
        now: CircuitNow::of(&app.kitchen),
        consecutive_failures: stands.consecutive_failures,
        calls: stands.calls,
        failures: stands.failures,
        slow: stands.slow,
        history: history.iter().take(SHOWN).map(|one| told(one.at, &one.event)).collect(),
    };
    if frame.wants_part {
        return frame.show(&circuit);
    }
    frame.show(&CircuitPage { frame: &frame, mode: stands.mode, has_chaos: app.kitchen.has_chaos(), circuit })
}

/// Takes the circuit over by hand, or gives it back.
pub async fn set_mode(State(app): State<AppState>, acts: Acts, form: Form) -> Page {
    let session = admin(&form.frame)?;
    let (mode, action, said) = match form.text("mode") {
        "automatic" => (Mode::Automatic, "circuit.automatic", "The circuit is automatic."),
        "forced_open" => (
            Mode::ForcedOpen,
            "circuit.force_open",
            "The circuit is forced open: no call goes to the factory until you give it back.",
        ),
        "forced_closed" => (
            Mode::ForcedClosed,
            "circuit.force_closed",
            "The circuit is forced closed: every call goes to the factory until you give it back.",
        ),
        _ => return Ok(back(&form, HERE, "Nothing was changed: choose one of the three.")),
    };
    let reason = form.text("reason");
    if reason.is_empty() || reason.chars().count() > MAX_REASON {
        return Ok(back(&form, HERE, "Nothing was changed: say why, in at most 500 characters."));
    }
    app.kitchen.set_circuit_mode(mode);
    acts.record(session, action, "circuit", Some(reason.to_owned())).await;
    Ok(back(&form, HERE, said))
}

/// Makes half of our calls fail, or stops doing so.
pub async fn set_chaos(State(app): State<AppState>, acts: Acts, form: Form) -> Page {
    let session = admin(&form.frame)?;
    let (chaos, action, said) = match form.text("chaos") {
        "true" => {
            (true, "chaos.begin", "Half of our calls to the factory fail now. Do not forget to stop it.")
        }
        _ => (false, "chaos.end", "Our calls to the factory are left alone."),
    };
    app.kitchen.set_chaos(chaos);
    acts.record(session, action, "factory calls", None).await;
    Ok(back(&form, HERE, said))
}

fn told(at: Timestamp, event: &Event) -> Told {
    let (class, text) = match event {
        Event::Opened { reason, open_for, .. } => {
            let why = match reason {
                OpenReason::ConsecutiveFailures(failures) => format!("{failures} calls failed in a row"),
                OpenReason::FailureRate { failures, calls } => format!("{failures} of {calls} calls failed"),
                OpenReason::ProbeFailed => "the probe failed".to_owned(),
            };
            ("busy", format!("Open for {:.1} s: {why}", open_for.as_secs_f64()))
        }
        Event::HalfOpened { .. } => ("waiting", "Half-open: the oldest order is tried".to_owned()),
        Event::Closed { .. } => ("good", "Closed: the factory is back".to_owned()),
        Event::Degraded { slow, calls, .. } => {
            ("waiting", format!("The factory is slow: {slow} of {calls} calls"))
        }
        Event::Recovered { .. } => ("good", "The factory is quick again".to_owned()),
        Event::ModeChanged { mode, .. } => {
            let text = match mode {
                Mode::Automatic => "Given back: automatic",
                Mode::ForcedOpen => "Forced open by hand",
                Mode::ForcedClosed => "Forced closed by hand",
            };
            ("person", text.to_owned())
        }
    };
    Told { at, class, text }
}

impl CircuitPage<'_> {
    fn choices(&self) -> [(&'static str, &'static str, &'static str, bool); 3] {
        [
            ("automatic", "Automatic", "The results of calls decide.", self.mode == Mode::Automatic),
            (
                "forced_open",
                "Force open",
                "No call goes to the factory. Orders are queued; no pizza is made.",
                self.mode == Mode::ForcedOpen,
            ),
            (
                "forced_closed",
                "Force closed",
                "Every call goes to the factory, however it answers.",
                self.mode == Mode::ForcedClosed,
            ),
        ]
    }
}
