//! Where the database is, and how much of it may be used at once.

use crate::Clock;
use percent_encoding::percent_decode_str;
use secrecy::SecretString;
use std::{fmt, net::IpAddr, path::PathBuf, str::FromStr, time::Duration};

/// The port of a MySQL server that names none.
const DEFAULT_PORT: u16 = 3306;

/// How to reach a database, and the limits on its use.
#[derive(Clone, Debug)]
pub struct MysqlOptions {
    /// The servers that have the database. The first that answers is used until it dies, then the next.
    pub addresses: Vec<HostPort>,
    /// The database's name.
    pub database: String,
    /// Who we are there.
    pub user: String,
    /// Our password there.
    pub password: SecretString,
    /// Whether the connection is encrypted.
    pub tls: Tls,
    /// The certificates (PEM) that a server's may be signed by; those of the usual authorities when absent.
    pub tls_ca: Option<PathBuf>,
    /// Connections open at one time, at most.
    pub connections: u32,
    /// How long to wait for one of them to be free.
    pub acquire_timeout: Duration,
    /// How long to wait for one address to answer.
    pub connect_timeout: Duration,
    /// How long one statement may take; the server is told so too.
    pub statement_timeout: Duration,
    /// How long to wait at start for a server that does not answer yet.
    pub start_timeout: Duration,
    /// For tests: what time it is in our sessions. `None`, as it should be, leaves that to the server.
    pub clock: Option<Clock>,
}

/// One server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPort {
    /// Its name or IP address.
    pub host: String,
    /// Its port.
    pub port: u16,
}

/// Whether a connection to the database is encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tls {
    /// Not on the loopback, but everywhere else.
    #[default]
    Automatic,
    /// Never.
    Off,
    /// If the server can, and whoever it is: protects from listeners, not from impostors.
    Prefer,
    /// Always, and only with a server that proves its name.
    Require,
}

/// Why a text is not the URL of a database. Never quotes it, because it holds a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must read mysql://user:password@host:3306,host2:3306/database ({why})")]
pub struct DatabaseUrlError {
    why: &'static str,
}

impl MysqlOptions {
    /// The usual limits for the database at this URL: `mysql://user:password@host:3306,host2:3306/pizza`.
    /// Special characters of user, password and database are percent-encoded.
    ///
    /// # Errors
    /// When it is no such URL.
    pub fn from_url(url: &str) -> Result<Self, DatabaseUrlError> {
        let bad = |why| DatabaseUrlError { why };
        let scheme = |scheme| url.strip_prefix(scheme);
        let rest = scheme("mysql://").or_else(|| scheme("mariadb://")).ok_or(bad("it has another scheme"))?;
        let (authority, database) = rest.split_once('/').ok_or(bad("it names no database"))?;
        let (account, hosts) = authority.rsplit_once('@').ok_or(bad("it names no user"))?;
        let (user, password) = account.split_once(':').unwrap_or((account, ""));
        if database.is_empty() || database.contains(['/', '?', '#']) {
            return Err(bad("after the last / there must be the database's name and nothing else"));
        }
        let decoded = |text| {
            let decoded = percent_decode_str(text).decode_utf8();
            decoded.map(String::from).map_err(|_| bad("what is percent-encoded must be UTF-8"))
        };
        let address =
            |address: &str| address.parse().map_err(|()| bad("an address must be host or host:port"));
        Ok(Self {
            addresses: hosts.split(',').map(address).collect::<Result<_, _>>()?,
            database: decoded(database)?,
            user: decoded(user)?,
            password: decoded(password)?.into(),
            tls: Tls::default(),
            tls_ca: None,
            connections: 16,
            acquire_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(3),
            statement_timeout: Duration::from_secs(10),
            start_timeout: Duration::from_secs(30),
            clock: None,
        })
    }
}

/// Where the database is, without who we are there.
impl fmt::Display for MysqlOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let addresses: Vec<_> = self.addresses.iter().map(ToString::to_string).collect();
        write!(f, "mysql://{}/{}", addresses.join(","), self.database)
    }
}

impl HostPort {
    /// Whether it is this very machine, so that nobody listens in between.
    pub(super) fn is_loopback(&self) -> bool {
        self.host == "localhost" || self.host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }
}

impl FromStr for HostPort {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        // The colons of an IPv6 address are its own: [::1]:3306.
        let (host, port) = match text.strip_prefix('[').and_then(|text| text.split_once(']')) {
            Some((host, "")) => (host, None),
            Some((host, port)) => (host, Some(port.strip_prefix(':').ok_or(())?)),
            None => match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        let port = port.map_or(Ok(DEFAULT_PORT), |port| port.parse().map_err(|_| ()))?;
        if host.is_empty() || port == 0 { Err(()) } else { Ok(Self { host: host.to_owned(), port }) }
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.host.contains(':') {
            true => write!(f, "[{}]:{}", self.host, self.port),
            false => write!(f, "{}:{}", self.host, self.port),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    #[test]
    fn a_url_names_user_password_addresses_and_database() {
        let options =
            MysqlOptions::from_url("mysql://me:p%40ss:w@db1,db2:3307,[::1]:3308/pizza%20box").unwrap();
        let addresses: Vec<String> = options.addresses.iter().map(ToString::to_string).collect();
        assert_eq!(addresses, ["db1:3306", "db2:3307", "[::1]:3308"]);
        assert_eq!((options.user.as_str(), options.database.as_str()), ("me", "pizza box"));
        assert_eq!(options.password.expose_secret(), "p@ss:w");
        assert_eq!(MysqlOptions::from_url("mariadb://me@h/p").unwrap().password.expose_secret(), "");
    }

    #[test]
    fn what_is_no_url_says_what_one_looks_like_and_quotes_no_password() {
        for url in [
            "",
            "sqlite://me:canary@h/pizza",
            "mysql://me:canary@h",
            "mysql://me:canary@h/",
            "mysql://me:canary@/pizza",
            "mysql://me:canary@h:0/pizza",
            "mysql://me:canary@h:canary/pizza",
            "mysql://me:canary@h,/pizza",
            "mysql://h/pizza",
            "mysql://me:canary@h/pizza?x=y",
            "mysql://me:canary%ff@h/pizza",
        ] {
            let error = MysqlOptions::from_url(url).err().unwrap().to_string();
            assert!(error.starts_with("must read mysql://user:password@"), "{url}: {error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn options_are_printed_without_the_password() {
        let options = MysqlOptions::from_url("mysql://me:canary@h/pizza").unwrap();
        assert!(!format!("{options:?}").contains("canary"));
        assert_eq!(options.to_string(), "mysql://h:3306/pizza");
    }

    #[test]
    fn the_loopback_is_known_by_name_and_number() {
        for (host, loopback) in [
            ("localhost", true),
            ("127.0.0.1", true),
            ("127.1.2.3", true),
            ("::1", true),
            ("db", false),
            ("10.0.0.1", false),
            ("localhost.evil.example", false),
        ] {
            assert_eq!(HostPort { host: host.into(), port: 1 }.is_loopback(), loopback, "{host}");
        }
    }
}
