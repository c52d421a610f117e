use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How a factory misbehaves for one vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChaosKind {
    /// Not at all; asking for it ends the chaos there is.
    None,
    /// Orders are answered 500.
    Fail,
    /// Orders are answered late, and succeed.
    Throttle,
    /// Orders are answered 200 with a token that does not verify.
    Badjwt,
    /// The listener stops accepting, for every vendor.
    Down,
    /// Orders fail and succeed in turns.
    Flap,
}

impl ChaosKind {
    /// The kind as paths, bodies and metrics spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Fail => "fail",
            Self::Throttle => "throttle",
            Self::Badjwt => "badjwt",
            Self::Down => "down",
            Self::Flap => "flap",
        }
    }
}

impl fmt::Display for ChaosKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ChaosKind {
    type Err = UnknownChaos;

    fn from_str(text: &str) -> Result<Self, UnknownChaos> {
        [Self::None, Self::Fail, Self::Throttle, Self::Badjwt, Self::Down, Self::Flap]
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or(UnknownChaos)
    }
}

/// The text names no [`ChaosKind`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownChaos;

impl fmt::Display for UnknownChaos {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown chaos type")
    }
}

impl std::error::Error for UnknownChaos {}

/// The body of `PUT /api/vendor/chaos/{kind}`; what is left out takes the factory's default.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ChaosRequest {
    /// When the window begins; now if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<Timestamp>,
    /// How long the window lasts, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u64>,
    /// How likely each order is to be touched, 0 to 1; always if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub probability: Option<f64>,
    /// How late a `throttle` answers, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_seconds: Option<u64>,
    /// How long `flap` stays in either mood, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period_seconds: Option<u64>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_path_and_a_body_spell_a_kind_alike() {
        for text in ["none", "fail", "throttle", "badjwt", "down", "flap"] {
            let kind: ChaosKind = text.parse().unwrap();
            assert_eq!(serde_json::to_value(kind).unwrap(), text);
        }
        assert_eq!("meltdown".parse::<ChaosKind>(), Err(UnknownChaos));
    }
}
