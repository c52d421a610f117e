use serde::{Deserialize, Serialize};

use crate::ReportLink;
use crate::report_link;

/// The body of every error the factory answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// What went wrong, for a person.
    pub message: String,
    /// Where the chaos behind the error can be ended. Anything that is not a URL reads as none.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        serialize_with = "report_link::serialize_exposed",
        deserialize_with = "report_link::deserialize_leniently"
    )]
    pub report_url: Option<ReportLink>,
}

impl ErrorBody {
    /// An error that no chaos is behind.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), report_url: None }
    }
}

/// An answer that says one thing, such as `{"message":"Chaos initiated"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What happened, for a person.
    pub message: String,
}

impl Message {
    /// Says `message`.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}
