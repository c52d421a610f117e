//! Diners and their shop, over HTTP as anybody.

use anyhow::{Context, ensure};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

const MENU: [(&str, f64); 3] = [("Veggie", 0.0038), ("Pepperoni", 0.0042), ("Charred Leopard", 0.0099)];

/// Where an order goes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Shop {
    pub franchise: i64,
    pub store: i64,
    /// The first number on the menu; the others follow.
    pub menu: i64,
}

impl Shop {
    pub const PIZZAS: i64 = MENU.len() as i64;
}

/// Somebody with an account and a session.
pub(crate) struct Diner {
    service: String,
    token: String,
}

impl Diner {
    /// `POST /api/order` of one pizza.
    pub fn order(&self, http: &Client, shop: Shop, key: &str, pizza: i64) -> RequestBuilder {
        let order = json!({
            "franchiseId": shop.franchise,
            "storeId": shop.store,
            "items": [{ "menuId": shop.menu + pizza % Shop::PIZZAS }]
        });
        self.ask(http.post(format!("{}/api/order", self.service))).header("Idempotency-Key", key).json(&order)
    }

    /// `GET` of a path.
    pub fn get(&self, http: &Client, path: &str) -> RequestBuilder {
        self.ask(http.get(format!("{}{path}", self.service)))
    }

    fn ask(&self, request: RequestBuilder) -> RequestBuilder {
        request.bearer_auth(&self.token)
    }
}

/// Opens an account.
pub(crate) async fn register(http: &Client, service: String, number: usize) -> anyhow::Result<Diner> {
    let email = format!("diner-{number}@proof.example");
    let person = json!({ "name": format!("Diner {number}"), "email": email, "password": format!("{:032x}", fastrand::u128(..)) });
    let body = ask(http.post(format!("{service}/api/auth")).json(&person)).await?;
    let token = body["token"].as_str().context("an account without a session")?.to_owned();
    Ok(Diner { service, token })
}

/// The admin puts in a menu, a franchise and a store.
pub(crate) async fn open_shop(
    http: &Client,
    service: &str,
    (email, password): (&str, &str),
) -> anyhow::Result<Shop> {
    let who = json!({ "email": email, "password": password });
    let body = ask(http.put(format!("{service}/api/auth")).json(&who)).await?;
    let token = body["token"].as_str().context("a login without a session")?.to_owned();
    let admin = |method: Method, path: String, body: Value| {
        ask(http.request(method, format!("{service}{path}")).bearer_auth(&token).json(&body))
    };
    let mut menu = Value::Null;
    for (title, price) in MENU {
        let item =
            json!({ "title": title, "description": "for a proof", "image": "pizza.png", "price": price });
        menu = admin(Method::PUT, "/api/order/menu".into(), item).await?;
    }
    let franchise = json!({ "name": "proof", "admins": [] });
    let franchise = admin(Method::POST, "/api/franchise".into(), franchise).await?["id"].as_i64();
    let franchise = franchise.context("a franchise without a number")?;
    let store = admin(Method::POST, format!("/api/franchise/{franchise}/store"), json!({ "name": "SLC" }));
    let store = store.await?["id"].as_i64().context("a store without a number")?;
    let menu = menu[0]["id"].as_i64().context("a menu without a pizza")?;
    Ok(Shop { franchise, store, menu })
}

async fn ask(request: RequestBuilder) -> anyhow::Result<Value> {
    let answer = request.send().await?;
    let (status, path) = (answer.status(), answer.url().path().to_owned());
    let body = answer.text().await?;
    ensure!(status.is_success(), "{path} is answered with {status}: {body}");
    Ok(serde_json::from_str(&body)?)
}
