//! A scenario: what happens to the factory and to the service, and when. Data, as TOML.

use factory_api::ChaosKind;
use jiff::civil::Time;
use serde::Deserialize;
use std::{fmt, time::Duration};

/// The scenarios that come with the program: the name, and the file.
pub const SHIPPED: [(&str, &str); 11] = [
    ("2025-12-02-factory-outage", include_str!("../../../drills/2025-12-02-factory-outage.toml")),
    ("throttle", include_str!("../../../drills/throttle.toml")),
    ("badjwt", include_str!("../../../drills/badjwt.toml")),
    ("connection-refused", include_str!("../../../drills/connection-refused.toml")),
    ("flapping", include_str!("../../../drills/flapping.toml")),
    ("partial-30-percent", include_str!("../../../drills/partial-30-percent.toml")),
    ("slow-recovery", include_str!("../../../drills/slow-recovery.toml")),
    ("crash-during-outage", include_str!("../../../drills/crash-during-outage.toml")),
    ("double-instance", include_str!("../../../drills/double-instance.toml")),
    ("database-restart", include_str!("../../../drills/database-restart.toml")),
    ("poison-order", include_str!("../../../drills/poison-order.toml")),
];

const MOST_PHASES: usize = 20;
const MOST_POISONED: u32 = 10;
const MOST_INSTANCES: usize = 4;
const MAX_RATE: f64 = 1000.0;
const MAX_DINERS: usize = 1000;
/// The factory plans no chaos that is longer.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
const LONGEST_DOWN: Duration = Duration::from_secs(3600);

/// An outage to be replayed on purpose.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name: that of its file.
    #[serde(skip)]
    pub name: String,
    /// What it is, in a line.
    pub title: String,
    /// What the clock shows when it begins.
    #[serde(default = "ten_o_clock")]
    pub begins: Time,
    /// The alert rule that is to wake somebody, if one is.
    pub alert: Option<String>,
    /// What the service keeps its orders in.
    #[serde(default)]
    pub database: Database,
    /// How many instances of the service there are, all on that database; diners know every one's address.
    #[serde(default = "one")]
    pub instances: usize,
    /// Who comes meanwhile.
    pub traffic: ScenarioTraffic,
    /// What happens, one after the other.
    #[serde(rename = "phase")]
    pub phases: Vec<Phase>,
}

/// What the service keeps its orders in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Database {
    /// A file of its own.
    #[default]
    Sqlite,
    /// A MariaDB server, which must be installed.
    Mariadb,
}

/// Who is killed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Victim {
    /// The service; of several instances, the last.
    #[default]
    Service,
    /// The database.
    Database,
}

/// Who comes meanwhile.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioTraffic {
    /// Visits a second, on average, at every speed.
    pub rate: f64,
    /// How many diners have an account.
    pub diners: usize,
}

/// A part of a scenario.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// What it is called.
    pub name: String,
    /// How long it is.
    #[serde(with = "humantime_serde")]
    pub length: Duration,
    /// How the factory misbehaves; not at all when absent.
    pub chaos: Option<Chaos>,
    /// When, within the phase, somebody is killed (SIGKILL).
    #[serde(default, with = "humantime_serde")]
    pub kill_after: Option<Duration>,
    /// Who that is.
    #[serde(default)]
    pub kills: Victim,
    /// How long it is dead before it is started again.
    #[serde(default, with = "humantime_serde")]
    pub dead_for: Duration,
    /// Orders, placed when the phase begins, that the factory can never make.
    #[serde(default)]
    pub poisoned: u32,
}

/// How the factory misbehaves.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chaos {
    /// How.
    pub kind: ChaosKind,
    /// How likely each call is to be touched, 0 to 1.
    #[serde(default = "certain")]
    pub probability: f64,
    /// How late `throttle` answers.
    #[serde(default, with = "humantime_serde")]
    pub delay: Option<Duration>,
    /// How long `flap` stays in either mood.
    #[serde(default, with = "humantime_serde")]
    pub period: Option<Duration>,
}

/// Why a scenario cannot be played.
#[derive(Debug)]
pub struct ScenarioError {
    name: String,
    why: String,
}

impl Scenario {
    /// Reads one.
    ///
    /// # Errors
    /// When it is no scenario; the error says where and why.
    pub fn parse(name: &str, text: &str) -> Result<Self, ScenarioError> {
        let refuse = |why: String| ScenarioError { name: name.to_owned(), why };
        let mut scenario: Self = toml::from_str(text).map_err(|error| refuse(error.to_string()))?;
        name.clone_into(&mut scenario.name);
        scenario.check().map_err(refuse)?;
        Ok(scenario)
    }

    /// One of those that come with the program.
    ///
    /// # Errors
    /// When there is none of this name; the error names those that there are.
    pub fn shipped(name: &str) -> Result<Self, ScenarioError> {
        let found = SHIPPED.iter().find(|(shipped, _)| *shipped == name);
        let names = || SHIPPED.map(|(name, _)| name).join(", ");
        let unknown = || ScenarioError { name: name.to_owned(), why: format!("there are only {}", names()) };
        found.ok_or_else(unknown).and_then(|(name, text)| Self::parse(name, text))
    }

    /// How long all of it is.
    pub fn length(&self) -> Duration {
        self.phases.iter().map(|phase| phase.length).sum()
    }

    /// Whether it does something that needs the service and the factory to be the drill's own.
    pub fn needs_own_stage(&self) -> bool {
        let of_ours = |phase: &Phase| phase.kill_after.is_some() || phase.poisoned > 0;
        self.instances > 1 || self.database != Database::Sqlite || self.phases.iter().any(of_ours)
    }

    fn check(&self) -> Result<(), String> {
        let must = |holds: bool, why: &str| if holds { Ok(()) } else { Err(why.to_owned()) };
        must((1..=MOST_PHASES).contains(&self.phases.len()), "it must have 1 to 20 phases")?;
        must(
            self.traffic.rate > 0.0 && self.traffic.rate <= MAX_RATE,
            "traffic.rate must be above 0 and at most 1000",
        )?;
        must((1..=MAX_DINERS).contains(&self.traffic.diners), "traffic.diners must be 1 to 1000")?;
        must((1..=MOST_INSTANCES).contains(&self.instances), "instances must be 1 to 4")?;
        let shared = self.database == Database::Mariadb;
        must(shared || self.instances == 1, "several instances need database = \"mariadb\"")?;
        let kills_it = |phase: &Phase| phase.kills == Victim::Database;
        must(shared || !self.phases.iter().any(kills_it), "only database = \"mariadb\" can be killed")?;
        // Each is looked at before all are added up, so that the sum cannot overflow.
        for phase in &self.phases {
            phase.check().map_err(|why| format!("phase \"{}\": {why}", phase.name))?;
        }
        must(self.length() <= LONGEST, "all phases together must be at most 24 h")?;
        let names: std::collections::HashSet<_> = self.phases.iter().map(|phase| &phase.name).collect();
        must(names.len() == self.phases.len(), "two phases have the same name")
    }
}

impl Phase {
    fn check(&self) -> Result<(), String> {
        let must = |holds: bool, why: &str| if holds { Ok(()) } else { Err(why.to_owned()) };
        must(!self.name.trim().is_empty(), "name must not be empty")?;
        must(self.length >= Duration::from_secs(1) && self.length <= LONGEST, "length must be 1 s to 24 h")?;
        must(self.poisoned <= MOST_POISONED, "poisoned must be at most 10")?;
        let killed_within =
            self.kill_after.is_none_or(|after| after.saturating_add(self.dead_for) <= self.length);
        must(killed_within, "kill_after and dead_for must lie within the phase")?;
        must(self.kill_after.is_some() || self.dead_for.is_zero(), "dead_for is nothing without kill_after")?;
        must(
            self.kill_after.is_some() || self.kills == Victim::Service,
            "kills is nothing without kill_after",
        )?;
        let Some(chaos) = &self.chaos else { return Ok(()) };
        must(chaos.kind != ChaosKind::None, "chaos.kind must be fail, throttle, badjwt, down or flap")?;
        must((0.0..=1.0).contains(&chaos.probability), "chaos.probability must be 0 to 1")?;
        must(
            chaos.kind != ChaosKind::Down || self.length <= LONGEST_DOWN,
            "a factory is down for 1 h at most",
        )?;
        must(chaos.kind == ChaosKind::Throttle || chaos.delay.is_none(), "chaos.delay is for throttle only")?;
        must(chaos.kind == ChaosKind::Flap || chaos.period.is_none(), "chaos.period is for flap only")?;
        let within = |time: Option<Duration>, most| time.is_none_or(|time| time <= Duration::from_secs(most));
        must(within(chaos.delay, 600), "chaos.delay must be at most 10 min")?;
        must(within(chaos.period, 3600), "chaos.period must be at most 1 h")
    }

    /// Whether something is broken meanwhile.
    pub fn is_trouble(&self) -> bool {
        self.chaos.is_some() || self.kill_after.is_some() || self.poisoned > 0
    }

    /// Whether no call at all can succeed.
    pub fn is_total(&self) -> bool {
        self.chaos.is_some_and(|chaos| {
            chaos.probability >= 1.0
                && matches!(chaos.kind, ChaosKind::Fail | ChaosKind::Badjwt | ChaosKind::Down)
        })
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the drill \"{}\": {}", self.name, self.why)
    }
}

impl std::error::Error for ScenarioError {}

fn ten_o_clock() -> Time {
    Time::constant(10, 0, 0, 0)
}

fn one() -> usize {
    1
}

fn certain() -> f64 {
    1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str =
        "title = \"t\"\n[traffic]\nrate = 1.0\ndiners = 1\n[[phase]]\nname = \"a\"\nlength = \"1m\"\n";

    #[test]
    fn every_shipped_scenario_is_one() {
        for (name, text) in SHIPPED {
            let scenario = Scenario::parse(name, text).unwrap();
            assert_eq!(scenario.name, name);
            assert!(scenario.length() >= Duration::from_secs(600), "{name} is over before anything happens");
        }
        assert!(Scenario::shipped("nonsense").unwrap_err().to_string().contains("throttle"));
    }

    #[test]
    fn the_outage_of_the_report_is_at_its_times() {
        let outage = Scenario::shipped("2025-12-02-factory-outage").unwrap();
        let minutes: Vec<u64> = outage.phases.iter().map(|phase| phase.length.as_secs() / 60).collect();
        assert_eq!((outage.begins, minutes), (ten_o_clock(), vec![10, 12, 8]));
        assert!(outage.phases[1].is_total());
    }

    #[test]
    fn what_is_no_scenario_is_refused_with_the_reason() {
        assert!(Scenario::parse("small", SMALL).is_ok());
        for (added, reason) in [
            ("colour = 1", "colour"),
            ("length = \"2m\"", "duplicate key"),
            ("kill_after = \"2m\"", "within the phase"),
            ("dead_for = \"2s\"", "without kill_after"),
            ("kills = \"database\"", "can be killed"),
            ("poisoned = 11", "at most 10"),
            ("chaos = { kind = \"melt\" }", "melt"),
            ("chaos = { kind = \"none\" }", "chaos.kind"),
            ("chaos = { kind = \"fail\", probability = 1.5 }", "probability"),
            ("chaos = { kind = \"fail\", delay = \"1s\" }", "throttle only"),
            ("chaos = { kind = \"fail\", period = \"1s\" }", "flap only"),
            ("[[phase]]\nname = \"a\"\nlength = \"1m\"", "same name"),
            ("[[phase]]\nname = \"b\"\nlength = \"soon\"", "length"),
            ("[[phase]]\nname = \"b\"\nlength = \"0s\"", "1 s to 24 h"),
        ] {
            let error = Scenario::parse("small", &format!("{SMALL}{added}\n")).unwrap_err().to_string();
            assert!(error.contains(reason), "{added}: {error}");
        }
        for (added, reason) in [
            ("instances = 2", "need database"),
            ("instances = 5\ndatabase = \"mariadb\"", "1 to 4"),
            ("instances = 0", "1 to 4"),
            ("database = \"oracle\"", "oracle"),
        ] {
            let error = Scenario::parse("small", &format!("{added}\n{SMALL}")).unwrap_err().to_string();
            assert!(error.contains(reason), "{added}: {error}");
        }
    }
}
