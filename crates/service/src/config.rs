//! Configuration: a file, then the environment, then flags; what comes later wins.
//!
//! It is checked once, at start, and an error names the key. A key that nobody knows is an error too,
//! because a misspelt limit is no limit.

use figment::{
    Figment,
    error::Kind,
    providers::{Env, Format, Serialized, Toml},
};
use jiff::tz::TimeZone;
use resilience::CircuitConfig;
use serde::Deserialize;
use std::{net::SocketAddr, path::PathBuf, time::Duration};
use url::Url;

mod operations;
mod settings;

pub use operations::*;
pub use settings::*;

/// Environment variables begin with this; two underscores go one level deeper: `PIZZA_HTTP__PORT`.
pub const ENV_PREFIX: &str = "PIZZA_";

/// Variables with our prefix that are not configuration of the service: flags of the program's subcommands.
const NOT_OURS: [&str; 3] = ["config", "factory_vendors", "new_password"];

/// Keys whose value is a text even where it reads as a number or a list: `0012` is a key that a vendor may have,
/// and an error that quotes it would give it away.
const TEXTS: [&str; 13] = [
    "annotations.token",
    "auth.first_admin.email",
    "auth.first_admin.name",
    "auth.first_admin.password",
    "auth.jwt_secret",
    "auth.legacy_jwt_secret",
    "database.path",
    "database.tls_ca",
    "database.url",
    "factory.api_key",
    "factory.vendor_id",
    "metrics.token",
    "instance",
];

/// Keys whose value no error may quote, and what to say instead.
const UNQUOTED: [(&str, &str); 8] = [
    ("annotations.token", "must be a text, in quotes"),
    ("auth.first_admin.password", "must be a text, in quotes"),
    ("auth.jwt_secret", "must be a text, in quotes"),
    ("auth.legacy_jwt_secret", "must be a text, in quotes"),
    ("database.url", "must be a URL, in quotes"),
    ("factory.api_key", "must be a text, in quotes"),
    ("factory.url", "must be a URL, in quotes"),
    ("metrics.token", "must be a text, in quotes"),
];

/// Everything that can be configured.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The HTTP server.
    pub http: Http,
    /// Where everything is kept.
    pub database: Database,
    /// Accounts and sessions.
    pub auth: Auth,
    /// The pizza factory.
    pub factory: Factory,
    /// Orders, as diners see them.
    pub orders: Orders,
    /// The circuit breaker around the factory.
    pub circuit: Circuit,
    /// How orders become pizzas.
    pub fulfilment: Fulfilment,
    /// Metrics.
    pub metrics: Metrics,
    /// The alert rules, and whom they tell.
    pub alerts: Alerts,
    /// What is done about incidents.
    pub incidents: Incidents,
    /// Where incidents and planned chaos are marked on a dashboard.
    pub annotations: Annotations,
    /// Test orders that the service places itself.
    pub synthetic_orders: SyntheticOrders,
    /// This instance's name among those that share the database; host name and port when absent. It must stay the
    /// same through a restart.
    pub instance: Option<String>,
    /// Log lines.
    pub log: Log,
}

/// Why the program does not start.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value that cannot be read, or a key that nobody knows. The text names key and source.
    #[error("configuration: {0}")]
    Unreadable(Box<figment::Error>),
    /// A value out of its bounds.
    #[error("configuration: {key} {why}")]
    OutOfBounds {
        /// The key, as in the file.
        key: &'static str,
        /// What it should be.
        why: String,
    },
}

/// Values given by flags: the key, dotted, and its value.
pub type Flags = Vec<(&'static str, figment::value::Value)>;

impl Config {
    /// Reads file (if given), environment and flags, and checks the result.
    pub fn load(file: Option<PathBuf>, flags: Flags) -> Result<Self, ConfigError> {
        let mut sources = Figment::new();
        if let Some(file) = file {
            sources = sources.merge(Toml::file_exact(file));
        }
        let environment = Env::prefixed(ENV_PREFIX).split("__").ignore(&NOT_OURS);
        sources = sources.merge(&environment);
        for (key, value) in environment.iter().filter(|(key, _)| TEXTS.iter().any(|text| key == text)) {
            sources = sources.merge(Serialized::default(key.as_str(), value));
        }
        for (key, value) in flags {
            sources = sources.merge(Serialized::default(key, value));
        }
        if sources.contains("database.path") && sources.contains("database.url") {
            let why = "must not be given beside database.url: orders are kept in one of them".into();
            return Err(ConfigError::OutOfBounds { key: "database.path", why });
        }
        let config: Self =
            sources.extract().map_err(|error| ConfigError::Unreadable(Box::new(unquoted(error))))?;
        config.check()?;
        Ok(config)
    }

    /// Reads what a file would say, and checks it: no environment, no flags.
    ///
    /// # Errors
    /// When it is no configuration, or a value is out of its bounds.
    pub fn read(toml: &str) -> Result<Self, ConfigError> {
        let sources = Figment::new().merge(Toml::string(toml));
        let config: Self =
            sources.extract().map_err(|error| ConfigError::Unreadable(Box::new(unquoted(error))))?;
        config.check()?;
        Ok(config)
    }

    /// The circuit's settings in the form that the breaker takes.
    pub fn circuit_config(&self) -> CircuitConfig {
        CircuitConfig {
            consecutive_failures: self.circuit.consecutive_failures,
            failure_rate: self.circuit.failure_rate,
            window: self.circuit.window,
            minimum_calls: self.circuit.minimum_calls,
            slow_rate: self.circuit.slow_rate,
            open: self.circuit.open,
            open_max: self.circuit.open_max,
            permit_max_age: self.fulfilment.lease,
            ..CircuitConfig::default()
        }
    }

    /// This instance's name among those that share the database.
    pub fn instance_name(&self) -> String {
        let host = || rustix::system::uname().nodename().to_string_lossy().into_owned();
        self.instance.clone().unwrap_or_else(|| format!("{}:{}", host(), self.http.port))
    }

    /// Where people reach this service.
    pub fn public_url(&self) -> Url {
        let address = SocketAddr::new(self.http.host, self.http.port);
        let here = || format!("http://{address}/").parse().expect("an address and a port make a URL");
        self.alerts.public_url.clone().unwrap_or_else(here)
    }

    fn check(&self) -> Result<(), ConfigError> {
        let must = |holds: bool, key: &'static str, why: &str| {
            if holds { Ok(()) } else { Err(ConfigError::OutOfBounds { key, why: why.to_owned() }) }
        };
        use secrecy::ExposeSecret;
        let secret = self.auth.jwt_secret.as_ref().map_or(32, |secret| secret.expose_secret().len());
        let fulfilment = &self.fulfilment;
        must(secret >= 32, "auth.jwt_secret", "must have at least 32 bytes")?;
        let token = self.metrics.token.as_ref().map_or(1, |token| token.expose_secret().len());
        must(token > 0, "metrics.token", "must not be empty: leave it out to let anybody read /metrics")?;
        must(!self.auth.session_ttl.is_zero(), "auth.session_ttl", "must be longer than nothing")?;
        must(
            self.auth.login_failures_per_minute > 0,
            "auth.login_failures_per_minute",
            "must be at least 1",
        )?;
        must(
            (1_024..=16 << 20).contains(&self.http.body_limit),
            "http.body_limit",
            "must be 1024 to 16777216 bytes",
        )?;
        self.check_limits()?;
        self.check_database()?;
        self.check_operations()?;
        must(
            matches!(self.factory.url.scheme(), "http" | "https"),
            "factory.url",
            "must begin with http:// or https://",
        )?;
        must(
            fulfilment.lease > self.factory.attempt_timeout,
            "fulfilment.lease",
            "must be longer than factory.attempt_timeout, or an order could be rescued from good hands",
        )?;
        must(
            (1..=1024).contains(&fulfilment.fresh_in_flight),
            "fulfilment.fresh_in_flight",
            "must be 1 to 1024",
        )?;
        must(
            (1..=1024).contains(&fulfilment.backlog_in_flight),
            "fulfilment.backlog_in_flight",
            "must be 1 to 1024",
        )?;
        must(fulfilment.retries <= 10, "fulfilment.retries", "must be at most 10")?;
        must((0.0..=1.0).contains(&fulfilment.retry_budget), "fulfilment.retry_budget", "must be 0 to 1")?;
        must(fulfilment.quarantine_after > 0, "fulfilment.quarantine_after", "must be at least 1")?;
        must(!fulfilment.poll.is_zero(), "fulfilment.poll", "must be longer than nothing")?;
        must(
            fulfilment.backoff <= fulfilment.backoff_max,
            "fulfilment.backoff",
            "must be at most fulfilment.backoff_max",
        )?;
        must(
            self.orders.default_wait <= self.orders.max_wait,
            "orders.default_wait",
            "must be at most orders.max_wait",
        )?;
        must(self.orders.queue_limit > 0, "orders.queue_limit", "must be at least 1")?;
        self.circuit_config().validate().map_err(|error| ConfigError::OutOfBounds {
            key: "circuit",
            why: format!(".{} must be {}", error.field, error.bounds),
        })
    }

    fn check_database(&self) -> Result<(), ConfigError> {
        let bad = |key, why| Err(ConfigError::OutOfBounds { key, why });
        if let Some(Err(error)) = self.database.mysql() {
            return bad("database.url", error.to_string());
        }
        if !(4..=1024).contains(&self.database.connections) {
            return bad("database.connections", "must be 4 to 1024".into());
        }
        Ok(())
    }

    fn check_operations(&self) -> Result<(), ConfigError> {
        let bad = |key, why: &str| Err(ConfigError::OutOfBounds { key, why: why.to_owned() });
        if !(1..=3600).contains(&self.alerts.speed) {
            return bad("alerts.speed", "must be 1 to 3600");
        }
        if self.alerts.public_url.as_ref().is_some_and(|url| !matches!(url.scheme(), "http" | "https")) {
            return bad("alerts.public_url", "must begin with http:// or https://");
        }
        if TimeZone::get(&self.incidents.time_zone).is_err() {
            return bad("incidents.time_zone", "must be the name of a time zone, for example America/Denver");
        }
        if self.annotations.grafana_url.is_some() != self.annotations.token.is_some() {
            return bad("annotations", "needs both grafana_url and token, or neither");
        }
        if self.synthetic_orders.every.is_some_and(|every| every < Duration::from_secs(1)) {
            return bad("synthetic_orders.every", "must be at least 1s");
        }
        Ok(())
    }

    fn check_limits(&self) -> Result<(), ConfigError> {
        let http = &self.http;
        let connections = http.max_connections_per_client.unwrap_or(1).min(http.max_connections);
        let times = [
            ("http.header_timeout", http.header_timeout),
            ("http.body_timeout", http.body_timeout),
            ("http.stall_timeout", http.stall_timeout),
            ("http.idle_timeout", http.idle_timeout),
        ];
        let too_short = times.into_iter().find(|(_, time)| time.as_millis() < 100);
        let (key, why) = if connections == 0 {
            ("http.max_connections", "must be at least 1, and for one client too")
        } else if !(8_192..=1 << 20).contains(&http.max_header_bytes) {
            ("http.max_header_bytes", "must be 8192 to 1048576 bytes")
        } else if http.answer_timeout <= self.orders.max_wait {
            (
                "http.answer_timeout",
                "must be longer than orders.max_wait, or a diner's wait would be cut short",
            )
        } else if let Some((key, _)) = too_short {
            (key, "must be at least 100ms")
        } else {
            return Ok(());
        };
        Err(ConfigError::OutOfBounds { key, why: why.to_owned() })
    }
}

/// The error without the value that it is about, if that is a secret or may hold one.
fn unquoted(mut error: figment::Error) -> figment::Error {
    let key = error.path.join(".");
    if let Some((_, instead)) = UNQUOTED.iter().find(|(unquoted, _)| *unquoted == key) {
        error.kind = Kind::Message((*instead).to_owned());
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(toml: &str) -> Result<Config, String> {
        let config: Config = Figment::new()
            .merge(Toml::string(toml))
            .extract()
            .map_err(|error| unquoted(error).to_string())?;
        config.check().map_err(|error| error.to_string())?;
        Ok(config)
    }

    #[test]
    fn the_defaults_are_within_their_bounds() {
        let config = load("").expect("the defaults");
        assert_eq!(config.http.port, 3000);
        assert_eq!(config.orders.default_wait, Duration::from_secs(3));
    }

    #[test]
    fn durations_read_as_people_write_them() {
        let config = load("circuit.open = \"250ms\"\nfulfilment.lease = \"2min\"").expect("readable");
        assert_eq!(config.circuit.open, Duration::from_millis(250));
        assert_eq!(config.fulfilment.lease, Duration::from_secs(120));
    }

    #[test]
    fn trusted_proxies_are_addresses_and_networks() {
        let config = load("http.trusted_proxies = [\"10.0.0.0/8\", \"fd00::1\"]").expect("readable");
        assert_eq!(config.http.trusted_proxies.len(), 2);
    }

    #[test]
    fn an_error_names_the_key() {
        for (toml, key) in [
            ("http.prot = 1", "prot"),
            ("http.port = 70000", "http.port"),
            ("http.body_limit = 1", "http.body_limit"),
            ("http.max_connections = 0", "http.max_connections"),
            ("http.max_connections_per_client = 0", "http.max_connections"),
            ("http.max_header_bytes = 8191", "http.max_header_bytes"),
            ("http.answer_timeout = \"30s\"", "http.answer_timeout"),
            ("http.header_timeout = \"0s\"", "http.header_timeout"),
            ("http.body_timeout = \"1ms\"", "http.body_timeout"),
            ("http.stall_timeout = \"0s\"", "http.stall_timeout"),
            ("http.idle_timeout = \"0s\"", "http.idle_timeout"),
            ("http.trusted_proxies = [\"proxy.example\"]", "http.trusted_proxies"),
            ("auth.jwt_secret = \"short\"", "auth.jwt_secret"),
            ("factory.url = \"ftp://x\"", "factory.url"),
            ("fulfilment.lease = \"10s\"", "fulfilment.lease"),
            ("fulfilment.poll = \"soon\"", "fulfilment.poll"),
            ("orders.when_closed = \"panic\"", "orders.when_closed"),
            ("circuit.failure_rate = 2.0", "failure_rate"),
            ("database.url = \"postgres://me:canary@db/pizza\"", "database.url"),
            ("database.connections = 0", "database.connections"),
            ("database.tls = \"maybe\"", "database.tls"),
        ] {
            let error = load(toml).expect_err(toml);
            assert!(error.contains(key), "{error} does not name {key}");
        }
    }

    #[test]
    fn an_error_never_quotes_a_secret() {
        for toml in [
            "factory.api_key = 424242",
            "auth.jwt_secret = 424242",
            "factory.url = \"http://user:424242@[\"",
            "database.url = 424242",
        ] {
            let error = load(toml).expect_err(toml);
            assert!(error.contains("in quotes") && !error.contains("424242"), "{error}");
        }
    }

    #[test]
    fn orders_are_kept_in_a_file_or_in_a_database_but_not_in_both() {
        let url = || ("database.url", "mysql://me:canary@db/pizza".into());
        let config = Config::load(None, vec![url()]).expect("a database");
        let options = config.database.mysql().expect("it is given").expect("it is readable");
        assert_eq!(options.to_string(), "mysql://db:3306/pizza");
        assert!(!format!("{config:?}").contains("canary"));
        let error = Config::load(None, vec![url(), ("database.path", "x.db".into())]).expect_err("both");
        assert!(error.to_string().contains("database.url"), "{error}");
    }

    #[test]
    fn a_secret_is_not_printed_with_the_rest() {
        let config = load("auth.jwt_secret = \"canary-canary-canary-canary-canary\"").expect("long enough");
        assert!(!format!("{config:?}").contains("canary"));
    }
}
