//! What a manager reads: the head of the report, its first paragraph, and one line for a list.

use crate::{
    Course,
    clock::{Clock, between, duration_for_people},
    course::Chaos,
    text,
    words::{counted, number, share, title, verb, what_broke},
};
use domain::{Cause, Incident, IncidentEventKind as Kind};
use jiff::{Timestamp, tz::TimeZone};

/// An incident on one line, as plain text: for lists and terminals. Times are those of `zone`.
pub fn summary_line(incident: &Incident, zone: &TimeZone, now: Timestamp) -> String {
    let clock = Clock::new(zone.clone(), incident.began_at, incident.began_at);
    let lasted = |to| duration_for_people(between(incident.began_at, to));
    let state = match incident.closed_at {
        Some(at) => format!("resolved after {}", lasted(at)),
        None => format!("ongoing for {}", lasted(now)),
    };
    let acknowledged = match &incident.acknowledged {
        Some(acknowledged) => format!("acknowledged by {}", text::one_line(&acknowledged.by)),
        None => "not acknowledged".to_owned(),
    };
    let what = what_broke(incident.cause);
    format!("{}: {what}, {state}, {acknowledged}", clock.date_and_time(incident.began_at))
}

/// Title, number, date, status, duration, and the one number that must be 0.
pub(crate) fn header(course: &Course<'_>) -> String {
    let incident = course.incident();
    let (began, end) = (incident.began_at, course.end());
    let status = if course.is_over() { "Resolved" } else { "Ongoing" };
    let so_far = if course.is_over() {
        String::new()
    } else {
        format!(" so far (at {})", course.time(course.facts.now))
    };
    let lasted = duration_for_people(between(began, end));
    let lost = course.facts.orders.lost;
    let mut header = format!(
        "# Incident Report: {}\n\n\
         * **Incident:** {}\n\
         * **Date:** {}\n\
         * **Status:** {status}\n\
         * **Duration:** {lasted}{so_far}\n\
         * **Orders lost:** {}\n",
        title(incident.cause),
        incident.id,
        course.clock.date(began),
        number(lost),
    );
    if lost > 0 {
        header.push_str(&format!(
            "\n> **WARNING: {} {} LOST.** {} acknowledged, and {} neither made, nor waiting, nor refused, nor \
             cancelled. This must never happen.\n",
            number(lost),
            verb(lost, "ORDER IS", "ORDERS ARE"),
            verb(lost, "It was", "They were"),
            verb(lost, "is", "are"),
        ));
    }
    header
}

/// Two or three sentences.
pub(crate) fn section(course: &Course<'_>) -> String {
    format!("{} {} {}\n", what_happened(course), what_became_of_orders(course), how_it_ended(course))
}

fn what_happened(course: &Course<'_>) -> String {
    let incident = course.incident();
    let calls = &course.facts.calls;
    let errors = counted(calls.errors, "request");
    let what = match incident.cause {
        Cause::Factory => {
            // Calls that worked off the backlog succeeded after the outage: without a word the share would belittle it.
            let drained = course.facts.orders.fulfilled_later > 0;
            let failed = format!(
                "the pizza factory {} failed {} of {} ({}{})",
                text::code(&course.facts.factory),
                number(calls.failed()),
                counted(calls.calls(), "call"),
                share(calls.failed(), calls.calls()),
                if drained { ", counting those that worked off the backlog afterwards" } else { "" },
            );
            match calls.short_circuited {
                0 => failed,
                saved => format!("{failed}, and the open circuit saved it another {}", number(saved)),
            }
        }
        Cause::Intake => format!("the service did not take orders in: {errors} to order ended with an error"),
        Cause::Worker => "nobody worked on orders that were ready to be made".to_owned(),
        Cause::Backlog => "orders waited too long".to_owned(),
    };
    format!("{} {what}.", when(course))
}

fn when(course: &Course<'_>) -> String {
    let (began, end) = (course.incident().began_at, course.end());
    let span = if course.is_over() {
        let lasted = duration_for_people(between(began, end));
        format!("between {} and {} ({lasted})", course.time(began), course.time(end))
    } else {
        format!("since {}", course.time(began))
    };
    if course.clock.shows_dates() {
        let (first, rest) = span.split_at(1);
        format!("{}{rest},", first.to_uppercase())
    } else {
        format!("On {}, {span},", course.clock.date(began))
    }
}

fn what_became_of_orders(course: &Course<'_>) -> String {
    let orders = &course.facts.orders;
    if orders.placed == 0 && orders.lost == 0 {
        return "No order was taken in meanwhile, so **none was lost**.".to_owned();
    }
    let taken =
        format!("{} {} taken in", counted(orders.placed, "order"), verb(orders.placed, "was", "were"));
    let waited = waited(course);
    let waiting = match (waited, orders.waiting) {
        (0, _) => "none of them had to wait".to_owned(),
        (_, 0) => format!("{} of them had to wait", number(waited)),
        (_, still) => format!("{} of them had to wait, {} still waiting", number(waited), is_or_are(still)),
    };
    let lost = match orders.lost {
        0 => "**none was lost**".to_owned(),
        lost => format!("**{} {} LOST**", number(lost), verb(lost, "WAS", "WERE")),
    };
    format!("{taken}, {waiting}, and {lost}.")
}

fn is_or_are(count: u64) -> String {
    format!("{} {}", number(count), verb(count, "is", "are"))
}

/// Orders that were not made within their diner's wait, and not refused either.
pub(crate) fn waited(course: &Course<'_>) -> u64 {
    let orders = &course.facts.orders;
    [orders.fulfilled_later, orders.waiting, orders.quarantined, orders.cancelled]
        .into_iter()
        .fold(0, u64::saturating_add)
}

fn how_it_ended(course: &Course<'_>) -> String {
    let reason = match course.chaos() {
        Some(Chaos::Planned) => "The factory was under planned chaos testing",
        Some(Chaos::Admitted) => "The factory's answers showed that it was under chaos testing",
        None => "The underlying cause is not known yet",
    };
    let ending = match (course.is_over(), course.first(Kind::Act)) {
        (true, None) => "it ended without anybody having acted",
        (true, Some(_)) => "it ended after somebody acted",
        (false, None) => "it is not over, and nobody has acted",
        (false, Some(_)) => "it is not over, though somebody has acted",
    };
    format!("{reason}; {ending}.")
}
