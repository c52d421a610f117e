//! A pizza factory whose misbehaviour is data.
//!
//! It is the edge we do not own, so it is the one thing that tests replace. By default it is a good factory:
//! real RS256 pizzas, the vendor's key checked, idempotency keys honoured. What it shall do otherwise is an
//! [`Answer`], for the next calls, for orders with a certain pizza, or for ever.

use crate::{
    eventually,
    oven::{Flaw, Oven},
};
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use url::Url;

/// The vendor's key, as our service must send it.
pub const API_KEY: &str = "the-vendor-key-of-the-tests";
/// The vendor that pizzas are made for.
pub const VENDOR: &str = "test-kit";

/// What the factory does with one order.
#[derive(Clone, Debug)]
pub enum Answer {
    /// A pizza.
    Pizza,
    /// A pizza, this late. It is made even if nobody waits for it any more.
    Slow(Duration),
    /// A pizza, with a link that ends the chaos, as the historic `throttle` has it.
    WithReportLink(String),
    /// 500 with that link, as the historic `fail` has it.
    ChaosMonkey(String),
    /// This status, with a message.
    Status(u16),
    /// 200 with a token that the factory's key did not sign.
    BadSignature,
    /// 200 with a pizza of another order.
    WrongOrder,
    /// 200 with a pizza of another vendor.
    WrongVendor,
    /// 200 with a token that says it needs no signature.
    AlgNone,
    /// This 4xx and this reason: never, not this order.
    Refuse(u16, &'static str),
    /// 409: an earlier attempt is still under way.
    Conflict,
    /// 429, asking to be left alone for so many seconds.
    RateLimited(u64),
    /// Nothing, until the caller gives up.
    Hang,
    /// Half an answer, and the connection is gone.
    CloseConnection,
}

/// One `POST /api/order` as it arrived.
#[derive(Clone, Debug)]
pub struct Call {
    /// When.
    pub at: Instant,
    /// Whose order it is about, by our service's number.
    pub order: i64,
    /// Its `Idempotency-Key`.
    pub idempotency_key: Option<String>,
    /// Its `traceparent`.
    pub traceparent: Option<String>,
    /// Its body.
    pub body: Value,
}

/// A running fake factory; it stops when it is dropped.
pub struct FakeFactory {
    address: SocketAddr,
    book: Arc<Mutex<Book>>,
    listening: Option<Listening>,
}

struct Listening {
    stop: CancellationToken,
    server: JoinHandle<io::Result<()>>,
}

/// What it was told to do, and what was asked of it.
struct Book {
    next: VecDeque<Answer>,
    by_menu_item: HashMap<i64, Answer>,
    otherwise: Answer,
    keys_can_be_had: bool,
    calls: Vec<Call>,
    pizzas: HashMap<String, Making>,
    /// Which report links were followed.
    reports: Vec<String>,
}

/// What an idempotency key stands for.
struct Making {
    body: Value,
    /// None while it is in the oven.
    pizza: Option<String>,
}

impl FakeFactory {
    /// Starts on a free loopback port, on the runtime of the caller.
    pub async fn start() -> Self {
        let book = Book {
            next: VecDeque::new(),
            by_menu_item: HashMap::new(),
            otherwise: Answer::Pizza,
            keys_can_be_had: true,
            calls: Vec::new(),
            pizzas: HashMap::new(),
            reports: Vec::new(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free loopback port");
        let address = listener.local_addr().expect("a bound address");
        let book = Arc::new(Mutex::new(book));
        let listening = Some(listen(listener, Arc::clone(&book)));
        Self { address, book, listening }
    }

    /// Where it is.
    pub fn url(&self) -> Url {
        format!("http://{}", self.address).parse().expect("a URL")
    }

    /// The same factory, for another instance of the service; it stops with the first.
    pub(crate) fn shared(&self) -> Self {
        Self { address: self.address, book: Arc::clone(&self.book), listening: None }
    }

    /// A link that ends the chaos, with this key in it: who follows it gets a factory that is well.
    ///
    /// # Panics
    /// When the key is none that a path can have.
    pub fn report_link(&self, key: &str) -> String {
        let path = format!("api/support/{key}/report/the-fix-code");
        self.url().join(&path).expect("a path").to_string()
    }

    /// The keys in the report links that were followed.
    pub fn reports(&self) -> Vec<String> {
        self.book().reports.clone()
    }

    /// Answers the next calls like this, one each; after them as before.
    pub fn next(&self, answers: impl IntoIterator<Item = Answer>) {
        self.book().next.extend(answers);
    }

    /// From now on answers like this whatever no other rule is about.
    pub fn always(&self, answer: Answer) {
        let mut book = self.book();
        book.next.clear();
        book.otherwise = answer;
    }

    /// Answers orders with this pizza like this, whatever else holds.
    pub fn for_menu_item(&self, menu_id: i64, answer: Answer) {
        self.book().by_menu_item.insert(menu_id, answer);
    }

    /// Whether its public keys can be had.
    pub fn keys_can_be_had(&self, can_be_had: bool) {
        self.book().keys_can_be_had = can_be_had;
    }

    /// Stops listening: connections are refused.
    pub async fn go_down(&mut self) {
        if let Some(Listening { stop, server }) = self.listening.take() {
            stop.cancel();
            // Its listener is gone at once; calls that are still being answered may take a while.
            let _ = tokio::time::timeout(Duration::from_secs(2), server).await;
        }
    }

    /// Listens again, where it was.
    pub async fn come_back(&mut self) {
        let address = self.address;
        let listener =
            eventually("the factory's port is free again", async || TcpListener::bind(address).await.ok());
        self.listening = Some(listen(listener.await, Arc::clone(&self.book)));
    }

    /// Every call so far, in order.
    pub fn calls(&self) -> Vec<Call> {
        self.book().calls.clone()
    }

    /// The calls for one order, in order.
    pub fn calls_for(&self, order: i64) -> Vec<Call> {
        self.book().calls.iter().filter(|call| call.order == order).cloned().collect()
    }

    /// Waits until there were at least so many calls.
    pub async fn wait_for_calls(&self, count: usize) -> Vec<Call> {
        eventually("the factory is called", async || Some(self.calls()).filter(|calls| calls.len() >= count))
            .await
    }

    /// Pizzas that were really made: under one idempotency key there is never more than one.
    pub fn pizzas_made(&self) -> usize {
        self.book().pizzas.values().filter(|making| making.pizza.is_some()).count()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        lock(&self.book)
    }
}

impl Drop for FakeFactory {
    fn drop(&mut self) {
        if let Some(listening) = &self.listening {
            listening.stop.cancel();
        }
    }
}

fn lock(book: &Mutex<Book>) -> MutexGuard<'_, Book> {
    book.lock().unwrap_or_else(PoisonError::into_inner)
}

#[derive(Clone)]
struct Counter {
    book: Arc<Mutex<Book>>,
    stop: CancellationToken,
}

fn listen(listener: TcpListener, book: Arc<Mutex<Book>>) -> Listening {
    let stop = CancellationToken::new();
    let routes = Router::new()
        .route("/api/order", post(order))
        .route("/.well-known/jwks.json", get(keys))
        .route("/api/support/{key}/report/{code}", get(report).post(report))
        .with_state(Counter { book, stop: stop.clone() });
    let serve = axum::serve(listener, routes).with_graceful_shutdown(stop.clone().cancelled_owned());
    Listening { stop, server: tokio::spawn(serve.into_future()) }
}

async fn keys(State(counter): State<Counter>) -> Response {
    if lock(&counter.book).keys_can_be_had {
        Json(Oven::hot().keys()).into_response()
    } else {
        message(503, "the keys cannot be had")
    }
}

async fn report(State(counter): State<Counter>, Path((key, _)): Path<(String, String)>) -> Response {
    let mut book = lock(&counter.book);
    book.reports.push(key);
    book.next.clear();
    book.otherwise = Answer::Pizza;
    message(200, "Problem resolved. Pizza is back on the menu!")
}

async fn order(State(counter): State<Counter>, headers: HeaderMap, body: Bytes) -> Response {
    let Ok(body) = serde_json::from_slice::<Value>(&body) else { return message(400, "not JSON") };
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let call = Call {
        at: Instant::now(),
        order: body["order"]["id"].as_i64().unwrap_or_default(),
        idempotency_key: header("idempotency-key"),
        traceparent: header("traceparent"),
        body,
    };
    let answer = lock(&counter.book).take(&call);
    if header("authorization") != Some(format!("Bearer {API_KEY}")) {
        return message(401, "invalid authentication");
    }
    carry_out(answer, call, &counter).await
}

async fn carry_out(answer: Answer, call: Call, counter: &Counter) -> Response {
    let oven = Oven::hot();
    match answer {
        Answer::Pizza => make(call, counter, Duration::ZERO, None).await,
        Answer::Slow(delay) => make(call, counter, delay, None).await,
        Answer::WithReportLink(link) => make(call, counter, Duration::ZERO, Some(link)).await,
        Answer::ChaosMonkey(link) => {
            (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "message": "chaos monkey", "reportUrl": link })))
                .into_response()
        }
        Answer::Status(status) => message(status, "no pizza today"),
        Answer::Refuse(status, reason) => message(status, reason),
        Answer::Conflict => message(409, "this order is being made"),
        Answer::RateLimited(seconds) => {
            ([(header::RETRY_AFTER, seconds.to_string())], message(429, "too many orders")).into_response()
        }
        Answer::BadSignature => pizza(oven.bake(&call.body, Flaw::Signature), None),
        Answer::WrongOrder => pizza(oven.bake(&call.body, Flaw::Order), None),
        Answer::WrongVendor => pizza(oven.bake(&call.body, Flaw::Vendor), None),
        Answer::AlgNone => pizza(oven.bake(&call.body, Flaw::Algorithm), None),
        Answer::Hang => {
            counter.stop.cancelled().await;
            message(503, "closing")
        }
        Answer::CloseConnection => {
            let broken = futures::stream::iter([
                Ok(Bytes::from_static(b"{\"jwt\":\"")),
                Err(io::Error::from(io::ErrorKind::ConnectionReset)),
            ]);
            Body::from_stream(broken).into_response()
        }
    }
}

/// Makes a pizza as a good factory does: under one key one pizza, and only for the same words.
async fn make(call: Call, counter: &Counter, delay: Duration, link: Option<String>) -> Response {
    let key = call.idempotency_key.clone().unwrap_or_else(|| format!("none-{:?}", call.at));
    {
        let mut book = lock(&counter.book);
        match book.pizzas.get(&key) {
            Some(making) if making.body != call.body => return message(422, "this key is another order's"),
            Some(Making { pizza: None, .. }) => return message(409, "this order is being made"),
            Some(Making { pizza: Some(made), .. }) => return pizza(made.clone(), link),
            None => book.pizzas.insert(key.clone(), Making { body: call.body.clone(), pizza: None }),
        };
    }
    let book = Arc::clone(&counter.book);
    // On a task of its own: a caller who gives up does not get the pizza out of the oven.
    let baking = tokio::spawn(async move {
        tokio::time::sleep(delay).await;
        let made = Oven::hot().bake(&call.body, Flaw::None);
        if let Some(making) = lock(&book).pizzas.get_mut(&key) {
            making.pizza = Some(made.clone());
        }
        made
    });
    match baking.await {
        Ok(made) => pizza(made, link),
        Err(_) => message(500, "the oven broke"),
    }
}

impl Book {
    /// Writes the call down and decides what becomes of it.
    fn take(&mut self, call: &Call) -> Answer {
        self.calls.push(call.clone());
        let items = call.body["order"]["items"].as_array().into_iter().flatten();
        let rule = items.filter_map(|item| self.by_menu_item.get(&item["menuId"].as_i64()?)).next().cloned();
        rule.or_else(|| self.next.pop_front()).unwrap_or_else(|| self.otherwise.clone())
    }
}

fn pizza(jwt: String, link: Option<String>) -> Response {
    let mut body = json!({ "jwt": jwt });
    if let Some(link) = link {
        body["reportUrl"] = Value::from(link);
    }
    Json(body).into_response()
}

fn message(status: u16, text: &str) -> Response {
    let status = StatusCode::from_u16(status).expect("a status that a test wrote down");
    (status, Json(json!({ "message": text }))).into_response()
}
