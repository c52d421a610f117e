//! A factory whose misbehaviour is data, and keys to sign pizzas with.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use factory_api::{Diner, Jwk, Jwks, Order, OrderItem, OrderRequest};
use factory_client::{FactoryClient, FactoryConfig};
use http::HeaderMap;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

pub const API_KEY: &str = "vendor-api-key";
pub const VENDOR: &str = "us";
pub const ORDER: i64 = 17;

/// What the factory says next on a path.
#[derive(Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
    /// How long it takes to say it.
    pub delay: Duration,
}

impl Answer {
    pub fn new(status: u16, body: impl ToString) -> Self {
        Self { status, headers: vec![], body: body.to_string(), delay: Duration::ZERO }
    }

    pub fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub fn never(mut self) -> Self {
        self.delay = Duration::from_secs(3600);
        self
    }
}

#[derive(Default)]
struct Script {
    orders: VecDeque<Answer>,
    keys: VecDeque<Answer>,
    seen: Vec<(String, HeaderMap, String)>,
}

/// The factory. The last answer of each script is repeated for ever.
#[derive(Clone)]
pub struct Fake {
    pub url: Url,
    script: Arc<Mutex<Script>>,
}

impl Fake {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let script = Arc::new(Mutex::new(Script::default()));
        let app = Router::new().fallback(answer).with_state(script.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self { url, script }
    }

    pub async fn answering(answer: Answer) -> Self {
        let fake = Self::start().await;
        fake.then_orders(answer);
        fake
    }

    pub fn then_orders(&self, answer: Answer) {
        self.script.lock().unwrap().orders.push_back(answer);
    }

    pub fn then_keys(&self, answer: Answer) {
        self.script.lock().unwrap().keys.push_back(answer);
    }

    pub async fn with_keys(keys: &[Jwk]) -> Self {
        let fake = Self::start().await;
        fake.then_keys(Answer::new(200, jwks(keys)));
        fake
    }

    pub fn calls(&self, path: &str) -> usize {
        let script = self.script.lock().unwrap();
        script.seen.iter().filter(|(seen, ..)| seen == path).count()
    }

    pub fn last_call(&self) -> (String, HeaderMap, String) {
        self.script.lock().unwrap().seen.last().unwrap().clone()
    }

    pub fn config(&self) -> FactoryConfig {
        let mut config = FactoryConfig::new(self.url.clone(), API_KEY.into());
        config.vendor_id = Some(VENDOR.to_owned());
        config
    }

    pub fn client(&self) -> FactoryClient {
        FactoryClient::new(self.config()).unwrap()
    }
}

async fn answer(State(script): State<Arc<Mutex<Script>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let path = parts.uri.path().to_owned();
    let answer = {
        let mut script = script.lock().unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        script.seen.push((path.clone(), parts.headers, body));
        let answers = match path.as_str() {
            "/.well-known/jwks.json" => &mut script.keys,
            _ => &mut script.orders,
        };
        match answers.len() {
            0 => Answer::new(404, "{}"),
            1 => answers[0].clone(),
            _ => answers.pop_front().unwrap(),
        }
    };
    tokio::time::sleep(answer.delay).await;
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    response.body(Body::from(answer.body)).unwrap()
}

pub fn order() -> OrderRequest {
    OrderRequest {
        diner: Diner { id: 3, name: "Kai".to_owned(), email: "kai@example.com".to_owned() },
        order: Order {
            id: ORDER,
            franchise_id: 1,
            store_id: 2,
            items: vec![OrderItem {
                menu_id: 4,
                description: "Veggie".to_owned(),
                price: serde_json::from_str("0.0038").unwrap(),
            }],
            date: None,
        },
    }
}

pub fn jwks(keys: &[Jwk]) -> String {
    serde_json::to_string(&Jwks { keys: keys.to_vec() }).unwrap()
}

pub fn base64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

/// A private key of any of the three kinds.
pub enum Signer {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
    Ed(Ed25519KeyPair),
}

impl Signer {
    pub fn rsa() -> Self {
        Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
    }

    pub fn ec() -> Self {
        Self::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub fn ed() -> Self {
        Self::Ed(Ed25519KeyPair::generate().unwrap())
    }

    pub fn alg(&self) -> &'static str {
        match self {
            Self::Rsa(_) => "RS256",
            Self::Ec(_) => "ES256",
            Self::Ed(_) => "EdDSA",
        }
    }

    pub fn jwk(&self, kid: &str) -> Jwk {
        let common = Jwk {
            kid: Some(kid.to_owned()),
            usage: Some("sig".to_owned()),
            alg: Some(self.alg().to_owned()),
            ..Jwk::default()
        };
        match self {
            Self::Rsa(key) => {
                let public = key.public_key();
                Jwk {
                    kty: Some("RSA".to_owned()),
                    n: Some(base64(public.modulus().big_endian_without_leading_zero())),
                    e: Some(base64(public.exponent().big_endian_without_leading_zero())),
                    ..common
                }
            }
            Self::Ec(key) => {
                let point = key.public_key().as_ref();
                Jwk {
                    kty: Some("EC".to_owned()),
                    crv: Some("P-256".to_owned()),
                    x: Some(base64(&point[1..33])),
                    y: Some(base64(&point[33..])),
                    ..common
                }
            }
            Self::Ed(key) => Jwk {
                kty: Some("OKP".to_owned()),
                crv: Some("Ed25519".to_owned()),
                x: Some(base64(key.public_key())),
                ..common
            },
        }
    }

    /// A pizza as our factory makes them, under key `kid`.
    pub fn pizza(&self, kid: &str) -> String {
        self.sign(&header(self.alg(), kid), &payload())
    }

    pub fn sign(&self, header: &Value, payload: &Value) -> String {
        let signed = signed_part(header, payload);
        let random = SystemRandom::new();
        let signature = match self {
            Self::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature).unwrap();
                signature
            }
            Self::Ec(key) => key.sign(&random, signed.as_bytes()).unwrap().as_ref().to_vec(),
            Self::Ed(key) => key.sign(signed.as_bytes()).as_ref().to_vec(),
        };
        format!("{signed}.{}", base64(signature))
    }
}

pub fn signed_part(header: &Value, payload: &Value) -> String {
    format!("{}.{}", base64(header.to_string()), base64(payload.to_string()))
}

pub fn header(alg: &str, kid: &str) -> Value {
    json!({"alg": alg, "kid": kid, "iat": now(), "exp": now() + 86_400, "iss": "fake"})
}

pub fn payload() -> Value {
    json!({
        "vendor": {"id": VENDOR, "name": "Us"},
        "diner": {"id": 3, "name": "Kai"},
        "order": {"id": ORDER, "items": []},
        "iat": now(),
        "exp": now() + 86_400,
        "iss": "fake",
    })
}
