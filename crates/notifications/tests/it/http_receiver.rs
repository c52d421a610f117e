//! An HTTP receiver whose misbehaviour is data.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use futures::StreamExt;
use http::{HeaderMap, StatusCode, Uri};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// How a receiver answers.
#[derive(Clone, Copy)]
pub enum Answer {
    Says(u16, &'static str),
    /// With this `Retry-After`.
    Later(u16, &'static str),
    /// Back to its own address.
    Redirects,
    /// The status at once, then one byte a second for ever.
    Dribbles(u16),
    /// As fast as it can, for ever.
    NeverEnds(u16),
    /// Repeats path, authorization and body of the request.
    Echoes(u16),
    Hangs,
}

/// What a receiver got.
pub struct Got {
    pub uri: Uri,
    pub headers: HeaderMap,
    pub body: String,
}

impl Got {
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A receiver, which goes away with its runtime.
pub struct Receiver {
    pub address: SocketAddr,
    got: Mutex<mpsc::UnboundedReceiver<Got>>,
}

struct Shared {
    answer: Answer,
    got: mpsc::UnboundedSender<Got>,
}

impl Receiver {
    pub async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, got) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared { answer, got: sender });
        let router = Router::new().fallback(receive).with_state(shared);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, got: Mutex::new(got) }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Everything that has come so far.
    pub fn got(&self) -> Vec<Got> {
        let mut receiver = self.got.lock().unwrap();
        std::iter::from_fn(|| receiver.try_recv().ok()).collect()
    }
}

async fn receive(
    State(shared): State<Arc<Shared>>,
    uri: Uri,
    headers: HeaderMap,
    body: String,
) -> Response<Body> {
    let authorization = headers.get("authorization").map(|value| value.to_str().unwrap().to_owned());
    let echo = format!("no {uri} for {authorization:?} with {body}");
    shared.got.send(Got { uri, headers, body }).unwrap();
    let with = |status: u16| Response::builder().status(status);
    match shared.answer {
        Answer::Says(status, words) => with(status).body(words.into()),
        Answer::Later(status, after) => with(status).header("retry-after", after).body(Body::empty()),
        Answer::Redirects => {
            with(StatusCode::TEMPORARY_REDIRECT.as_u16()).header("location", "/elsewhere").body(Body::empty())
        }
        Answer::Dribbles(status) => with(status).body(endless("x", Duration::from_secs(1))),
        Answer::NeverEnds(status) => with(status).body(endless(&"many words ".repeat(500), Duration::ZERO)),
        Answer::Echoes(status) => with(status).body(echo.into()),
        Answer::Hangs => std::future::pending().await,
    }
    .unwrap()
}

fn endless(words: &str, every: Duration) -> Body {
    let chunks = futures::stream::repeat(Bytes::from(words.to_owned())).then(move |chunk| async move {
        if !every.is_zero() {
            tokio::time::sleep(every).await;
        }
        Ok::<_, std::convert::Infallible>(chunk)
    });
    Body::from_stream(chunks)
}
