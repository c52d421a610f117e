//! Whom it hit, in numbers.

use crate::{
    Course, blank,
    clock::duration_for_people,
    summary::waited,
    words::{counted, number, share, verb},
};
use jiff::SignedDuration;

pub(crate) fn section(course: &Course<'_>) -> String {
    format!("{}\n{}\n{}\n{}", in_words(course), orders(course), calls(course), blank(WHAT_IT_COST))
}

const WHAT_IT_COST: &str = "what it meant for diners and franchises beyond these numbers.";

fn in_words(course: &Course<'_>) -> String {
    let (orders, errors) = (&course.facts.orders, course.facts.calls.errors);
    let waited = waited(course);
    let longest = seconds(orders.longest_seconds);
    let diners = match (errors, waited) {
        (0, 0) => "no diner saw an error, and none had to wait.".to_owned(),
        (0, _) => format!(
            "no diner saw an error. {} of {} ({}) had to wait longer than {}.",
            number(waited),
            counted(orders.placed, "order"),
            share(waited, orders.placed),
            seconds(course.facts.at_once_seconds),
        ),
        _ => format!(
            "**{} to order ended with an error**. {} of {} ({}) had to wait longer than {}.",
            counted(errors, "request"),
            number(waited),
            counted(orders.placed, "order"),
            share(waited, orders.placed),
            seconds(course.facts.at_once_seconds),
        ),
    };
    let made = orders.fulfilled_at_once.saturating_add(orders.fulfilled_later);
    let business = match orders.lost {
        0 => "no order was lost".to_owned(),
        lost => format!("**{} {} lost**", counted(lost, "order"), verb(lost, "was", "were")),
    };
    let made = match (orders.placed, made) {
        (0, _) => "none was placed".to_owned(),
        (placed, 0) => format!("none of {} is made", counted(placed, "order")),
        (placed, made) => {
            format!("{} of {} made, the slowest after {longest}", number(made), counted(placed, "order"))
        }
    };
    format!("* **Diners:** {diners}\n* **Business:** {business}; {made}.\n")
}

fn orders(course: &Course<'_>) -> String {
    let orders = &course.facts.orders;
    let at_once = format!("made at once (within {})", seconds(course.facts.at_once_seconds));
    let lost = if orders.lost == 0 { "0".to_owned() } else { format!("**{}**", number(orders.lost)) };
    let rows = [
        ("placed", number(orders.placed)),
        (&at_once, number(orders.fulfilled_at_once)),
        ("made later", number(orders.fulfilled_later)),
        ("waiting", number(orders.waiting)),
        ("quarantined, waiting for a person", number(orders.quarantined)),
        ("rejected by the factory", number(orders.rejected)),
        ("cancelled by diners", number(orders.cancelled)),
        ("**lost**", lost),
        ("longest wait for a pizza that was made", seconds(orders.longest_seconds)),
    ];
    table("Orders", &rows)
}

fn calls(course: &Course<'_>) -> String {
    let calls = &course.facts.calls;
    let rows = [
        ("made", number(calls.calls())),
        ("brought a pizza", number(calls.success)),
        ("answered with an error", number(calls.failure)),
        ("not answered in time", number(calls.timeout)),
        ("reached nobody", number(calls.connect_error)),
        ("brought something that is no pizza", number(calls.bad_jwt)),
        ("refused the order itself", number(calls.rejected)),
        ("saved by the open circuit", number(calls.short_circuited)),
    ];
    table("Calls to the factory", &rows)
}

fn table(title: &str, rows: &[(&str, String)]) -> String {
    let mut table = format!("| {title} | |\n|---|---:|\n");
    for (name, value) in rows {
        table.push_str(&format!("| {name} | {value} |\n"));
    }
    table
}

fn seconds(seconds: u64) -> String {
    duration_for_people(SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX)))
}
