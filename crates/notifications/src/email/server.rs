use std::fmt;

use url::{Host, Url};

/// A mail server that takes mail from us (RFC 6409), and how the way there is protected.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpServer {
    /// Its name or address, without brackets.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) protection: Protection,
}

/// How the way to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Protection {
    /// TLS from the first byte on (RFC 8314).
    Tls,
    /// STARTTLS before anything that matters (RFC 3207); without it nothing is sent.
    StartTls,
    /// None, which is possible only where there is nobody to listen: on this machine.
    Nothing,
}

impl SmtpServer {
    /// Reads `smtps://host` (port 465), `smtp://host` (port 587, STARTTLS) or, on the loopback interface only,
    /// `smtp://localhost:25?tls=none`. The error says what is wrong without quoting anything.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let url = Url::parse(text).map_err(|_| "must be an address such as smtps://mail.example")?;
        let host = match url.host() {
            // Of a scheme that it does not know, `url` takes every host for a name.
            Some(Host::Domain(name)) => Host::parse(name).map_err(|_| "has no valid host")?,
            Some(Host::Ipv4(address)) => Host::Ipv4(address),
            Some(Host::Ipv6(address)) => Host::Ipv6(address),
            None => return Err("has no host"),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err("must not hold a user: there are the keys `user` and `password`");
        }
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err("must be a host and a port, no more");
        }
        let (protection, port) = match (url.scheme(), url.query()) {
            ("smtps", None) => (Protection::Tls, 465),
            ("smtp", None) => (Protection::StartTls, 587),
            ("smtp", Some("tls=none")) if is_loopback(&host) => (Protection::Nothing, 25),
            ("smtp", Some("tls=none")) => return Err("may do without TLS only on this machine"),
            _ => return Err("must begin with smtps:// or smtp://, and take no option but tls=none"),
        };
        let host = match host {
            Host::Domain(name) => name,
            Host::Ipv4(address) => address.to_string(),
            Host::Ipv6(address) => address.to_string(),
        };
        Ok(Self { host, port: url.port().unwrap_or(port), protection })
    }
}

fn is_loopback(host: &Host<String>) -> bool {
    match host {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

impl fmt::Debug for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{} ({:?})", self.host, self.port, self.protection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(String, u16, Protection), &'static str> {
        SmtpServer::parse(text).map(|server| (server.host, server.port, server.protection))
    }

    #[test]
    fn tls_is_the_rule_and_only_this_machine_the_exception() {
        let server = |host: &str, port, protection| Ok((host.to_owned(), port, protection));
        assert_eq!(read("smtps://mail.example"), server("mail.example", 465, Protection::Tls));
        assert_eq!(read("smtp://mail.example"), server("mail.example", 587, Protection::StartTls));
        assert_eq!(read("smtp://mail.example:25/"), server("mail.example", 25, Protection::StartTls));
        for host in ["localhost", "127.0.0.1", "127.8.8.8"] {
            assert_eq!(read(&format!("smtp://{host}?tls=none")), server(host, 25, Protection::Nothing));
        }
        assert_eq!(read("smtp://[::1]:2525?tls=none"), server("::1", 2525, Protection::Nothing));
        for host in ["mail.example", "10.0.0.1", "localhost.example", "[::2]"] {
            let refused = read(&format!("smtp://{host}?tls=none"));
            assert_eq!(refused, Err("may do without TLS only on this machine"), "{host}");
        }
    }

    #[test]
    fn what_is_no_address_of_a_mail_server_is_refused_without_quoting_it() {
        for text in [
            "",
            "mail.example",
            "https://mail.example",
            "smtp://",
            "smtp://user:hunter2@mail.example",
            "smtp://mail.example?tls=opportunistic",
            "smtps://localhost?tls=none",
            "smtps://mail.example/hunter2",
            "smtps://mail.example#hunter2",
        ] {
            let problem = read(text).expect_err(text);
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }
}
