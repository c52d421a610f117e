//! `pizza demo`, and `pizza chaos` against it.

use crate::{pizza, text};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;
use test_kit::{Process, eventually, free_port};

/// What the historic deployment had on its menu.
const MENU: [(&str, f64); 5] = [
    ("Veggie", 0.0038),
    ("Pepperoni", 0.0042),
    ("Margarita", 0.0042),
    ("Crusty", 0.0028),
    ("Charred Leopard", 0.0099),
];
/// Everybody knows them, so they are worth nothing on any but a demo.
const ACCOUNTS: [(&str, &str, &str); 3] = [
    ("a@jwt.com", "admin", "admin"),
    ("d@jwt.com", "diner", "diner"),
    ("f@jwt.com", "franchisee", "franchisee"),
];

#[tokio::test]
async fn a_demo_has_everything_to_play_with_and_finds_it_again_at_the_second_start() {
    let folder = TempDir::new().unwrap();
    let demo = Demo::start(folder.path()).await;
    demo.assert_seeds().await;
    let token = demo.token("d@jwt.com", "diner").await;
    let (status, ordered) = demo.order(&token).await;
    assert_eq!(status, StatusCode::OK, "{ordered}");
    let welcome = demo.process.log().unwrap();
    for said in ["JWT Pizza is open", &demo.service, &demo.factory, "d@jwt.com / diner"] {
        assert!(welcome.contains(said), "{said} is not in {welcome}");
    }
    demo.ends_cleanly().await;

    let demo = Demo::start(folder.path()).await;
    demo.assert_seeds().await;
    let history = demo.get("/api/order", &token).await;
    assert_eq!(history["orders"].as_array().unwrap().len(), 1, "{history}");
    assert_eq!(history["orders"][0]["jwt"], ordered["jwt"]);
    demo.ends_cleanly().await;
}

#[test]
fn a_demo_refuses_to_be_reached_by_others() {
    let folder = TempDir::new().unwrap();
    let output =
        pizza(&["demo", "--host", "0.0.0.0", "--data"]).arg(folder.path().join("data")).output().unwrap();
    assert!(!output.status.success());
    assert!(text(&output.stderr).contains("loopback only"), "{output:?}");
    assert!(!folder.path().join("data").exists(), "it left something behind");
}

#[tokio::test]
async fn chaos_is_started_shown_and_stopped_from_the_command_line() {
    let folder = TempDir::new().unwrap();
    let demo = Demo::start(folder.path()).await;
    let token = demo.token("d@jwt.com", "diner").await;
    assert_eq!(demo.chaos(&["status"]).await, "No chaos.\n");
    let started = demo.chaos(&["start", "fail", "--for", "5s"]).await;
    assert!(started.starts_with("Chaos: fail for 5s"), "{started}");
    let (status, ordered) = demo.order(&token).await;
    assert_eq!(status, StatusCode::ACCEPTED, "{ordered}");

    // A longer one replaces it, so that a slow machine does not see it end by itself.
    demo.chaos(&["start", "fail", "--for", "10m"]).await;
    let shown = demo.chaos(&["status"]).await;
    assert!(shown.starts_with("Chaos: fail (now), from "), "{shown}");
    demo.chaos(&["stop"]).await;
    assert_eq!(demo.chaos(&["status"]).await, "No chaos.\n");
    let path = format!("/api/order/{}", ordered["order"]["id"]);
    demo.makes(&path, &token).await;
    demo.ends_cleanly().await;
}

#[tokio::test]
async fn chaos_ends_by_itself() {
    let folder = TempDir::new().unwrap();
    let demo = Demo::start(folder.path()).await;
    demo.chaos(&["start", "down", "--for", "2s"]).await;
    let token = demo.token("d@jwt.com", "diner").await;
    let (status, ordered) = demo.order(&token).await;
    assert!(status.is_success(), "{ordered}");
    let path = format!("/api/order/{}", ordered["order"]["id"]);
    demo.makes(&path, &token).await;
    assert_eq!(demo.chaos(&["status"]).await, "No chaos.\n");
    demo.ends_cleanly().await;
}

/// A `pizza demo` that runs.
pub struct Demo {
    pub process: Process,
    pub http: Client,
    pub service: String,
    pub factory: String,
}

impl Demo {
    pub async fn start(folder: &Path) -> Self {
        let [port, factory_port] = [free_port().unwrap(), free_port().unwrap()];
        let mut demo = pizza(&["demo", "--log-format", "json"]);
        demo.args(["--port", &port.to_string(), "--factory-port", &factory_port.to_string()]);
        demo.arg("--data").arg(folder.join("data"));
        let mut process = Process::spawn("demo", demo, folder.join("demo.log")).unwrap();
        let [service, factory] = [port, factory_port].map(|port| format!("http://127.0.0.1:{port}"));
        process.answers(&format!("{service}/readyz")).await.unwrap();
        process.answers(&format!("{factory}/livez")).await.unwrap();
        Self { process, http: Client::builder().no_proxy().build().unwrap(), service, factory }
    }

    pub async fn get(&self, path: &str, token: &str) -> Value {
        let request = self.http.get(format!("{}{path}", self.service)).bearer_auth(token);
        request.send().await.unwrap().json().await.unwrap()
    }

    pub async fn login(&self, email: &str, password: &str) -> Value {
        let who = json!({ "email": email, "password": password });
        let answer = self.http.put(format!("{}/api/auth", self.service)).json(&who).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{email} cannot log in");
        answer.json().await.unwrap()
    }

    pub async fn token(&self, email: &str, password: &str) -> String {
        self.login(email, password).await["token"].as_str().unwrap().to_owned()
    }

    pub async fn order(&self, token: &str) -> (StatusCode, Value) {
        let order = json!({ "franchiseId": 1, "storeId": 1, "items": [{ "menuId": 1 }] });
        let request = self.http.post(format!("{}/api/order", self.service)).bearer_auth(token).json(&order);
        let answer = request.send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }

    /// Waits for the pizza of an order.
    pub async fn makes(&self, order: &str, token: &str) {
        let fulfilled = async || (self.get(order, token).await["status"] == "fulfilled").then_some(());
        eventually("the order is fulfilled", fulfilled).await;
    }

    pub async fn chaos(&self, arguments: &[&str]) -> String {
        let mut chaos = pizza(&["chaos"]);
        chaos.args(arguments).args(["--factory", &self.factory]);
        let output = tokio::task::spawn_blocking(move || chaos.output()).await.unwrap().unwrap();
        assert!(output.status.success(), "{output:?}");
        text(&output.stdout)
    }

    pub async fn ends_cleanly(self) {
        let status = self.process.terminate().await.unwrap();
        assert!(status.success(), "{status}");
    }

    /// What the demo promises to be there.
    pub async fn assert_seeds(&self) {
        let menu = self.get("/api/order/menu", "").await;
        let menu = menu.as_array().unwrap().iter();
        let menu: Vec<_> =
            menu.map(|item| (item["title"].as_str().unwrap(), item["price"].as_f64().unwrap())).collect();
        assert_eq!(menu, MENU);
        for (email, password, role) in ACCOUNTS {
            let user = self.login(email, password).await["user"].clone();
            let roles: Vec<_> =
                user["roles"].as_array().unwrap().iter().map(|role| role["role"].clone()).collect();
            assert!(roles.contains(&json!(role)), "{user}");
        }
        let franchises = self.get("/api/franchise", &self.token("a@jwt.com", "admin").await).await;
        let franchise = &franchises["franchises"][0];
        assert_eq!(franchise["name"], "pizzaPocket");
        assert_eq!(franchise["admins"][0]["email"], "f@jwt.com");
        assert_eq!(franchise["stores"][0]["name"], "SLC");
        assert_eq!(franchises["franchises"].as_array().unwrap().len(), 1);
        assert_eq!(franchise["stores"].as_array().unwrap().len(), 1);
    }
}
