/// Why nothing was marked. Safe to log and to show: it holds no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnnotationError {
    /// Trying again may help: no connection, no answer in time, 408, 429, 5xx.
    #[error("{why}")]
    Temporary {
        /// What happened: the status, and at most 200 characters of what the other side said.
        why: String,
    },
    /// Trying again will not help: any other answer.
    #[error("{why}")]
    Permanent {
        /// What happened: the status, and at most 200 characters of what the other side said.
        why: String,
    },
}
