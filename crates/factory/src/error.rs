use std::io;
use std::path::PathBuf;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use factory_api::{ErrorBody, ReportLink};

/// Why a factory cannot start.
#[derive(Debug, thiserror::Error)]
pub enum FactoryError {
    /// The data directory cannot be made, read or written.
    #[error("the data directory {} cannot be used", path.display())]
    DataDir {
        /// The file or directory in question.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The signing key's file does not hold an RSA key of 2048 bits or more.
    #[error("{} does not hold a signing key", path.display())]
    Key {
        /// The key's file.
        path: PathBuf,
    },
    /// No signing key could be made.
    #[error("a signing key could not be made")]
    KeyGeneration,
    /// The ledger cannot be opened or brought up to date.
    #[error("the ledger cannot be opened")]
    Ledger(#[from] rusqlite::Error),
    /// The ledger's writer cannot be started.
    #[error("the ledger's writer cannot be started")]
    Writer(#[source] io::Error),
    /// The start broke off.
    #[error("the factory's start broke off")]
    Start(#[from] tokio::task::JoinError),
    /// The listener has no address.
    #[error("the listener has no address")]
    Listener(#[source] io::Error),
    /// The public URL is not `http` or `https`.
    #[error("the public URL must begin with http:// or https://")]
    PublicUrl,
}

/// An answer that is not a success.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    body: ErrorBody,
    /// Seconds.
    retry_after: Option<u16>,
}

impl ApiError {
    pub(crate) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, body: ErrorBody::new(message), retry_after: None }
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    pub(crate) fn unauthenticated() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid authentication")
    }

    /// Something of ours broke; the cause is for the log, not for the caller.
    pub(crate) fn internal(cause: &dyn std::fmt::Display) -> Self {
        tracing::error!(%cause, "a call could not be completed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal error")
    }

    pub(crate) fn with_report(mut self, link: ReportLink) -> Self {
        self.body.report_url = Some(link);
        self
    }

    pub(crate) fn retry_after_seconds(mut self, seconds: u16) -> Self {
        self.retry_after = Some(seconds);
        self
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
