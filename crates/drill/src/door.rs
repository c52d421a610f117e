//! A door between service and factory, behind which some orders can never be made: the factory fails them, and them only.

use anyhow::Context;
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use reqwest::Client;
use std::{sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

/// Longer than the factory takes for anything.
const PATIENCE: Duration = Duration::from_secs(90);
/// What belongs to a connection, not to what goes over it (RFC 9110, section 7.6.1).
const OF_THE_CONNECTION: [HeaderName; 4] =
    [header::HOST, header::CONNECTION, header::CONTENT_LENGTH, header::TRANSFER_ENCODING];

/// An open door; dropped, it is closed.
pub(crate) struct Door {
    pub url: String,
    _serving: AbortOnDropHandle<()>,
}

struct Behind {
    factory: String,
    /// An order that mentions it is poisoned.
    poison: &'static str,
    http: Client,
}

impl Door {
    pub async fn open(factory: &str, poison: &'static str) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.context("no port is free for the door")?;
        let url = format!("http://{}", listener.local_addr()?);
        let behind = Behind { factory: factory.to_owned(), poison, http: crate::traffic::client(PATIENCE)? };
        let routes = Router::new().fallback(pass).with_state(Arc::new(behind));
        let serving = tokio::spawn(async move {
            // It serves until it is aborted.
            let _ = axum::serve(listener, routes).await;
        });
        Ok(Self { url, _serving: AbortOnDropHandle::new(serving) })
    }
}

async fn pass(
    State(behind): State<Arc<Behind>>,
    method: Method,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    let poisoned = body.windows(behind.poison.len()).any(|window| window == behind.poison.as_bytes());
    if poisoned {
        return (StatusCode::INTERNAL_SERVER_ERROR, r#"{"message":"this pizza cannot be made"}"#)
            .into_response();
    }
    OF_THE_CONNECTION.iter().for_each(|name| drop(headers.remove(name)));
    let url = format!("{}{uri}", behind.factory);
    match behind.http.request(method, url).headers(headers).body(body).send().await {
        Ok(answer) => {
            let (status, mut headers) = (answer.status(), answer.headers().clone());
            OF_THE_CONNECTION.iter().for_each(|name| drop(headers.remove(name)));
            let body = answer.bytes().await.unwrap_or_default();
            (status, headers, body).into_response()
        }
        Err(_) => StatusCode::BAD_GATEWAY.into_response(),
    }
}
