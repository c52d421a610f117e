//! Times and durations as people read them.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// Shows the times of one report. It counts in whole seconds, so that a reader who subtracts two times that are shown
/// finds the duration that is shown.
pub(crate) struct Clock {
    zone: TimeZone,
    with_date: bool,
    with_offset: bool,
}

impl Clock {
    /// A clock for times within this span: they get a date if it reaches over midnight, and an offset if clocks are
    /// changed in it, so that no time means two moments.
    pub(crate) fn new(zone: TimeZone, from: Timestamp, to: Timestamp) -> Self {
        let with_date = zone.to_datetime(from).date() != zone.to_datetime(to).date();
        let with_offset = zone.to_offset(from) != zone.to_offset(to);
        Self { zone, with_date, with_offset }
    }

    /// Whether its times have a date of their own.
    pub(crate) fn shows_dates(&self) -> bool {
        self.with_date
    }

    /// `10:10:30`.
    pub(crate) fn time(&self, at: Timestamp) -> String {
        let format = match (self.with_date, self.with_offset) {
            (false, false) => "%H:%M:%S",
            (false, true) => "%H:%M:%S %:z",
            (true, false) => "%Y-%m-%d %H:%M:%S",
            (true, true) => "%Y-%m-%d %H:%M:%S %:z",
        };
        self.show(at, format)
    }

    /// `2025-12-02 10:10:30`, whatever the span.
    pub(crate) fn date_and_time(&self, at: Timestamp) -> String {
        self.show(at, "%Y-%m-%d %H:%M:%S")
    }

    /// `December 2, 2025`.
    pub(crate) fn date(&self, at: Timestamp) -> String {
        self.show(at, "%B %-d, %Y")
    }

    /// The zone's name, or its distance from UTC if it has none.
    pub(crate) fn zone_name(&self, at: Timestamp) -> String {
        match self.zone.iana_name() {
            Some("UTC") => "UTC".to_owned(),
            Some(name) => format!("{name} (UTC{})", self.show(at, "%:z")),
            None => format!("UTC{}", self.show(at, "%:z")),
        }
    }

    fn show(&self, at: Timestamp, format: &str) -> String {
        at.to_zoned_datetime(self.zone.clone()).strftime(format).to_string()
    }
}

/// The time between two times as they are shown; nothing if `to` is before `from`.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> SignedDuration {
    SignedDuration::from_secs(to.as_second().saturating_sub(from.as_second()).max(0))
}

/// A duration for people, by its two largest units: `45 s`, `12 min 30 s`, `2 h 5 min`, `3 d 4 h`. What is less than a
/// second, negative included, is `0 s`.
pub fn duration_for_people(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let (days, hours) = (seconds / 86_400, seconds / 3_600 % 24);
    let (minutes, left) = (seconds / 60 % 60, seconds % 60);
    let (larger, smaller) = match (days, hours, minutes) {
        (0, 0, 0) => return format!("{left} s"),
        (0, 0, _) => ((minutes, "min"), (left, "s")),
        (0, _, _) => ((hours, "h"), (minutes, "min")),
        _ => ((days, "d"), (hours, "h")),
    };
    match smaller {
        (0, _) => format!("{} {}", larger.0, larger.1),
        (count, unit) => format!("{} {} {count} {unit}", larger.0, larger.1),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn at(time: &str) -> Timestamp {
        time.parse().unwrap()
    }

    #[test]
    fn durations_have_two_units_at_most() {
        let shown = |seconds| duration_for_people(SignedDuration::from_secs(seconds));
        assert_eq!(
            [0, 45, 60, 750, 3_600, 7_530, 86_400, 273_600].map(shown),
            ["0 s", "45 s", "1 min", "12 min 30 s", "1 h", "2 h 5 min", "1 d", "3 d 4 h"]
        );
        assert_eq!(duration_for_people(SignedDuration::from_millis(999)), "0 s");
        assert_eq!(duration_for_people(SignedDuration::MIN), "0 s");
        assert_eq!(duration_for_people(SignedDuration::MAX), "106751991167300 d 15 h");
    }

    #[test]
    fn durations_are_those_of_the_times_that_are_shown() {
        let (from, to) = (at("2025-12-02T17:10:02.9Z"), at("2025-12-02T17:11:30.1Z"));
        assert_eq!(duration_for_people(between(from, to)), "1 min 28 s");
        assert_eq!(between(to, from), SignedDuration::ZERO);
    }

    #[test]
    fn times_have_a_date_when_midnight_lies_between_them() {
        let zone = TimeZone::fixed(jiff::tz::Offset::constant(-7));
        let one_day = Clock::new(zone.clone(), at("2025-12-02T17:10:02Z"), at("2025-12-02T17:22:30Z"));
        assert_eq!(one_day.time(at("2025-12-02T17:10:02Z")), "10:10:02");
        assert_eq!(one_day.date(at("2025-12-02T06:10:02Z")), "December 1, 2025");
        assert_eq!(one_day.zone_name(at("2025-12-02T17:10:02Z")), "UTC-07:00");
        let two_days = Clock::new(zone, at("2025-12-03T06:59:00Z"), at("2025-12-03T07:01:00Z"));
        assert_eq!(two_days.time(at("2025-12-03T07:01:00Z")), "2025-12-03 00:01:00");
    }

    #[test]
    fn the_hour_that_comes_twice_is_told_apart() {
        let zone = TimeZone::posix("MST7MDT,M3.2.0,M11.1.0").unwrap();
        let clock = Clock::new(zone, at("2025-11-02T07:30:00Z"), at("2025-11-02T08:30:00Z"));
        assert_eq!(clock.time(at("2025-11-02T07:30:00Z")), "01:30:00 -06:00");
        assert_eq!(clock.time(at("2025-11-02T08:30:00Z")), "01:30:00 -07:00");
    }
}
