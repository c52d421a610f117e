//! Every setting, with its default.

use crate::edge::TrustedProxy;
use http_server::Limits;
use resilience::CircuitConfig;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::{
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};
use store::{DatabaseUrlError, MysqlOptions, Tls};
use url::Url;

/// The HTTP server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// The address to listen on.
    pub host: IpAddr,
    /// The port to listen on; 0 takes any free one.
    pub port: u16,
    /// The largest request body, in bytes.
    pub body_limit: usize,
    /// Origins whose pages may call the API with credentials, beside our own. `http://localhost:*` allows any port.
    pub allowed_origins: Vec<String>,
    /// How long a shutdown waits for what is in flight.
    #[serde(with = "humantime_serde")]
    pub shutdown_grace: Duration,
    /// Proxies in front of us, each an address or a network like `10.0.0.0/8`: what they say in `X-Forwarded-For` is
    /// believed.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// Tells browsers to come by HTTPS only, for so long. Only for a service that is reached by nothing else.
    #[serde(with = "humantime_serde")]
    pub hsts_max_age: Option<Duration>,
    /// Connections at one time, or fewer if the process may not open so many files; more wait to be accepted.
    pub max_connections: usize,
    /// Connections at one time from one IPv4 address or IPv6 /64; more are closed at once. No limit when absent:
    /// behind a proxy all come from a few addresses.
    pub max_connections_per_client: Option<usize>,
    /// The most that request line and headers may have together, in bytes.
    pub max_header_bytes: usize,
    /// How long a client may take to send its headers before it is cut off.
    #[serde(with = "humantime_serde")]
    pub header_timeout: Duration,
    /// How long a client may take to send its body before it is answered with 408.
    #[serde(with = "humantime_serde")]
    pub body_timeout: Duration,
    /// How long an answer may take to begin before the connection is cut off: longer than `orders.max_wait`.
    #[serde(with = "humantime_serde")]
    pub answer_timeout: Duration,
    /// How long a client may read nothing of what it is sent before it is cut off.
    #[serde(with = "humantime_serde")]
    pub stall_timeout: Duration,
    /// How long a connection may be idle before it is closed: longer than a proxy in front of us keeps it.
    #[serde(with = "humantime_serde")]
    pub idle_timeout: Duration,
}

impl Default for Http {
    fn default() -> Self {
        let limits = Limits::default();
        Self {
            host: IpAddr::from([127, 0, 0, 1]),
            port: 3000,
            body_limit: 64 * 1024,
            allowed_origins: vec!["http://localhost:*".into()],
            shutdown_grace: limits.shutdown_grace,
            trusted_proxies: Vec::new(),
            hsts_max_age: None,
            max_connections: limits.connections,
            max_connections_per_client: limits.connections_per_client,
            max_header_bytes: limits.header_bytes,
            header_timeout: limits.header_timeout,
            body_timeout: limits.body_timeout,
            answer_timeout: Duration::from_secs(120),
            stall_timeout: limits.stall_timeout,
            idle_timeout: limits.idle_timeout,
        }
    }
}

impl Http {
    /// What the server grants its clients.
    pub fn limits(&self) -> Limits {
        Limits {
            connections: self.max_connections,
            connections_per_client: self.max_connections_per_client,
            header_timeout: self.header_timeout,
            header_bytes: self.max_header_bytes,
            body_timeout: self.body_timeout,
            answer_timeout: Some(self.answer_timeout),
            stall_timeout: self.stall_timeout,
            idle_timeout: self.idle_timeout,
            shutdown_grace: self.shutdown_grace,
        }
    }
}

/// Where everything is kept: in a file, or in a MySQL or MariaDB database.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Database {
    /// The SQLite file; its folder is made when it is missing.
    pub path: PathBuf,
    /// The database, instead of a file: `mysql://user:password@host:3306,host2:3306/pizza`. Of several addresses the
    /// first that answers is used, until it dies.
    pub url: Option<SecretString>,
    /// Whether connections to it are encrypted.
    pub tls: DatabaseTls,
    /// The certificates (PEM) that its own may be signed by; those of the usual authorities when absent.
    pub tls_ca: Option<PathBuf>,
    /// Connections to it at one time, at most.
    pub connections: u32,
    /// How long to wait for it at start.
    #[serde(with = "humantime_serde")]
    pub start_timeout: Duration,
}

impl Default for Database {
    fn default() -> Self {
        Self {
            path: "data/pizza.db".into(),
            url: None,
            tls: DatabaseTls::Automatic,
            tls_ca: None,
            connections: 16,
            start_timeout: Duration::from_secs(30),
        }
    }
}

impl Database {
    /// How to reach the database, if it is not a file.
    ///
    /// # Errors
    /// When the URL is none; the error does not quote it.
    pub fn mysql(&self) -> Option<Result<MysqlOptions, DatabaseUrlError>> {
        let url = self.url.as_ref()?;
        Some(MysqlOptions::from_url(url.expose_secret()).map(|options| MysqlOptions {
            tls: self.tls.into(),
            tls_ca: self.tls_ca.clone(),
            connections: self.connections,
            start_timeout: self.start_timeout,
            ..options
        }))
    }
}

/// Whether connections to the database are encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DatabaseTls {
    /// Not on the loopback, but everywhere else.
    Automatic,
    /// Never.
    Off,
    /// If the server can, and whoever it is.
    Prefer,
    /// Always, and only with a server that proves its name.
    Require,
}

impl From<DatabaseTls> for Tls {
    fn from(tls: DatabaseTls) -> Self {
        match tls {
            DatabaseTls::Automatic => Self::Automatic,
            DatabaseTls::Off => Self::Off,
            DatabaseTls::Prefer => Self::Prefer,
            DatabaseTls::Require => Self::Require,
        }
    }
}

/// Accounts and sessions.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Auth {
    /// Signs session tokens: at least 32 bytes. Made at first start and kept in the database when absent.
    pub jwt_secret: Option<SecretString>,
    /// What signed the session tokens of the historic service (its `jwtSecret`), of any length: they stay valid
    /// until they are `legacy_token_max_age` old. It signs nothing.
    pub legacy_jwt_secret: Option<SecretString>,
    /// How long a session lives.
    #[serde(with = "humantime_serde")]
    pub session_ttl: Duration,
    /// What a new password must be.
    pub password_policy: PasswordPolicy,
    /// Who becomes an admin when the service starts and there is none.
    pub first_admin: FirstAdmin,
    /// How old a session token of the historic service may be: those have no end of their own.
    #[serde(with = "humantime_serde")]
    pub legacy_token_max_age: Duration,
    /// Replace a historic (bcrypt) password hash by argon2id at the next login. The historic service cannot read
    /// that: switch it off while you may still go back.
    pub upgrade_hashes: bool,
    /// Failed logins a minute for one account from one address before it must wait.
    pub login_failures_per_minute: u32,
}

impl Default for Auth {
    fn default() -> Self {
        Self {
            jwt_secret: None,
            legacy_jwt_secret: None,
            session_ttl: Duration::from_secs(7 * 24 * 3600),
            password_policy: PasswordPolicy::Strict,
            first_admin: FirstAdmin::default(),
            legacy_token_max_age: Duration::from_secs(30 * 24 * 3600),
            upgrade_hashes: true,
            login_failures_per_minute: 10,
        }
    }
}

/// Who becomes an admin when the service starts and there is none.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct FirstAdmin {
    /// Their name.
    pub name: String,
    /// With which they log in.
    pub email: String,
    /// Made up, and printed once, when absent.
    pub password: Option<SecretString>,
}

impl Default for FirstAdmin {
    fn default() -> Self {
        Self { name: "admin".into(), email: "admin@localhost".into(), password: None }
    }
}

/// What a new password must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PasswordPolicy {
    /// At least 8 characters, and none of the worst.
    Strict,
    /// Anything that is not empty, as the historic scripts need.
    Historic,
}

/// The pizza factory.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Factory {
    /// Where it is.
    pub url: Url,
    /// Our key as its vendor.
    pub api_key: SecretString,
    /// Our name as its vendor; a pizza for another vendor is not ours. Unchecked when absent.
    pub vendor_id: Option<String>,
    /// How long to wait for a connection.
    #[serde(with = "humantime_serde")]
    pub connect_timeout: Duration,
    /// How long to wait for an answer: longer than the 32 s that the factory's throttle holds a call.
    #[serde(with = "humantime_serde")]
    pub attempt_timeout: Duration,
}

impl Default for Factory {
    fn default() -> Self {
        Self {
            url: Url::parse("http://127.0.0.1:3001").expect("a constant that is a URL"),
            api_key: SecretString::default(),
            vendor_id: None,
            connect_timeout: Duration::from_secs(5),
            attempt_timeout: Duration::from_secs(40),
        }
    }
}

/// Orders, as diners see them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Orders {
    /// How long a diner waits for the pizza when they do not say.
    #[serde(with = "humantime_serde")]
    pub default_wait: Duration,
    /// How long a diner may ask to wait.
    #[serde(with = "humantime_serde")]
    pub max_wait: Duration,
    /// What to do with an order while the kitchen is closed.
    pub when_closed: WhenClosed,
    /// Orders that may wait at one time; more are refused before anything is promised.
    pub queue_limit: u64,
    /// Who is shown the link that ends the factory's chaos.
    pub expose_report_link: ReportLinkAudience,
}

impl Default for Orders {
    fn default() -> Self {
        Self {
            default_wait: Duration::from_secs(3),
            max_wait: Duration::from_secs(30),
            when_closed: WhenClosed::Queue,
            queue_limit: 1_000_000,
            expose_report_link: ReportLinkAudience::Admins,
        }
    }
}

/// What to do with an order while the kitchen is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhenClosed {
    /// Save it and make it when the kitchen reopens.
    Queue,
    /// Refuse it.
    Refuse,
}

/// Who is shown the link that ends the factory's chaos: it may contain our API key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReportLinkAudience {
    /// Callers with the admin role.
    Admins,
    /// Every diner, as the historic service did.
    Everyone,
}

/// The circuit breaker around the factory. See `resilience::CircuitConfig`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Circuit {
    /// Failures in a row that open it.
    pub consecutive_failures: u32,
    /// The share of failures over the window that opens it.
    pub failure_rate: f64,
    /// The window.
    #[serde(with = "humantime_serde")]
    pub window: Duration,
    /// Calls in the window before a rate counts.
    pub minimum_calls: u32,
    /// A call that takes longer is slow.
    #[serde(with = "humantime_serde")]
    pub slow_call: Duration,
    /// The share of slow calls that makes the kitchen degraded.
    pub slow_rate: f64,
    /// How long it stays open the first time; doubles from there.
    #[serde(with = "humantime_serde")]
    pub open: Duration,
    /// The longest it stays open before the next probe.
    #[serde(with = "humantime_serde")]
    pub open_max: Duration,
}

impl Default for Circuit {
    fn default() -> Self {
        let core = CircuitConfig::default();
        Self {
            consecutive_failures: core.consecutive_failures,
            failure_rate: core.failure_rate,
            window: core.window,
            minimum_calls: core.minimum_calls,
            slow_call: Duration::from_secs(5),
            slow_rate: core.slow_rate,
            open: core.open,
            open_max: core.open_max,
        }
    }
}

/// How orders become pizzas.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Fulfilment {
    /// Fresh orders at the factory at one time; of one diner at most three quarters of them.
    pub fresh_in_flight: u32,
    /// Backlog orders at the factory at one time, at most; the limit adapts below it.
    pub backlog_in_flight: u32,
    /// How long a claim holds: longer than the factory's attempt timeout, so that nobody rescues an order in good hands.
    #[serde(with = "humantime_serde")]
    pub lease: Duration,
    /// Tries beyond the first while a diner waits.
    pub retries: u32,
    /// The delay before the first of them, doubling, with full jitter.
    #[serde(with = "humantime_serde")]
    pub retry_delay: Duration,
    /// Retries for each recent call, at most.
    pub retry_budget: f64,
    /// The delay after an order's first failure in the backlog, doubling.
    #[serde(with = "humantime_serde")]
    pub backoff: Duration,
    /// The longest such delay.
    #[serde(with = "humantime_serde")]
    pub backoff_max: Duration,
    /// Failures while others succeed after which an order waits for a person.
    pub quarantine_after: u32,
    /// How often to look for work that nobody announced: other instances' orders, and leases that ran out.
    #[serde(with = "humantime_serde")]
    pub poll: Duration,
    /// The time that 90 % of orders are to be made within: what `pizza_order_fulfil_slo_total` counts by.
    #[serde(with = "humantime_serde")]
    pub fulfil_within: Duration,
}

impl Default for Fulfilment {
    fn default() -> Self {
        Self {
            fresh_in_flight: 32,
            backlog_in_flight: 32,
            lease: Duration::from_secs(60),
            retries: 2,
            retry_delay: Duration::from_millis(100),
            retry_budget: 0.2,
            backoff: Duration::from_secs(1),
            backoff_max: Duration::from_secs(60),
            quarantine_after: 10,
            poll: Duration::from_millis(500),
            fulfil_within: Duration::from_secs(60),
        }
    }
}

/// Metrics.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// What a scraper must send as `Authorization: Bearer` to read `/metrics`. Anybody may when absent.
    pub token: Option<SecretString>,
    /// An address and port of its own for `/metrics`, such as `127.0.0.1:9464`; then the API's port has none.
    pub listen: Option<SocketAddr>,
    /// Count pizzas, revenue and failures by franchise, for so many franchises; the others are counted together as
    /// `other`. They are not counted by franchise when absent.
    pub max_franchises: Option<usize>,
}

/// Log lines.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// auto, json or pretty.
    pub format: String,
    /// A level, or a list of `target=level`.
    pub level: String,
    /// Whose request and response bodies are logged, without their secrets.
    pub bodies: LogBodies,
}

impl Default for Log {
    fn default() -> Self {
        Self { format: "auto".into(), level: "info".into(), bodies: LogBodies::Errors }
    }
}

/// Whose request and response bodies are logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogBodies {
    /// Nobody's.
    None,
    /// Those of requests that are answered with 400 or more, and of calls to the factory that fail.
    Errors,
    /// Everybody's: for a search, because it costs every request.
    All,
}
