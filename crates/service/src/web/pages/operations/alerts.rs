//! Every alert rule: how it stands, what it did, and what a person may do about it.

use super::{
    admin, back,
    now::{Loud, loud},
    show::{age, class_of, class_of_word},
};
use crate::{
    api::{acts::Acts, extract::Path},
    app::AppState,
    edge::Problem,
    operations::{AlertView, PauseAlertError},
    web::{Form, Frame, Page, frame::Stop},
};
use alerting::{PauseError, Severity, State as AlertState};
use askama::Template;
use axum::extract::State;
use jiff::{SignedDuration, Timestamp};
use store::AlertHistory;

/// Changes that are looked through for the last ones of each rule.
const HISTORY: u32 = 500;
/// Changes of one rule that are told.
const OF_ONE_RULE: usize = 4;
/// For how many minutes a rule can be paused here.
const MINUTES: [i64; 3] = [15, 30, 60];

#[derive(Template)]
#[template(path = "pages/operations/alerts.html")]
struct AlertsPage<'a> {
    frame: &'a Frame,
    alerts: Alerts,
    contact_points: Vec<&'a str>,
}

/// The part that changes by itself.
#[derive(Template)]
#[template(path = "pages/operations/alerts_part.html")]
struct Alerts {
    loud: Vec<Loud>,
    rules: Vec<Rule>,
    csrf: String,
}

/// A rule with what it did lately.
struct Rule {
    alert: AlertView,
    history: Vec<AlertHistory>,
}

/// The rules; for htmx, only what changes.
pub async fn show(State(app): State<AppState>, frame: Frame) -> Page {
    admin(&frame)?;
    let alerts = app.operations.alerts().await?;
    let history = app.operations.alert_history(HISTORY).await?;
    let loud = loud(&app, &alerts);
    let rule = |alert: AlertView| {
        let own = history.iter().filter(|entry| entry.change.rule == alert.id);
        let history = own.take(OF_ONE_RULE).cloned().collect();
        Rule { alert, history }
    };
    let mut rules: Vec<Rule> = alerts.into_iter().map(rule).collect();
    // What is wrong comes first, and what never wakes anybody last.
    rules.sort_by_key(|rule| {
        (rule.alert.severity == Severity::None, std::cmp::Reverse((rule.alert.state, rule.alert.severity)))
    });
    let alerts = Alerts { loud, rules, csrf: frame.csrf() };
    if frame.wants_part {
        return frame.show(&alerts);
    }
    let points = app.config.alerts.contact_points.iter();
    let contact_points = points.map(|point| point.name.as_str()).collect();
    frame.show(&AlertsPage { frame: &frame, alerts, contact_points })
}

/// Pauses a rule for a while, on every instance.
pub async fn pause(State(app): State<AppState>, acts: Acts, Path(rule): Path<String>, form: Form) -> Page {
    let session = admin(&form.frame)?;
    let minutes = form.number("minutes").filter(|minutes| MINUTES.contains(minutes));
    let minutes = minutes.ok_or_else(|| Problem::bad_request("a rule is paused for 15, 30 or 60 minutes"))?;
    let until = Timestamp::now() + SignedDuration::from_mins(minutes);
    let by = session.user.name.to_string();
    let pause = app.operations.pause_alert(&rule, until, by).await.map_err(refused)?;
    let detail = format!("for {minutes} min");
    acts.record(session, "alert.pause", format!("alert {}", pause.rule), Some(detail)).await;
    let said =
        format!("{} is paused for {minutes} minutes. It ends by itself.", name_of(&app, &pause.rule).await);
    Ok(back(&form, "/operations/alerts", &said))
}

/// Ends a rule's pause.
pub async fn resume(State(app): State<AppState>, acts: Acts, Path(rule): Path<String>, form: Form) -> Page {
    let session = admin(&form.frame)?;
    let rule = app.operations.resume_alert(&rule).await.map_err(refused)?;
    acts.record(session, "alert.resume", format!("alert {rule}"), None).await;
    let said = format!("{} is watched again.", name_of(&app, &rule).await);
    Ok(back(&form, "/operations/alerts", &said))
}

/// Sends a test message through every contact point.
pub async fn test(State(app): State<AppState>, acts: Acts, form: Form) -> Page {
    let session = admin(&form.frame)?;
    let told = app.operations.send_test(session.user.name.as_str()).await;
    acts.record(session, "alert.test", "contact points", None).await;
    let one = |(name, told): (String, Result<(), String>)| match told {
        Ok(()) => format!("{name}: delivered"),
        Err(error) => format!("{name}: NOT delivered, {error}"),
    };
    let said = match told.is_empty() {
        true => "There is no contact point: nobody is told of anything.".to_owned(),
        false => format!("The test was sent. {}.", told.into_iter().map(one).collect::<Vec<_>>().join("; ")),
    };
    Ok(back(&form, "/operations/alerts", &said))
}

async fn name_of(app: &AppState, rule: &str) -> String {
    let alerts = app.operations.alerts().await.unwrap_or_default();
    let name = alerts.iter().find(|alert| alert.id == rule).map(|alert| alert.name);
    name.unwrap_or(rule).to_owned()
}

fn refused(error: PauseAlertError) -> Stop {
    match error {
        PauseAlertError::Refused(error @ PauseError::NoSuchRule) => {
            Problem::not_found(error.to_string()).into()
        }
        PauseAlertError::Refused(error) => Problem::bad_request(error.to_string()).into(),
        PauseAlertError::Store(error) => error.into(),
    }
}

impl Rule {
    /// The watchdog always fires: silence is what would be wrong.
    fn class(&self) -> &'static str {
        match self.alert.severity {
            Severity::None => "",
            _ => class_of(&self.alert.state),
        }
    }

    fn wakes(&self) -> &'static str {
        match self.alert.severity {
            Severity::Page => "wakes somebody",
            Severity::Ticket => "for office hours",
            Severity::None => "for machines",
        }
    }

    /// Since when it is not Normal.
    fn since(&self) -> Option<Timestamp> {
        self.alert.alerts.iter().map(|(_, alert)| alert.since).min()
    }

    fn is_normal(&self) -> bool {
        self.alert.state == AlertState::Normal
    }
}
