use std::fmt;

use serde::{Deserialize, Deserializer, Serializer};
use url::Url;

/// The link that ends a factory's chaos.
///
/// It is a secret: the historic factory puts the vendor's API key into it
/// (`/api/support/{vendor API key}/report/{fixCode}`), ours an opaque token. So it cannot be
/// serialised, `Debug` and `Display` show its shape only, and [`ReportLink::expose`] is the one way
/// to the whole.
#[derive(Clone, PartialEq, Eq)]
pub struct ReportLink(Url);

impl ReportLink {
    /// Takes a URL for a report link; whether to trust its origin is the follower's decision.
    pub fn new(url: Url) -> Self {
        Self(url)
    }

    /// Reads a link from text; `None` when it is not an absolute URL.
    pub fn parse(text: &str) -> Option<Self> {
        Url::parse(text).ok().map(Self)
    }

    /// The whole link, secrets included: for the on-call engineer and for following it, never for a log.
    pub fn expose(&self) -> &Url {
        &self.0
    }

    /// The link with everything that may be secret replaced; what `Display` shows.
    fn redacted(&self) -> String {
        let origin = self.0.origin().ascii_serialization();
        let segments: Vec<&str> = self.0.path().split('/').skip(1).collect();
        match segments[..] {
            ["api", "support", _, "report", _] => {
                format!("{origin}/api/support/[redacted]/report/[redacted]")
            }
            _ => format!("{origin}/[redacted]"),
        }
    }
}

impl fmt::Display for ReportLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.redacted())
    }
}

impl fmt::Debug for ReportLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReportLink({})", self.redacted())
    }
}

/// The factory's own answers are the one place where the link goes over the wire.
pub(crate) fn serialize_exposed<S: Serializer>(
    link: &Option<ReportLink>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match link {
        Some(link) => serializer.serialize_some(link.expose().as_str()),
        None => serializer.serialize_none(),
    }
}

/// A link that cannot be read must not cost the pizza that came with it.
pub(crate) fn deserialize_leniently<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<ReportLink>, D::Error> {
    let value = serde_json::Value::deserialize(deserializer)?;
    Ok(value.as_str().and_then(ReportLink::parse))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn link(text: &str) -> ReportLink {
        ReportLink::parse(text).unwrap()
    }

    #[test]
    fn neither_debug_nor_display_shows_token_or_code() {
        let link = link("https://user:pass@factory.test/api/support/api-key/report/fix-code?x=y#z");
        for shown in [format!("{link}"), format!("{link:?}")] {
            assert!(shown.contains("https://factory.test/api/support/[redacted]/report/[redacted]"));
            for secret in ["api-key", "fix-code", "user", "pass", "x=y", "#z"] {
                assert!(!shown.contains(secret), "{shown} shows {secret}");
            }
        }
    }

    #[test]
    fn a_link_of_unknown_shape_shows_its_origin_only() {
        assert_eq!(link("http://f.test:81/odd/key/path").to_string(), "http://f.test:81/[redacted]");
    }

    #[test]
    fn the_whole_link_is_there_for_who_asks() {
        let whole = "https://factory.test/api/support/t/report/c";
        assert_eq!(link(whole).expose().as_str(), whole);
    }

    #[test]
    fn a_relative_link_is_none() {
        assert_eq!(ReportLink::parse("/api/support/t/report/c"), None);
    }
}
