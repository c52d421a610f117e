//! What a chaos window is, and what it does to an order: pure, times handed in.

use std::time::Duration;

use factory_api::{ChaosKind, ChaosRequest, VendorChaos};
use jiff::{SignedDuration, Timestamp};

use crate::secret;

/// As long as the outage of the incident.
const DURATION: u64 = 12 * 60;
/// Nothing can be called while the factory is down, so a default must be short.
const DOWN_DURATION: u64 = 60;
const LONGEST_DURATION: u64 = 24 * 60 * 60;
const LONGEST_DOWN: u64 = 60 * 60;
const DELAY: u64 = 32;
const LONGEST_DELAY: u64 = 10 * 60;
const PERIOD: u64 = 10;
const LONGEST_PERIOD: u64 = 60 * 60;
const FARTHEST_START: SignedDuration = SignedDuration::from_hours(30 * 24);

const DAY: i64 = 24 * 60 * 60;
/// When, in seconds of the UTC day, the historic factory starts chaos that nobody gave a time for.
const EARLIEST_START: i64 = 8 * 60 * 60;
const START_SPREAD: i64 = 6 * 60 * 60;

/// A time during which the factory misbehaves for one vendor. It ends by itself.
#[derive(Clone, PartialEq)]
pub(crate) struct Window {
    pub(crate) kind: ChaosKind,
    pub(crate) start: Timestamp,
    pub(crate) end: Timestamp,
    /// How likely each order is to be touched, 0 to 1.
    pub(crate) probability: f64,
    /// How late `throttle` answers, in seconds.
    pub(crate) delay_seconds: u64,
    /// How long `flap` stays in either mood, in seconds; not 0.
    pub(crate) period_seconds: u64,
    /// Ends the window early, for who has it.
    pub(crate) fix_code: String,
}

/// What becomes of one order under chaos.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mishap {
    Fail,
    Late(Duration),
    Counterfeit,
}

impl Window {
    /// The window a vendor asks for at `now`, or why there can be none.
    pub(crate) fn plan(
        kind: ChaosKind,
        request: Option<ChaosRequest>,
        now: Timestamp,
    ) -> Result<Self, String> {
        let historic = request.is_none();
        let request = request.unwrap_or_default();
        let start = match request.start_date {
            Some(start) => start,
            None if historic => tomorrow_morning(now)?,
            None => now,
        };
        let duration = duration(kind, &request)?;
        let end = start
            .checked_add(SignedDuration::from_secs(duration))
            .map_err(|_| "startDate is out of range".to_owned())?;
        if end <= now {
            return Err("the window is already over".to_owned());
        }
        if start.duration_since(now) > FARTHEST_START {
            return Err("startDate must be within 30 days".to_owned());
        }
        Ok(Self {
            kind,
            start,
            end,
            probability: probability(&request)?,
            delay_seconds: within("delaySeconds", request.delay_seconds, DELAY, 0, LONGEST_DELAY)?,
            period_seconds: within("periodSeconds", request.period_seconds, PERIOD, 1, LONGEST_PERIOD)?,
            fix_code: secret::fresh(),
        })
    }

    pub(crate) fn is_active(&self, now: Timestamp) -> bool {
        self.start <= now && now < self.end
    }

    pub(crate) fn is_over(&self, now: Timestamp) -> bool {
        self.end <= now
    }

    /// What happens to an order at `now`, given a `roll` in 0..1.
    pub(crate) fn mishap(&self, now: Timestamp, roll: f64) -> Option<Mishap> {
        if !self.is_active(now) || roll >= self.probability {
            return None;
        }
        match self.kind {
            ChaosKind::Fail => Some(Mishap::Fail),
            ChaosKind::Throttle => Some(Mishap::Late(Duration::from_secs(self.delay_seconds))),
            ChaosKind::Badjwt => Some(Mishap::Counterfeit),
            ChaosKind::Flap if self.flaps_down(now) => Some(Mishap::Fail),
            // `down` is the listener's business.
            ChaosKind::Flap | ChaosKind::Down | ChaosKind::None => None,
        }
    }

    /// The window without its fix code.
    pub(crate) fn shown(&self, now: Timestamp) -> VendorChaos {
        VendorChaos {
            kind: self.kind,
            start_date: self.start,
            end_date: self.end,
            probability: self.probability,
            delay_seconds: self.delay_seconds,
            period_seconds: self.period_seconds,
            active: self.is_active(now),
        }
    }

    /// A flapping factory begins by failing, and changes its mood each period.
    fn flaps_down(&self, now: Timestamp) -> bool {
        let elapsed = now.duration_since(self.start).as_secs().unsigned_abs();
        (elapsed / self.period_seconds.max(1)).is_multiple_of(2)
    }
}

fn duration(kind: ChaosKind, request: &ChaosRequest) -> Result<i64, String> {
    let (usual, longest) = match kind {
        ChaosKind::Down => (DOWN_DURATION, LONGEST_DOWN),
        _ => (DURATION, LONGEST_DURATION),
    };
    let seconds = within("durationSeconds", request.duration_seconds, usual, 1, longest)?;
    // The limits are far below what an i64 holds.
    Ok(seconds.cast_signed())
}

fn within(name: &str, asked: Option<u64>, usual: u64, least: u64, most: u64) -> Result<u64, String> {
    let value = asked.unwrap_or(usual);
    if (least..=most).contains(&value) {
        Ok(value)
    } else {
        Err(format!("{name} must be from {least} to {most}"))
    }
}

fn probability(request: &ChaosRequest) -> Result<f64, String> {
    let value = request.probability.unwrap_or(1.0);
    if (0.0..=1.0).contains(&value) { Ok(value) } else { Err("probability must be from 0 to 1".to_owned()) }
}

/// A random time between 08:00 and 14:00 UTC tomorrow, as the historic factory does.
fn tomorrow_morning(now: Timestamp) -> Result<Timestamp, String> {
    let tomorrow = now.as_second().div_euclid(DAY) + 1;
    let spread = fastrand::i64(0..START_SPREAD);
    Timestamp::from_second(tomorrow * DAY + EARLIEST_START + spread)
        .map_err(|_| "there is no tomorrow".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn now() -> Timestamp {
        at("2025-12-02T10:10:30Z")
    }

    fn planned(kind: ChaosKind, body: &str) -> Result<Window, String> {
        Window::plan(kind, Some(serde_json::from_str(body).unwrap()), now())
    }

    fn later(seconds: i64) -> Timestamp {
        now() + SignedDuration::from_secs(seconds)
    }

    #[test]
    fn a_window_with_a_body_starts_now_and_lasts_as_long_as_the_incident() {
        let window = planned(ChaosKind::Fail, "{}").unwrap();
        assert_eq!((window.start, window.end), (now(), at("2025-12-02T10:22:30Z")));
        assert!(window.is_active(now()) && window.is_active(later(719)));
        assert!(!window.is_active(later(-1)) && !window.is_active(later(720)));
        assert!(window.is_over(later(720)));
    }

    #[test]
    fn down_is_short_unless_asked_otherwise() {
        let window = planned(ChaosKind::Down, "{}").unwrap();
        assert_eq!(window.end, later(60));
        assert!(planned(ChaosKind::Down, r#"{"durationSeconds":3600}"#).is_ok());
        assert!(planned(ChaosKind::Down, r#"{"durationSeconds":3601}"#).is_err());
    }

    #[test]
    fn without_a_body_it_starts_tomorrow_morning() {
        for _ in 0..200 {
            let window = Window::plan(ChaosKind::Fail, None, now()).unwrap();
            assert!(window.start >= at("2025-12-03T08:00:00Z"));
            assert!(window.start < at("2025-12-03T14:00:00Z"));
        }
    }

    #[test]
    fn what_is_out_of_bounds_is_refused_with_the_reason() {
        for (body, reason) in [
            (r#"{"durationSeconds":0}"#, "durationSeconds must be from 1 to 86400"),
            (r#"{"durationSeconds":86401}"#, "durationSeconds must be from 1 to 86400"),
            (r#"{"probability":1.1}"#, "probability must be from 0 to 1"),
            (r#"{"probability":-0.1}"#, "probability must be from 0 to 1"),
            (r#"{"delaySeconds":601}"#, "delaySeconds must be from 0 to 600"),
            (r#"{"periodSeconds":0}"#, "periodSeconds must be from 1 to 3600"),
            (r#"{"startDate":"2025-12-02T09:00:00Z"}"#, "the window is already over"),
            (r#"{"startDate":"2026-12-02T09:00:00Z"}"#, "startDate must be within 30 days"),
        ] {
            assert_eq!(planned(ChaosKind::Fail, body).err().as_deref(), Some(reason));
        }
        let last = r#"{"startDate":"9999-12-30T22:00:00Z","durationSeconds":86400}"#;
        assert!(planned(ChaosKind::Fail, last).is_err());
    }

    #[test]
    fn each_kind_has_its_mishap() {
        let rows = [
            (ChaosKind::Fail, Some(Mishap::Fail)),
            (ChaosKind::Throttle, Some(Mishap::Late(Duration::from_secs(32)))),
            (ChaosKind::Badjwt, Some(Mishap::Counterfeit)),
            (ChaosKind::Flap, Some(Mishap::Fail)),
            (ChaosKind::Down, None),
        ];
        for (kind, mishap) in rows {
            let window = planned(kind, r#"{"durationSeconds":60}"#).unwrap();
            assert_eq!(window.mishap(now(), 0.5), mishap, "{kind}");
            assert_eq!(window.mishap(later(60), 0.5), None, "{kind}");
        }
    }

    #[test]
    fn a_flapping_factory_fails_first_and_then_in_turns() {
        let window = planned(ChaosKind::Flap, "{}").unwrap();
        let moods = [0, 9, 10, 19, 20].map(|second| window.mishap(later(second), 0.0).is_some());
        assert_eq!(moods, [true, true, false, false, true]);
    }

    #[test]
    fn probability_spares_the_others() {
        let window = planned(ChaosKind::Fail, r#"{"probability":0.3}"#).unwrap();
        assert!(window.mishap(now(), 0.29).is_some());
        assert!(window.mishap(now(), 0.3).is_none());
        let never = planned(ChaosKind::Fail, r#"{"probability":0}"#).unwrap();
        assert!(never.mishap(now(), 0.0).is_none());
    }
}
