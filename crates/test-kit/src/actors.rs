//! The people of the stories that tests tell, each a thin layer over one HTTP client.
//!
//! They take a base URL, so they work on a service in this process and on any other.

use crate::{Events, Reply, eventually};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use std::{net::IpAddr, ops::Deref, time::Duration};
use url::Url;

/// No answer takes this long; a test that waits for it fails instead of hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// Somebody with a browser, or a script.
#[derive(Clone)]
pub struct Visitor {
    http: Client,
    base: Url,
    token: Option<String>,
}

impl Visitor {
    /// Somebody who is not signed in.
    pub fn at(base: &Url) -> Self {
        Self::new(base, None)
    }

    /// Somebody whose requests come from this local address.
    pub fn from_address(base: &Url, address: impl Into<IpAddr>) -> Self {
        Self::new(base, Some(address.into()))
    }

    fn new(base: &Url, address: Option<IpAddr>) -> Self {
        let http = Client::builder().no_proxy().timeout(PATIENCE).local_address(address).build();
        Self { http: http.expect("an HTTP client"), base: base.clone(), token: None }
    }

    /// The same person with this session.
    pub fn with_token(&self, token: impl Into<String>) -> Self {
        Self { token: Some(token.into()), ..self.clone() }
    }

    /// The session, if there is one.
    ///
    /// # Panics
    /// When there is none.
    pub fn token(&self) -> &str {
        self.token.as_deref().expect("signed in")
    }

    /// A request to build on; it carries the session, if there is one.
    ///
    /// # Panics
    /// When `path` is none.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.base.join(path).expect("a path"));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request and reads the answer.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn send(&self, request: RequestBuilder) -> Reply {
        Reply::read(request.send().await.expect("an answer")).await
    }

    /// GET.
    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    /// GET with a query, encoded as a browser would.
    pub async fn get_with(&self, path: &str, query: &[(&str, &str)]) -> Reply {
        let mut url = self.base.clone();
        url.query_pairs_mut().extend_pairs(query);
        self.get(&format!("{path}?{}", url.query().unwrap_or_default())).await
    }

    /// POST of JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// PUT of JSON.
    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, path: &str) -> Reply {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Opens an account.
    pub async fn register(&self, name: &str, email: &str, password: &str) -> Reply {
        self.post("/api/auth", &json!({ "name": name, "email": email, "password": password })).await
    }

    /// Tries to sign in.
    pub async fn try_login(&self, email: &str, password: &str) -> Reply {
        self.put("/api/auth", &json!({ "email": email, "password": password })).await
    }

    /// Signs in.
    ///
    /// # Panics
    /// When that fails.
    pub async fn login(&self, email: &str, password: &str) -> Self {
        let session = self.try_login(email, password).await.expect(200);
        self.with_token(session["token"].as_str().expect("a token"))
    }

    /// `open`, `degraded` or `closed`.
    pub async fn kitchen(&self) -> String {
        let status = self.get("/api/status").await.expect(200);
        status["kitchen"].as_str().expect("a word").to_owned()
    }

    /// Waits until the kitchen is this.
    pub async fn wait_for_kitchen(&self, state: &str) {
        let look = async || (self.kitchen().await == state).then_some(());
        eventually(&format!("the kitchen is {state}"), look).await;
    }

    /// The value of a metric, by its name and labels as they are written.
    pub async fn metric(&self, series: &str) -> Option<f64> {
        let metrics = self.get("/metrics").await.expect(200);
        let value = metrics.text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
        value.and_then(|value| value.parse().ok())
    }
}

/// Somebody who orders pizzas.
#[derive(Clone)]
pub struct Diner(Visitor);

impl Deref for Diner {
    type Target = Visitor;

    fn deref(&self) -> &Visitor {
        &self.0
    }
}

impl Diner {
    /// Signs in.
    ///
    /// # Panics
    /// When that fails.
    pub async fn login(base: &Url, email: &str, password: &str) -> Self {
        Self(Visitor::at(base).login(email, password).await)
    }

    /// Opens an account for a new diner.
    ///
    /// # Panics
    /// When that fails.
    pub async fn register(base: &Url, name: &str, email: &str) -> Self {
        let visitor = Visitor::at(base);
        let session = visitor.register(name, email, "a good long passphrase").await.expect(200);
        Self(visitor.with_token(session["token"].as_str().expect("a token")))
    }

    /// The same diner and session, at another address: the service came back elsewhere.
    pub fn moved_to(&self, base: &Url) -> Self {
        Self(Visitor::at(base).with_token(self.token()))
    }

    /// What an order of these pizzas at the first store of the first franchise looks like.
    pub fn wants(menu_ids: &[i64]) -> Value {
        let items: Vec<_> = menu_ids.iter().map(|id| json!({ "menuId": id })).collect();
        json!({ "franchiseId": 1, "storeId": 1, "items": items })
    }

    /// Orders these pizzas at the first store of the first franchise, and waits as long as the service says.
    pub async fn order(&self, menu_ids: &[i64]) -> Reply {
        self.order_with(&[], &Self::wants(menu_ids)).await
    }

    /// Orders these pizzas and does not wait for them; gives the order's id.
    ///
    /// # Panics
    /// When the order is not saved.
    pub async fn order_without_waiting(&self, menu_ids: &[i64]) -> i64 {
        let reply = self.order_with(&[("prefer", "respond-async")], &Self::wants(menu_ids)).await;
        reply.expect(202).order_id()
    }

    /// Orders with these headers and this body.
    pub async fn order_with(&self, headers: &[(&str, &str)], body: &Value) -> Reply {
        let request = self.request(Method::POST, "/api/order").json(body);
        let with_headers =
            |request: RequestBuilder, (name, value): &(&str, &str)| request.header(*name, *value);
        self.send(headers.iter().fold(request, with_headers)).await
    }

    /// One order.
    pub async fn look_at(&self, order: i64) -> Reply {
        self.get(&format!("/api/order/{order}")).await
    }

    /// Waits until an order has this status, and gives the order.
    pub async fn wait_for(&self, order: i64, status: &str) -> Reply {
        let look =
            async || Some(self.look_at(order).await.expect(200)).filter(|order| order["status"] == status);
        eventually(&format!("order {order} is {status}"), look).await
    }

    /// The first page of one's orders.
    pub async fn history(&self) -> Reply {
        self.get("/api/order").await
    }

    /// The ids of the orders on the first page.
    ///
    /// # Panics
    /// When there is no such page.
    pub async fn order_ids(&self) -> Vec<i64> {
        let history = self.history().await.expect(200);
        let orders = history["orders"].as_array().expect("orders");
        orders.iter().map(|order| order["id"].as_i64().expect("an id")).collect()
    }

    /// Withdraws an order.
    pub async fn cancel(&self, order: i64) -> Reply {
        self.delete(&format!("/api/order/{order}")).await
    }

    /// Opens the stream of an order's events, after the one seen last if there is one.
    ///
    /// # Panics
    /// When there is no such stream.
    pub async fn events(&self, order: i64, last_seen: Option<&str>) -> Events {
        let mut request = self.request(Method::GET, &format!("/api/order/{order}/events"));
        if let Some(id) = last_seen {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Events::new(response)
    }
}

/// Somebody who runs a franchise.
#[derive(Clone)]
pub struct Franchisee(Diner);

impl Deref for Franchisee {
    type Target = Diner;

    fn deref(&self) -> &Diner {
        &self.0
    }
}

impl Franchisee {
    /// Signs in.
    ///
    /// # Panics
    /// When that fails.
    pub async fn login(base: &Url, email: &str, password: &str) -> Self {
        Self(Diner::login(base, email, password).await)
    }

    /// Opens a store.
    pub async fn open_store(&self, franchise: i64, name: &str) -> Reply {
        self.post(&format!("/api/franchise/{franchise}/store"), &json!({ "name": name })).await
    }

    /// Closes a store.
    pub async fn close_store(&self, franchise: i64, store: i64) -> Reply {
        self.delete(&format!("/api/franchise/{franchise}/store/{store}")).await
    }
}

/// Somebody who may do everything.
#[derive(Clone)]
pub struct Admin(Franchisee);

impl Deref for Admin {
    type Target = Franchisee;

    fn deref(&self) -> &Franchisee {
        &self.0
    }
}

impl Admin {
    /// Signs in.
    ///
    /// # Panics
    /// When that fails.
    pub async fn login(base: &Url, email: &str, password: &str) -> Self {
        Self(Franchisee::login(base, email, password).await)
    }

    /// Founds a franchise that these people run.
    pub async fn found_franchise(&self, name: &str, admins: &[&str]) -> Reply {
        let admins: Vec<_> = admins.iter().map(|email| json!({ "email": email })).collect();
        self.post("/api/franchise", &json!({ "name": name, "admins": admins })).await
    }

    /// Deletes a franchise.
    pub async fn delete_franchise(&self, franchise: i64) -> Reply {
        self.delete(&format!("/api/franchise/{franchise}")).await
    }

    /// Opens a store of a new franchise; gives the ids of both.
    ///
    /// # Panics
    /// When that fails.
    pub async fn new_store(&self, franchise: &str) -> (i64, i64) {
        let founded = self.found_franchise(franchise, &[]).await.expect(200);
        let franchise = founded["id"].as_i64().expect("an id");
        let opened = self.open_store(franchise, "first").await.expect(200);
        (franchise, opened["id"].as_i64().expect("an id"))
    }

    /// What a store's delivered pizzas brought in.
    ///
    /// # Panics
    /// When there is no such store.
    pub async fn revenue_of(&self, store: i64) -> f64 {
        let list = self.get("/api/franchise?limit=100").await.expect(200);
        let franchises = list["franchises"].as_array().expect("franchises");
        let mut stores =
            franchises.iter().flat_map(|franchise| franchise["stores"].as_array().expect("stores"));
        let store = stores.find(|candidate| candidate["id"] == store).expect("the store");
        store["totalRevenue"].as_f64().expect("a number")
    }
}
