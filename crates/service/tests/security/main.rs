//! The security suite: one test for each hole of the historic service, and for each hole that a service like this
//! could have, named after the hole. One file for each category of the OWASP API Security Top 10 (2023), and a few
//! for what those ten leave out.
//!
//! docs/security.md is its table of contents; `document` keeps the two together.
#![allow(clippy::unwrap_used)]

mod document;
mod functions;
mod injection;
mod inventory;
mod links;
mod logins;
mod misconfiguration;
mod objects;
mod properties;
mod requests;
mod resources;
mod ssrf;
mod third_party;
mod tokens;

use domain::UserId;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::{EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};
use service::config::Config;
use std::time::Duration;
use test_kit::{TestApp, Visitor};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Short enough to wait for.
const SHORT: Duration = Duration::from_millis(200);
/// Nothing takes this long; a test that waits for it fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(60);
/// What the factory gives away while it has chaos.
const LINK: &str = "https://factory.example/api/support/the-vendor-key/report/the-fix-code";

/// No failures, however many, open the circuit.
fn patient(config: &mut Config) {
    config.circuit.consecutive_failures = 1_000_000;
    config.circuit.minimum_calls = 1_000_000;
}

/// Whose session this is.
async fn id_of(visitor: &Visitor) -> i64 {
    visitor.get("/api/user/me").await.expect(200)["id"].as_i64().unwrap()
}

/// What a session token of the diner says.
async fn claims_of_the_diner(app: &TestApp) -> Value {
    let id = id_of(&*app.diner().await).await;
    let now = Timestamp::now().as_second();
    json!({
        "id": id, "name": "pizza diner", "email": "d@jwt.com", "roles": [{ "role": "diner" }],
        "iat": now, "exp": now + 3600, "jti": "00000000-0000-0000-0000-000000000000",
    })
}

/// A token with these claims and this secret, whose session is live in the database: only the check of the
/// token itself can refuse it.
async fn forged(app: &TestApp, secret: &str, claims: &Value) -> Visitor {
    let key = EncodingKey::from_secret(secret.as_bytes());
    let token = jsonwebtoken::encode(&Header::default(), claims, &key).unwrap();
    let user = UserId(claims["id"].as_i64().unwrap());
    let in_an_hour = Timestamp::now() + SignedDuration::from_hours(1);
    app.store().open_session(token.rsplit('.').next().unwrap(), user, in_an_hour).await.unwrap();
    app.visitor().with_token(token)
}

/// One call of the OpenAPI document.
struct Operation {
    method: Method,
    /// As in the document.
    path: String,
    /// What the document says about it.
    about: Value,
}

impl Operation {
    /// All of them.
    async fn all(app: &TestApp) -> Vec<Self> {
        let document = app.visitor().get("/api/openapi.json").await.expect(200).body;
        let paths = document["paths"].as_object().unwrap();
        let operations = paths.iter().flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, about)| Self {
                method: method.to_uppercase().parse().unwrap(),
                path: path.clone(),
                about: about.clone(),
            })
        });
        operations.collect()
    }

    /// `GET /api/order/{id}`
    fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The path with something in its places that exists, if anything does.
    fn address(&self) -> String {
        let mut address = String::new();
        for part in self.path.split_inclusive(['{', '}']) {
            match part.strip_suffix('}') {
                Some("state") => address.push_str("true"),
                Some(_) => address.push('1'),
                None => address.push_str(part.trim_end_matches('{')),
            }
        }
        address
    }

    /// Whether the document says that there is this answer.
    fn answers(&self, status: &str) -> bool {
        self.about["responses"].get(status).is_some()
    }
}

/// A connection that does what no HTTP client would.
async fn connection(app: &TestApp, says: &str) -> TcpStream {
    let address = app.base().socket_addrs(|| None).unwrap()[0];
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(says.as_bytes()).await.unwrap();
    stream
}

/// All that a connection says until it is closed.
async fn rest(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // However it was closed, what came before counts.
    let _ = timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("never closed");
    String::from_utf8(bytes).unwrap()
}
