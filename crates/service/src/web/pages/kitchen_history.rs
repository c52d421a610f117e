//! How the kitchen has been for 90 days, and what is planned: as bars, as a feed, and for programs.
//!
//! It is for everybody, so it says what diners noticed and nothing about the factory.

use crate::{app::App, app::AppState, edge::Problem, web::show::time};
use askama::Template;
use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{Cause, ChaosWindow, Incident};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use serde::Serialize;
use store::StoreError;

/// Days that are told, today among them.
const DAYS: i64 = 90;
/// Incidents that are told in words.
const TOLD: usize = 10;
/// Entries of the feed.
const ENTRIES: usize = 50;
/// How far ahead plans are told.
const AHEAD: SignedDuration = SignedDuration::from_hours(30 * 24);
/// A day with more trouble than this looks bad.
const BAD_DAY: SignedDuration = SignedDuration::from_mins(60);
const ATOM: &str = "application/atom+xml; charset=utf-8";
/// A feed reader may ask again after a minute.
const FOR_A_MINUTE: HeaderValue = HeaderValue::from_static("public, max-age=60");

/// The last 90 days, and what is planned.
#[derive(Serialize, Template)]
#[template(path = "pages/kitchen_history.html")]
pub struct History {
    /// Each day in UTC, the oldest first.
    days: Vec<Day>,
    /// The newest first.
    incidents: Vec<Told>,
    /// In order of time.
    planned: Vec<Planned>,
}

/// One day.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Day {
    date: Date,
    troubled_seconds: i64,
    #[serde(skip)]
    today: bool,
}

/// An incident in a diner's words.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    id: i64,
    began_at: Timestamp,
    /// Absent while it goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    message: &'static str,
}

/// A time in which the kitchen is tried out on purpose.
#[derive(Serialize)]
struct Planned {
    #[serde(skip)]
    id: i64,
    from: Timestamp,
    to: Timestamp,
}

#[derive(Template)]
#[template(path = "pages/kitchen_feed.xml")]
struct Feed {
    home: String,
    updated: Timestamp,
    history: History,
}

/// The history as an Atom feed (RFC 4287).
pub async fn feed(State(app): State<AppState>) -> Result<Response, Problem> {
    let mut history = History::of(&app).await?;
    history.incidents.truncate(ENTRIES);
    let changed = history.incidents.iter().map(|told| told.ended_at.unwrap_or(told.began_at)).max();
    let home = app.config.public_url().to_string();
    let feed = Feed { home, updated: changed.unwrap_or(Timestamp::UNIX_EPOCH), history };
    let text = feed.render().map_err(|error| {
        tracing::error!("type" = "unhandled", component = "web", %error, "the feed cannot be written");
        Problem::internal()
    })?;
    let headers =
        [(header::CONTENT_TYPE, HeaderValue::from_static(ATOM)), (header::CACHE_CONTROL, FOR_A_MINUTE)];
    Ok((headers, text).into_response())
}

/// The history for programs.
pub async fn json(State(app): State<AppState>) -> Result<Response, Problem> {
    let history = History::of(&app).await?;
    Ok(([(header::CACHE_CONTROL, FOR_A_MINUTE)], axum::Json(history)).into_response())
}

impl History {
    /// As it is known now.
    pub async fn of(app: &App) -> Result<Self, StoreError> {
        let now = Timestamp::now();
        let from = now - SignedDuration::from_hours(24 * DAYS);
        let until = now + SignedDuration::from_secs(1);
        let incidents = app.operations.incidents_between(from, until).await?;
        let windows = app.operations.chaos_windows(now, now + AHEAD).await?;
        Ok(Self::at(now, &incidents, &windows))
    }

    fn at(now: Timestamp, incidents: &[Incident], windows: &[ChaosWindow]) -> Self {
        let today = now.to_zoned_datetime(TimeZone::UTC).date();
        let days = (0..DAYS).rev().filter_map(|back| {
            let date = today.checked_sub(SignedDuration::from_hours(24 * back)).ok()?;
            Some(Day {
                date,
                troubled_seconds: troubled(date, now, incidents).as_secs(),
                today: date == today,
            })
        });
        Self {
            days: days.collect(),
            incidents: incidents.iter().rev().map(Told::from).collect(),
            planned: windows
                .iter()
                .map(|window| Planned { id: window.id.0, from: window.plan.from, to: window.plan.to })
                .collect(),
        }
    }

    fn latest(&self) -> &[Told] {
        &self.incidents[..self.incidents.len().min(TOLD)]
    }

    /// The picture in a sentence, for who does not see it.
    fn in_words(&self) -> String {
        let bad = self.days.iter().filter(|day| day.troubled_seconds > 0).count();
        match bad {
            0 => format!("No trouble on any of the last {DAYS} days"),
            1 => format!("Trouble on 1 of the last {DAYS} days"),
            bad => format!("Trouble on {bad} of the last {DAYS} days"),
        }
    }
}

/// How long of a day something was wrong. What overlaps counts once.
fn troubled(date: Date, now: Timestamp, incidents: &[Incident]) -> SignedDuration {
    let Ok(begin) = date.to_zoned_datetime(TimeZone::UTC).map(|at| at.timestamp()) else {
        return SignedDuration::ZERO;
    };
    let end = (begin + SignedDuration::from_hours(24)).min(now);
    let (mut sum, mut counted) = (SignedDuration::ZERO, begin);
    // They come in order of their beginning.
    for incident in incidents {
        let from = incident.began_at.max(counted);
        let to = incident.closed_at.unwrap_or(now).min(end);
        if from < to {
            sum += to.duration_since(from);
            counted = to;
        }
    }
    sum
}

impl Day {
    fn class(&self) -> &'static str {
        match SignedDuration::from_secs(self.troubled_seconds) {
            SignedDuration::ZERO => "good",
            trouble if trouble <= BAD_DAY => "waiting",
            _ => "busy",
        }
    }

    fn says(&self) -> String {
        let day = if self.today { "Today".to_owned() } else { self.date.strftime("%-d %b %Y").to_string() };
        match self.troubled_seconds {
            0 => format!("{day}: no trouble"),
            seconds => format!("{day}: {} of trouble", length(SignedDuration::from_secs(seconds))),
        }
    }
}

impl Told {
    fn lasted(&self) -> String {
        length(self.ended_at.unwrap_or_else(Timestamp::now).duration_since(self.began_at))
    }
}

fn length(length: SignedDuration) -> String {
    match length.as_secs().max(0) {
        0..=90 => "about a minute".to_owned(),
        seconds @ 91..=7_199 => format!("{} minutes", (seconds + 30) / 60),
        seconds => format!("{} hours", (seconds + 1_800) / 3_600),
    }
}

impl From<&Incident> for Told {
    fn from(incident: &Incident) -> Self {
        let message = match (incident.cause, incident.closed_at) {
            (Cause::Factory, Some(_)) => {
                "The kitchen was closed at times. Orders were kept, and made as soon as it reopened."
            }
            (Cause::Factory, None) => {
                "The kitchen is closed at times. Orders are kept, and made as soon as it reopens."
            }
            (Cause::Intake, Some(_)) => "Some orders could not be taken.",
            (Cause::Intake, None) => "Some orders cannot be taken.",
            (Cause::Worker | Cause::Backlog, Some(_)) => "Orders took longer than usual.",
            (Cause::Worker | Cause::Backlog, None) => "Orders take longer than usual.",
        };
        Self { id: incident.id.0, began_at: incident.began_at, ended_at: incident.closed_at, message }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use domain::IncidentId;

    fn incident(id: i64, began: &str, closed: Option<&str>) -> Incident {
        let began_at = began.parse().unwrap();
        Incident {
            id: IncidentId(id),
            cause: Cause::Factory,
            began_at,
            opened_at: began_at,
            acknowledged: None,
            closed_at: closed.map(|at| at.parse().unwrap()),
        }
    }

    #[test]
    fn a_day_has_the_trouble_that_fell_into_it_and_counts_it_once() {
        let now = "2026-03-03T12:00:00Z".parse().unwrap();
        let incidents = [
            incident(1, "2026-03-01T23:30:00Z", Some("2026-03-02T00:10:00Z")),
            incident(2, "2026-03-02T00:05:00Z", Some("2026-03-02T00:20:00Z")),
            incident(3, "2026-03-03T10:00:00Z", None),
        ];
        let history = History::at(now, &incidents, &[]);
        assert_eq!(history.days.len(), 90);
        let last: Vec<_> = history.days[86..].iter().map(|day| day.troubled_seconds).collect();
        assert_eq!(last, [0, 30 * 60, 20 * 60, 2 * 3600]);
        let classes: Vec<_> = history.days[86..].iter().map(Day::class).collect();
        assert_eq!(classes, ["good", "waiting", "waiting", "busy"]);
        assert_eq!(history.in_words(), "Trouble on 3 of the last 90 days");
        assert_eq!(history.days[89].says(), "Today: 2 hours of trouble");
        assert_eq!(history.latest()[0].id, 3, "the newest first");
    }
}
