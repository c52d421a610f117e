//! How much faster than real life a drill is, and what that shortens.

use serde::{Deserialize, Serialize};
use std::time::Duration;

const FASTEST: u32 = 120;

/// How many times faster than real life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed(u32);

/// A duration that was shortened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaled {
    /// What it is: a setting of the service, or a part of the scenario.
    pub what: String,
    /// In real life, in seconds.
    pub real_seconds: f64,
    /// In this drill, in seconds.
    pub seconds: f64,
    /// Whether it would be shorter still, but for what a machine can do.
    pub held: bool,
}

/// Every setting of the service that a faster drill shortens: its key, its default, and the least that makes sense on a
/// machine that is busy.
pub const SETTINGS: [(&str, Duration, Duration); 13] = [
    ("circuit.open", seconds(5), millis(50)),
    ("circuit.open_max", seconds(60), millis(200)),
    ("circuit.window", seconds(30), millis(500)),
    ("circuit.slow_call", seconds(5), millis(400)),
    ("factory.connect_timeout", seconds(5), seconds(1)),
    ("factory.attempt_timeout", seconds(40), seconds(4)),
    ("fulfilment.lease", seconds(60), seconds(6)),
    ("fulfilment.backoff", seconds(1), millis(20)),
    ("fulfilment.backoff_max", seconds(60), millis(200)),
    ("fulfilment.retry_delay", millis(100), millis(10)),
    ("fulfilment.poll", millis(500), millis(50)),
    ("fulfilment.fulfil_within", seconds(60), seconds(1)),
    ("orders.default_wait", seconds(3), millis(750)),
];

impl Speed {
    /// In real time.
    pub const REAL: Self = Self(1);

    /// So many times faster.
    ///
    /// # Errors
    /// When it is out of bounds.
    pub fn new(factor: u32) -> Result<Self, String> {
        if (1..=FASTEST).contains(&factor) {
            Ok(Self(factor))
        } else {
            Err(format!("the speed must be 1 to {FASTEST}"))
        }
    }

    /// The factor.
    pub fn factor(self) -> u32 {
        self.0
    }

    /// A duration of real life, in the drill.
    pub fn shorten(self, real: Duration) -> Duration {
        real / self.0
    }

    /// A number of the drill's seconds, in real life.
    pub(crate) fn real_seconds(self, seconds: f64) -> f64 {
        seconds * f64::from(self.0)
    }

    /// What chaos is told in seconds: the factory knows whole ones only, and at least one.
    pub(crate) fn whole_seconds(self, real: Duration) -> u64 {
        let short = self.shorten(real);
        (short.as_secs() + u64::from(short.subsec_nanos() > 0)).max(1)
    }

    /// The settings of a service that is this much faster, and what was shortened to get them.
    pub(crate) fn settings(self) -> (Vec<(String, String)>, Vec<Scaled>) {
        if self == Self::REAL {
            return (Vec::new(), Vec::new());
        }
        let mut settings = vec![("alerts.speed".to_owned(), self.0.to_string())];
        let windows = Duration::from_secs(60);
        let mut scaled = vec![Scaled::new(
            "alerts.speed: each minute of the rules",
            windows,
            self.shorten(windows),
            false,
        )];
        for (key, real, least) in SETTINGS {
            let short = self.shorten(real).max(least);
            settings.push((key.to_owned(), format!("{}us", short.as_micros())));
            scaled.push(Scaled::new(key, real, short, self.shorten(real) < least));
        }
        (settings, scaled)
    }
}

impl Scaled {
    pub(crate) fn new(what: impl Into<String>, real: Duration, short: Duration, held: bool) -> Self {
        Self { what: what.into(), real_seconds: real.as_secs_f64(), seconds: short.as_secs_f64(), held }
    }
}

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_time_changes_nothing() {
        assert_eq!(Speed::REAL.settings(), (Vec::new(), Vec::new()));
        assert_eq!(Speed::REAL.shorten(millis(1234)), millis(1234));
    }

    #[test]
    fn what_is_shortened_is_said_and_so_is_what_could_not_be() {
        let (settings, scaled) = Speed::new(60).unwrap().settings();
        assert_eq!(settings.len(), scaled.len());
        assert!(settings.contains(&("circuit.open_max".into(), "1000000us".into())), "{settings:?}");
        let named = |what: &str| scaled.iter().find(|scaled| scaled.what == what).unwrap();
        assert_eq!((named("circuit.open_max").seconds, named("circuit.open_max").held), (1.0, false));
        assert_eq!(
            (named("factory.attempt_timeout").seconds, named("factory.attempt_timeout").held),
            (4.0, true)
        );
    }

    #[test]
    fn the_factory_is_told_whole_seconds() {
        let speed = Speed::new(60).unwrap();
        assert_eq!([720, 32, 61].map(|real| speed.whole_seconds(seconds(real))), [12, 1, 2]);
        assert!(Speed::new(0).is_err() && Speed::new(121).is_err());
    }
}
