use std::error::Error as _;
use std::time::Duration;

use jiff::Timestamp;
use lettre::message::Mailbox;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use secrecy::{ExposeSecret, SecretString};
use tokio::time::{Instant, timeout, timeout_at};

use super::message::message;
use super::server::{Protection, SmtpServer};
use crate::secrets::Secrets;
use crate::{DeliveryError, Notification};

/// How long a server may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(1);

/// Gives mail to one server. A connection carries one message.
pub(crate) struct Mailer {
    server: SmtpServer,
    from: Mailbox,
    to: Vec<Mailbox>,
    tls: Option<TlsParameters>,
    login: Option<Credentials>,
}

impl Mailer {
    pub(crate) fn new(
        server: &SmtpServer,
        from: &Mailbox,
        to: &[Mailbox],
        login: Option<(&String, &SecretString)>,
    ) -> Result<Self, Error> {
        let tls = match server.protection {
            Protection::Nothing => None,
            Protection::Tls | Protection::StartTls => Some(TlsParameters::new(server.host.clone())?),
        };
        let login =
            login.map(|(user, password)| Credentials::new(user.clone(), password.expose_secret().to_owned()));
        Ok(Self { server: server.clone(), from: from.clone(), to: to.to_vec(), tls, login })
    }

    pub(crate) async fn send(
        &self,
        notification: &Notification,
        now: Timestamp,
        secrets: &Secrets,
        deadline: Instant,
    ) -> Result<(), DeliveryError> {
        let mail = message(notification, &self.from, &self.to, now)
            .map_err(|error| DeliveryError::permanent(format!("cannot be written as mail: {error}")))?;
        let handed_over = async {
            let mut connection = self.connect().await?;
            connection.send(mail.envelope(), &mail.formatted()).await?;
            Ok(connection)
        };
        match timeout_at(deadline, handed_over).await {
            Ok(Ok(mut connection)) => {
                // The mail is theirs now, whatever becomes of the goodbye.
                let _ = timeout(GOODBYE, connection.quit()).await;
                Ok(())
            }
            Ok(Err(error)) => Err(failure(&error, secrets)),
            Err(_) => Err(DeliveryError::temporary("the mail server did not take the mail in time")),
        }
    }

    /// A connection on which mail can be sent: protected as it has to be, then logged in.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let address = (self.server.host.as_str(), self.server.port);
        // Servers mistrust who has no name; ours, behind whatever translates addresses, they could not check anyway.
        let us = ClientId::Domain(self.from.email.domain().to_owned());
        let at_once = self.tls.clone().filter(|_| self.server.protection == Protection::Tls);
        let mut connection = AsyncSmtpConnection::connect_tokio1(address, None, &us, at_once, None).await?;
        if let (Protection::StartTls, Some(tls)) = (self.server.protection, &self.tls) {
            connection.starttls(tls.clone(), &us).await?;
        }
        if let Some(login) = &self.login {
            connection.auth(DEFAULT_MECHANISMS, login).await?;
        }
        Ok(connection)
    }
}

/// A server that says no for good (5yz), or cannot do what we need, is not asked again.
fn failure(error: &Error, secrets: &Secrets) -> DeliveryError {
    let mut words = error.to_string();
    // Its causes are in its words already where the server said something.
    if error.status().is_none()
        && let Some(cause) = error.source()
        && !words.contains(&cause.to_string())
    {
        words = format!("{words}: {cause}");
    }
    let why = format!("SMTP: {}", secrets.redact(&words));
    if error.is_permanent() || error.is_client() {
        DeliveryError::permanent(why)
    } else {
        DeliveryError::temporary(why)
    }
}
