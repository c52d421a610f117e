//! How things read on a page: times, durations, states.

use domain::OrderState;
use jiff::Timestamp;
use std::time::Duration;

/// A time for people who do not run scripts; the others see it in their own time zone.
pub fn time(at: &Timestamp) -> String {
    at.strftime("%-d %b %Y, %H:%M UTC").to_string()
}

/// About how long: nobody counts the seconds of a long wait.
pub fn about(wait: Duration) -> String {
    let seconds = wait.as_secs();
    let count = |number: u64, one: &str, many: &str| match number {
        1 => format!("about {one}"),
        number => format!("about {number} {many}"),
    };
    match seconds {
        0..=10 => "a few seconds".to_owned(),
        11..=50 => count(seconds.div_ceil(10) * 10, "", "seconds"),
        51..=5400 => count((seconds + 30) / 60, "a minute", "minutes"),
        _ => count((seconds + 1800) / 3600, "an hour", "hours"),
    }
}

/// An order's state in a diner's word.
pub fn status(state: OrderState) -> &'static str {
    match state.shown_to_diner() {
        OrderState::Making => "in the oven",
        OrderState::Fulfilled => "delivered",
        OrderState::Rejected => "not possible",
        OrderState::Cancelled => "cancelled",
        OrderState::Queued | OrderState::Quarantined => "waiting",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_is_as_vague_as_it_should_be() {
        for (seconds, said) in [
            (1, "a few seconds"),
            (23, "about 30 seconds"),
            (55, "about a minute"),
            (185, "about 3 minutes"),
            (5400, "about 90 minutes"),
            (7300, "about 2 hours"),
        ] {
            assert_eq!(about(Duration::from_secs(seconds)), said);
        }
    }

    #[test]
    fn a_time_reads_like_one() {
        let at: Timestamp = "2025-12-02T10:10:30Z".parse().expect("a time");
        assert_eq!(time(&at), "2 Dec 2025, 10:10 UTC");
    }
}
