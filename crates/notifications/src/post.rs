//! One HTTP request, and what its answer means.

use std::error::Error;

use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use reqwest::{Client, Response};
use tokio::time::{Instant, timeout_at};
use url::Url;

use crate::DeliveryError;
use crate::retry_after::retry_after;
use crate::secrets::Secrets;

/// How much of an answer is read, in bytes.
const MOST_READ: usize = 64 * 1024;

/// A client that follows no redirect, repeats nothing, and keeps no connection: there are hours between two pages, and
/// a connection that the other side has closed meanwhile would cost the second one.
pub(crate) fn client() -> Result<Client, reqwest::Error> {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .pool_max_idle_per_host(0)
        .user_agent(concat!("jwt-pizza-service/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// A request that is ready to be sent.
pub(crate) struct Post<'a> {
    pub(crate) url: &'a Url,
    pub(crate) authorization: Option<&'a HeaderValue>,
    pub(crate) body: String,
    pub(crate) secrets: &'a Secrets,
}

impl Post<'_> {
    /// Sends it. Any 2xx is a delivery, whatever comes after that.
    pub(crate) async fn send(self, client: &Client, deadline: Instant) -> Result<(), DeliveryError> {
        let mut request = client
            .post(self.url.clone())
            .header(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))
            .body(self.body);
        if let Some(authorization) = self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let response = match timeout_at(deadline, request.send()).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => {
                return Err(DeliveryError::temporary(self.secrets.redact(&chain(error))));
            }
            Err(_) => return Err(DeliveryError::temporary("no answer in time")),
        };
        if response.status().is_success() {
            return Ok(());
        }
        Err(refusal(response, self.secrets, deadline).await)
    }
}

async fn refusal(mut response: Response, secrets: &Secrets, deadline: Instant) -> DeliveryError {
    let status = response.status();
    let retry_after = retry_after(response.headers(), Timestamp::now());
    let mut body = Vec::new();
    // What was lost of the body, to a broken connection or to the deadline, is not worth an error of its own.
    while body.len() < MOST_READ
        && let Ok(Ok(Some(chunk))) = timeout_at(deadline, response.chunk()).await
    {
        body.extend_from_slice(&chunk[..chunk.len().min(MOST_READ - body.len())]);
    }
    let said = secrets.redact(&String::from_utf8_lossy(&body));
    let why = if said.is_empty() { format!("HTTP {status}") } else { format!("HTTP {status}: {said}") };
    if may_pass(status) {
        DeliveryError::Temporary { why, retry_after }
    } else {
        DeliveryError::permanent(why)
    }
}

fn may_pass(status: StatusCode) -> bool {
    let for_now = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
    status.is_server_error() || for_now.contains(&status)
}

/// An error and its causes in one line, without the address.
fn chain(error: reqwest::Error) -> String {
    let error = error.without_url();
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}
