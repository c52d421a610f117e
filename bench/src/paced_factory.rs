//! A factory whose capacity is known and takes none of ours: so many ovens, each of which takes its time for a pizza.
//! It runs in the bench.

use crate::site::VENDOR;
use anyhow::anyhow;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use axum::{
    Json, Router,
    extract::State,
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use factory_api::{Jwk, Jwks, OrderRequest, OrderResponse, PizzaClaims, PizzaHeader, VendorClaim};
use serde::Serialize;
use std::{
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    thread,
    time::Duration,
};
use tokio::{net::TcpListener, sync::Semaphore};

const DAY: i64 = 24 * 3600;
const KEY_NAME: &str = "oven";

/// Starts one, on a thread that ends with the program.
pub fn start(ovens: usize, baking: Duration) -> anyhow::Result<SocketAddr> {
    let key = Ed25519KeyPair::generate().map_err(|_| anyhow!("no key was made"))?;
    let kitchen = Arc::new(Kitchen { key, ovens: Semaphore::new(ovens), baking });
    let routes = Router::new()
        .route("/.well-known/jwks.json", get(keys))
        .route("/api/order", post(bake))
        .with_state(kitchen);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
    let address = listener.local_addr()?;
    thread::spawn(move || runtime.block_on(axum::serve(listener, routes).into_future()));
    Ok(address)
}

struct Kitchen {
    key: Ed25519KeyPair,
    ovens: Semaphore,
    baking: Duration,
}

async fn keys(State(kitchen): State<Arc<Kitchen>>) -> Json<Jwks> {
    let text = |text: &str| Some(text.to_owned());
    let key = Jwk {
        kty: text("OKP"),
        crv: text("Ed25519"),
        kid: text(KEY_NAME),
        usage: text("sig"),
        alg: text("EdDSA"),
        x: Some(URL_SAFE_NO_PAD.encode(kitchen.key.public_key())),
        ..Jwk::default()
    };
    Json(Jwks { keys: vec![key] })
}

async fn bake(State(kitchen): State<Arc<Kitchen>>, Json(asked): Json<OrderRequest>) -> Json<OrderResponse> {
    // It is never closed.
    let oven = kitchen.ovens.acquire().await;
    tokio::time::sleep(kitchen.baking).await;
    drop(oven);
    Json(OrderResponse { jwt: kitchen.pizza(&asked), report_url: None })
}

impl Kitchen {
    fn pizza(&self, asked: &OrderRequest) -> String {
        let iat = jiff::Timestamp::now().as_second();
        let times = (Some(iat), Some(iat + DAY));
        let header = PizzaHeader {
            alg: "EdDSA".to_owned(),
            kid: Some(KEY_NAME.to_owned()),
            iat: times.0,
            exp: times.1,
            iss: None,
        };
        let claims = PizzaClaims {
            vendor: VendorClaim { id: VENDOR.to_owned(), name: VENDOR.to_owned() },
            diner: json(&asked.diner),
            order: json(&asked.order),
            iat: times.0,
            exp: times.1,
            iss: None,
        };
        let signed = format!("{}.{}", base64(&header), base64(&claims));
        let signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn json(part: &impl Serialize) -> serde_json::Value {
    serde_json::to_value(part).unwrap_or_default()
}

fn base64(part: &impl Serialize) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(part).unwrap_or_default())
}
