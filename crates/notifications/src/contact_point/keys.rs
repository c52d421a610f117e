//! Reading a contact point from configuration without ever quoting what is in it.
//!
//! A derived `Deserialize` quotes a value that it does not like, and that may be a password in the wrong place. So
//! everything is taken as it comes first, and judged by the names of its keys afterwards.

use std::collections::BTreeMap;
use std::fmt;

use alerting::Severity;
use lettre::message::Mailbox;
use secrecy::{ExposeSecret, SecretString};
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::{ContactPoint, Kind, SecretUrl, SmtpServer};

/// What is wrong with a configured contact point, in words that hold nothing of what was configured but names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("contact point `{point}`: `{key}` {problem}")]
pub struct Invalid {
    /// The point's name; empty as long as it has none.
    pub point: String,
    /// The key that is wrong.
    pub key: String,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl<'de> Deserialize<'de> for ContactPoint {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::Table(values) => Keys { point: String::new(), values }.read().map_err(D::Error::custom),
            _ => Err(D::Error::custom("a contact point is a table of keys")),
        }
    }
}

const ADDRESS: &str = "must be an http or https address without a user name";
const SEVERITY: &str = "must be page, ticket or none";
const MAILBOX: &str = "must be an e-mail address";

/// The keys of one contact point that have not been read yet.
struct Keys {
    point: String,
    values: BTreeMap<String, Value>,
}

impl Keys {
    fn read(mut self) -> Result<ContactPoint, Invalid> {
        self.point = self.text("name")?;
        if self.point.trim().is_empty() {
            return Err(self.invalid("name", "must not be empty"));
        }
        let least_severity = match self.optional_text("least_severity")?.as_deref() {
            None | Some("ticket") => Severity::Ticket,
            Some("page") => Severity::Page,
            Some("none") => Severity::None,
            Some(_) => return Err(self.invalid("least_severity", SEVERITY)),
        };
        let kind = self.kind()?;
        match self.values.keys().next() {
            None => Ok(ContactPoint { name: self.point, least_severity, kind }),
            Some(key) => Err(self.invalid(key, "is not a key of this type of contact point")),
        }
    }

    fn kind(&mut self) -> Result<Kind, Invalid> {
        match self.text("type")?.as_str() {
            "webhook" => Ok(Kind::Webhook { url: self.url()?, authorization: self.secret("authorization")? }),
            "slack" => Ok(Kind::Slack { url: self.url()? }),
            "email" => self.email(),
            "alertmanager" => {
                Ok(Kind::Alertmanager { url: self.url()?, authorization: self.secret("authorization")? })
            }
            _ => Err(self.invalid("type", "must be webhook, slack, email or alertmanager")),
        }
    }

    fn email(&mut self) -> Result<Kind, Invalid> {
        let server = SmtpServer::parse(&self.text("server")?);
        let server = server.map_err(|problem| self.invalid("server", problem))?;
        let from = self.text("from")?;
        let from = self.mailbox("from", &from)?;
        let to = self.texts("to")?;
        let to = to.iter().map(|to| self.mailbox("to", to)).collect::<Result<Vec<_>, _>>()?;
        if to.is_empty() {
            return Err(self.invalid("to", "must name somebody"));
        }
        let user = self.optional_text("user")?;
        let password = self.secret("password")?;
        if user.is_some() != password.is_some() {
            return Err(self.invalid("password", "is needed with `user`, and only with it"));
        }
        Ok(Kind::Email { server, from, to, user, password })
    }

    fn url(&mut self) -> Result<SecretUrl, Invalid> {
        let text = self.text("url")?;
        SecretUrl::parse(&text).ok_or_else(|| self.invalid("url", ADDRESS))
    }

    fn mailbox(&self, key: &str, text: &str) -> Result<Mailbox, Invalid> {
        text.parse().map_err(|_| self.invalid(key, MAILBOX))
    }

    fn text(&mut self, key: &str) -> Result<String, Invalid> {
        self.optional_text(key)?.ok_or_else(|| self.invalid(key, "is missing"))
    }

    fn optional_text(&mut self, key: &str) -> Result<Option<String>, Invalid> {
        Ok(self.secret(key)?.map(|text| text.expose_secret().to_owned()))
    }

    fn secret(&mut self, key: &str) -> Result<Option<SecretString>, Invalid> {
        match self.values.remove(key) {
            None => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.invalid(key, "must be a text, in quotes")),
        }
    }

    /// One text, or a list of them.
    fn texts(&mut self, key: &str) -> Result<Vec<String>, Invalid> {
        let values = match self.values.remove(key) {
            None => return Err(self.invalid(key, "is missing")),
            Some(Value::List(values)) => values,
            Some(value) => vec![value],
        };
        let texts = values.into_iter().map(|value| match value {
            Value::Text(text) => Ok(text.expose_secret().to_owned()),
            _ => Err(self.invalid(key, "must be a list of texts, in quotes")),
        });
        texts.collect()
    }

    fn invalid(&self, key: &str, problem: &'static str) -> Invalid {
        Invalid { point: self.point.clone(), key: key.to_owned(), problem }
    }
}

/// Whatever a configuration may hold; only what can be right is kept.
enum Value {
    Text(SecretString),
    List(Vec<Value>),
    Table(BTreeMap<String, Value>),
    Other,
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Anything)
    }
}

/// Accepts everything, so that nothing is refused, and quoted, before it is known what it is.
struct Anything;

impl<'de> Visitor<'de> for Anything {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Value, A::Error> {
        let mut values = BTreeMap::new();
        while let Some((key, value)) = table.next_entry()? {
            values.insert(key, value);
        }
        Ok(Value::Table(values))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        Value::deserialize(deserializer)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| Value::Other)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_char<E>(self, _: char) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_bytes<E>(self, _: &[u8]) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Other)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Other)
    }
}
