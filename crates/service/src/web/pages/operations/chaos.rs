//! Chaos that somebody planned, so that whoever is woken knows; and chaos that is started here, on our own factory.

use super::{
    admin, back,
    show::{age, span},
};
use crate::{
    api::{
        acts::Acts,
        extract::{Path, Query, path_id},
    },
    app::AppState,
    edge::Problem,
    web::{Form, Frame, Page},
};
use askama::Template;
use axum::extract::State;
use domain::{ChaosWindow, ChaosWindowId, NewChaosWindow};
use factory_api::{ChaosKind, VendorChaos};
use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use serde::Deserialize;
use std::time::Duration;
use store::FranchiseQuery;

const HERE: &str = "/operations/chaos";
/// Windows that ended so long ago are not listed any more.
const LISTED_FOR: SignedDuration = SignedDuration::from_hours(90 * 24);
/// For how many minutes chaos can be planned or started here.
const MINUTES: [i64; 6] = [2, 5, 10, 15, 30, 60];
/// What can be started here. A listener that is down would be down for every vendor.
const KINDS: [(ChaosKind, &str); 4] = [
    (ChaosKind::Fail, "every order is answered 500"),
    (ChaosKind::Throttle, "every order is answered late"),
    (ChaosKind::Badjwt, "pizzas do not verify"),
    (ChaosKind::Flap, "orders fail and succeed in turns"),
];
/// Franchises that are counted when somebody wants to know who is affected.
const COUNTED: u32 = 1000;

#[derive(Template)]
#[template(path = "pages/operations/chaos.html")]
struct ChaosPage<'a> {
    frame: &'a Frame,
    windows: Vec<ChaosWindow>,
    now: Timestamp,
    /// What the factory says that it does to us.
    factory: Result<Option<VendorChaos>, String>,
    /// What is proposed as the beginning of a plan.
    proposed: String,
}

#[derive(Template)]
#[template(path = "pages/operations/chaos_start.html")]
struct Ask<'a> {
    frame: &'a Frame,
    kind: ChaosKind,
    minutes: i64,
    stores: usize,
    franchises: usize,
    last_hour: u64,
    incident: bool,
}

/// What is to be started.
#[derive(Deserialize)]
pub struct Wanted {
    kind: Option<String>,
    minutes: Option<String>,
}

/// Windows, and what the factory does now.
pub async fn show(State(app): State<AppState>, frame: Frame) -> Page {
    admin(&frame)?;
    let now = Timestamp::now();
    let mut windows = app.operations.chaos_windows(now - LISTED_FOR, Timestamp::MAX).await?;
    windows.reverse();
    let factory = app.kitchen.factory_chaos().await.map_err(|error| error.to_string());
    let proposed = (now + SignedDuration::from_mins(30)).strftime("%Y-%m-%dT%H:%M").to_string();
    frame.show(&ChaosPage { frame: &frame, windows, now, factory, proposed })
}

/// Plans a window. Nothing is done to the factory.
pub async fn plan(State(app): State<AppState>, acts: Acts, form: Form) -> Page {
    let session = admin(&form.frame)?;
    let from = form.text("from").parse::<DateTime>().ok();
    let from = from.and_then(|from| from.to_zoned_datetime(TimeZone::UTC).ok()).map(|from| from.timestamp());
    let (Some(from), Some(minutes)) = (from, minutes(form.text("minutes"))) else {
        return Ok(back(&form, HERE, "Nothing was planned: say when it begins, and how long it lasts."));
    };
    let plan = NewChaosWindow {
        from,
        to: from.saturating_add(SignedDuration::from_mins(minutes)).unwrap_or(from),
        kind: form.text("kind").to_owned(),
        reason: form.text("reason").to_owned(),
        lowers_severity: form.text("quiet") == "yes",
        planned_by: Some(session.user.id),
    };
    let plan = match plan.checked() {
        Ok(plan) => plan,
        Err(error) => return Ok(back(&form, HERE, &format!("Nothing was planned: {error}."))),
    };
    let window = app.operations.plan_chaos_window(plan).await?;
    let when = format!("{} to {}", window.plan.from, window.plan.to);
    acts.record(session, "chaos_window.plan", format!("chaos window {}", window.id), Some(when)).await;
    Ok(back(&form, HERE, "It is planned: whoever is woken meanwhile is told so."))
}

/// Takes a window away.
pub async fn delete(State(app): State<AppState>, acts: Acts, Path(id): Path<String>, form: Form) -> Page {
    let session = admin(&form.frame)?;
    let id = path_id(&id, ChaosWindowId, "unknown chaos window")?;
    if app.operations.forget_chaos_window(id).await?.is_none() {
        return Err(Problem::not_found("unknown chaos window").into());
    }
    acts.record(session, "chaos_window.delete", format!("chaos window {id}"), None).await;
    Ok(back(&form, HERE, "The plan is deleted."))
}

/// Asks first, and shows who is affected.
pub async fn ask(State(app): State<AppState>, frame: Frame, Query(wanted): Query<Wanted>) -> Page {
    admin(&frame)?;
    let kind = wanted.kind.as_deref().and_then(kind).unwrap_or(ChaosKind::Fail);
    let minutes = wanted.minutes.as_deref().and_then(minutes).unwrap_or(MINUTES[0]);
    let query = FranchiseQuery { page: 0, per_page: COUNTED, name: "*".to_owned(), with_business: false };
    let franchises = app.store.franchises(query).await?.franchises;
    let ask = Ask {
        frame: &frame,
        kind,
        minutes,
        stores: franchises.iter().map(|franchise| franchise.stores.len()).sum(),
        franchises: franchises.len(),
        last_hour: app.operations.orders_since(Timestamp::now() - SignedDuration::from_hours(1)).await?,
        incident: !app.operations.open_incidents().is_empty(),
    };
    frame.show(&ask)
}

/// Starts chaos on our own factory, and writes it down as planned, so that whoever is woken is told.
pub async fn start(State(app): State<AppState>, acts: Acts, form: Form) -> Page {
    let session = admin(&form.frame)?;
    let (Some(kind), Some(minutes)) = (kind(form.text("kind")), minutes(form.text("minutes"))) else {
        return Ok(back(&form, HERE, "Nothing was started: choose what, and for how long."));
    };
    if form.text("sure") != "yes" {
        let ask = format!("{HERE}/start?kind={kind}&minutes={minutes}");
        return Ok(form.frame.go_saying(&ask, "Nothing was started: say that you know who is affected."));
    }
    let length = Duration::from_secs(minutes.unsigned_abs() * 60);
    let from = Timestamp::now();
    if let Err(error) = app.kitchen.set_factory_chaos(kind, length).await {
        acts.record(session, "factory_chaos.start", "factory", Some(format!("{kind}: {error}"))).await;
        return Ok(back(&form, HERE, &format!("Nothing was started: {error}.")));
    }
    let detail = format!("{kind} for {minutes} min");
    acts.record(session, "factory_chaos.start", "factory", Some(detail)).await;
    let plan = NewChaosWindow {
        from,
        to: from + SignedDuration::from_mins(minutes),
        kind: kind.to_string(),
        reason: format!("started by {}", session.user.name),
        lowers_severity: false,
        planned_by: Some(session.user.id),
    };
    app.operations.plan_chaos_window(plan).await?;
    let said = format!("The factory does its worst ({kind}) for {minutes} minutes. It ends by itself.");
    Ok(back(&form, HERE, &said))
}

/// Ends chaos on our own factory.
pub async fn stop(State(app): State<AppState>, acts: Acts, form: Form) -> Page {
    let session = admin(&form.frame)?;
    let stopped = app.kitchen.set_factory_chaos(ChaosKind::None, Duration::ZERO).await;
    let outcome = stopped.as_ref().err().map(ToString::to_string);
    acts.record(session, "factory_chaos.stop", "factory", outcome).await;
    let said = match stopped {
        Ok(()) => "The chaos is over.".to_owned(),
        Err(error) => format!("The chaos goes on: {error}."),
    };
    Ok(back(&form, HERE, &said))
}

fn kind(text: &str) -> Option<ChaosKind> {
    KINDS.iter().map(|(kind, _)| *kind).find(|kind| kind.as_str() == text)
}

fn minutes(text: &str) -> Option<i64> {
    text.parse().ok().filter(|minutes| MINUTES.contains(minutes))
}

impl ChaosPage<'_> {
    fn when(&self, window: &ChaosWindow) -> (&'static str, &'static str) {
        if window.holds(self.now) {
            ("now", "busy")
        } else if window.plan.from > self.now {
            ("to come", "waiting")
        } else {
            ("over", "")
        }
    }

    fn lasts(&self, window: &ChaosWindow) -> String {
        span(window.plan.to.duration_since(window.plan.from))
    }
}

impl Ask<'_> {
    fn means(&self) -> &'static str {
        KINDS.iter().find(|(kind, _)| *kind == self.kind).map_or("", |(_, means)| means)
    }

    fn oldest(&self) -> Option<String> {
        let queue = &self.frame.kitchen.queue;
        queue.oldest_queued_at.as_ref().filter(|_| queue.queued > 0).map(age)
    }
}
