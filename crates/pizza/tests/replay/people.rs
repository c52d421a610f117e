//! Who talks to the service: an admin, and anybody with a link.

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::time::Duration;
use test_kit::Installation;

/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Somebody with the admin role who is logged in.
#[derive(Clone)]
pub struct Admin {
    http: Client,
    service: String,
    token: String,
}

impl Admin {
    pub async fn log_in(installation: &Installation) -> Self {
        let (http, account) = (client(), installation.admin());
        let who = json!({ "email": account.email, "password": account.password });
        let answer = http.put(installation.url("/api/auth")).json(&who).send().await.unwrap();
        let session: Value = answer.json().await.unwrap();
        let token = session["token"].as_str().unwrap().to_owned();
        Self { http, service: installation.url(""), token }
    }

    /// What a path answers, which must be 200.
    pub async fn get(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path).await).unwrap()
    }

    /// The same, word for word.
    pub async fn text(&self, path: &str) -> String {
        let url = format!("{}{path}", self.service);
        let answer = self.http.get(url).bearer_auth(&self.token).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        text
    }

    /// Sends something, which must be accepted.
    pub async fn post(&self, path: &str, body: &Value) -> Value {
        let url = format!("{}{path}", self.service);
        let answer = self.http.post(url).bearer_auth(&self.token).json(body).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }
}

/// Presses the button behind a link of a notification, without being logged in; answers with the page.
pub async fn press(link: &str) -> String {
    let http = client();
    let offer = http.get(link).send().await.unwrap();
    assert_eq!(offer.status(), StatusCode::OK, "the page with the button");
    let answer = http.post(link).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    answer.text().await.unwrap()
}

/// A client that goes straight to the loopback, whatever proxy the machine has.
pub fn client() -> Client {
    Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}
