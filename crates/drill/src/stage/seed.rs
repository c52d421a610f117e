//! What a service needs before anybody can order, put in by its admin, as an operator would.

use crate::traffic::client;
use anyhow::{Context, ensure};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use std::time::Duration;

const MENU: [(&str, f64); 5] = [
    ("Veggie", 0.0038),
    ("Pepperoni", 0.0042),
    ("Margarita", 0.0042),
    ("Crusty", 0.0028),
    ("Charred Leopard", 0.0099),
];
/// A pizza that the factory cannot make: see the door.
pub(crate) const POISON: &str = "Poisoned by the drill";
const PATIENCE: Duration = Duration::from_secs(20);

/// Somebody with the admin role.
#[derive(Clone)]
pub(crate) struct Admin {
    pub email: String,
    pub password: String,
}

/// An admin who is logged in.
#[derive(Clone)]
pub(crate) struct AdminSession {
    http: Client,
    service: String,
    token: String,
}

impl Admin {
    pub async fn log_in(&self, service: &str) -> anyhow::Result<AdminSession> {
        let http = client(PATIENCE)?;
        let service = service.trim_end_matches('/').to_owned();
        let who = json!({ "email": self.email, "password": self.password });
        let answer = http.put(format!("{service}/api/auth")).json(&who).send().await?;
        ensure!(answer.status().is_success(), "the admin cannot log in: {}", answer.status());
        let body: Value = answer.json().await?;
        let token = body["token"].as_str().context("a login without a session")?.to_owned();
        Ok(AdminSession { http, service, token })
    }
}

impl AdminSession {
    /// A menu, a franchise and a store.
    pub async fn seed(&self) -> anyhow::Result<()> {
        for (title, price) in MENU.into_iter().chain([(POISON, 0.0001)]) {
            let item =
                json!({ "title": title, "description": "for a drill", "image": "pizza.png", "price": price });
            self.ask(Method::PUT, "/api/order/menu", Some(item)).await?;
        }
        let franchise = json!({ "name": "drill", "admins": [] });
        let franchise = self.ask(Method::POST, "/api/franchise", Some(franchise)).await?;
        let id = franchise["id"].as_i64().context("a franchise without a number")?;
        self.ask(Method::POST, &format!("/api/franchise/{id}/store"), Some(json!({ "name": "SLC" }))).await?;
        Ok(())
    }

    /// A JSON document, if there is one.
    pub async fn get(&self, path: &str) -> anyhow::Result<Value> {
        self.ask(Method::GET, path, None).await
    }

    /// A text.
    pub async fn text(&self, path: &str) -> anyhow::Result<String> {
        let answer = self.http.get(format!("{}{path}", self.service)).bearer_auth(&self.token).send().await?;
        Ok(answer.error_for_status()?.text().await?)
    }

    async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> anyhow::Result<Value> {
        let what = format!("{method} {path}");
        let mut request =
            self.http.request(method, format!("{}{path}", self.service)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await?;
        ensure!(answer.status().is_success(), "{what} is answered with {}", answer.status());
        Ok(answer.json().await?)
    }
}
