//! What an examination of a database finds.

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// As it should be.
    Fine,
    /// Works, but a promise is weaker than it could be.
    Warning,
    /// A promise cannot be kept.
    Error,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How much it matters.
    pub severity: Severity,
    /// What was looked at and what was found, in a sentence.
    pub what: String,
    /// What to do about it, unless it is fine.
    pub advice: Option<String>,
}

impl Finding {
    /// As it should be.
    pub fn fine(what: impl Into<String>) -> Self {
        Self { severity: Severity::Fine, what: what.into(), advice: None }
    }

    /// A promise is weaker than it could be.
    pub fn warning(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, what: what.into(), advice: Some(advice.into()) }
    }

    /// A promise cannot be kept.
    pub fn error(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { severity: Severity::Error, what: what.into(), advice: Some(advice.into()) }
    }
}
