//! The historic service in what matters here: it writes the order down, calls the factory while the diner waits, believes
//! every 200, and answers 500 when the factory fails. What was written down stays.

use axum::{
    Json, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use reqwest::Client;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::net::TcpListener;

use crate::{
    drill::{Ran, Run},
    stage::{KEY, Stage},
};

const PER_PAGE: usize = 10;

type Shared = State<Arc<Historic>>;
type Answer = (StatusCode, Json<Value>);

/// The service.
pub struct Historic {
    factory: String,
    key: String,
    http: Client,
    rows: Mutex<Rows>,
}

#[derive(Default)]
struct Rows {
    /// E-mail and password; the place is the number, and the token too.
    users: Vec<(String, String)>,
    /// Whose, and what.
    orders: Vec<(usize, Value)>,
}

impl Historic {
    pub async fn start(factory: &str, key: &str) -> SocketAddr {
        let http = Client::builder().no_proxy().build().unwrap();
        let historic =
            Self { factory: factory.to_owned(), key: key.to_owned(), http, rows: Mutex::default() };
        let routes = Router::new()
            .route("/api/auth", post(register).put(login))
            .route("/api/order/menu", get(menu))
            .route("/api/order", get(history).post(order))
            .route("/api/franchise", get(franchises))
            .route("/api/franchise/{user}", get(async || Json(json!([]))))
            .fallback(async || (StatusCode::NOT_FOUND, Json(json!({ "message": "unknown endpoint" }))))
            .with_state(Arc::new(historic));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        address
    }
}

async fn register(State(historic): Shared, Json(person): Json<Value>) -> Answer {
    let text = |key: &str| person[key].as_str().unwrap().to_owned();
    let mut rows = historic.rows.lock().unwrap();
    rows.users.push((text("email"), text("password")));
    let id = rows.users.len();
    (StatusCode::OK, Json(json!({ "user": { "id": id, "email": person["email"] }, "token": id.to_string() })))
}

async fn login(State(historic): Shared, Json(person): Json<Value>) -> Answer {
    let rows = historic.rows.lock().unwrap();
    let known = |user: &(String, String)| person["email"] == *user.0 && person["password"] == *user.1;
    match rows.users.iter().position(known) {
        Some(place) => {
            (StatusCode::OK, Json(json!({ "user": { "id": place + 1 }, "token": (place + 1).to_string() })))
        }
        None => (StatusCode::NOT_FOUND, Json(json!({ "message": "unknown user" }))),
    }
}

async fn menu() -> Json<Value> {
    Json(
        json!([{ "id": 1, "title": "Veggie", "image": "pizza1.png", "price": 0.0038, "description": "A garden" }]),
    )
}

async fn franchises() -> Json<Value> {
    Json(
        json!({ "franchises": [{ "id": 1, "name": "pizzaPocket", "stores": [{ "id": 1, "name": "SLC" }] }], "more": false }),
    )
}

async fn history(
    State(historic): Shared,
    Query(query): Query<HashMap<String, String>>,
    headers: HeaderMap,
) -> Json<Value> {
    let page: usize = query.get("page").map_or(1, |page| page.parse().unwrap());
    let user = user(&headers);
    let rows = historic.rows.lock().unwrap();
    let own = rows.orders.iter().filter(|(diner, _)| *diner == user).map(|(_, order)| order.clone());
    let orders: Vec<Value> = own.skip((page - 1) * PER_PAGE).take(PER_PAGE).collect();
    Json(json!({ "dinerId": user, "orders": orders, "page": page }))
}

async fn order(State(historic): Shared, headers: HeaderMap, Json(mut order): Json<Value>) -> Answer {
    let user = user(&headers);
    {
        let mut rows = historic.rows.lock().unwrap();
        order["id"] = (rows.orders.len() + 1).into();
        rows.orders.push((user, order.clone()));
    }
    let body = json!({ "diner": { "id": user, "name": "d", "email": "d@jwt.com" }, "order": order });
    let call =
        historic.http.post(format!("{}/api/order", historic.factory)).bearer_auth(&historic.key).json(&body);
    let pizza = async {
        let answer = call.send().await.ok()?;
        answer.status().is_success().then_some(())?;
        answer.json::<Value>().await.ok()
    };
    match pizza.await {
        Some(pizza) => (StatusCode::OK, Json(json!({ "order": order, "jwt": pizza["jwt"] }))),
        None => {
            let message = json!({ "message": "Failed to fulfill order at factory" });
            (StatusCode::INTERNAL_SERVER_ERROR, Json(message))
        }
    }
}

fn user(headers: &HeaderMap) -> usize {
    let authorization = headers["authorization"].to_str().unwrap();
    authorization.strip_prefix("Bearer ").unwrap().parse().unwrap()
}

/// Short forms of an outage: nothing of this service can be made faster.
fn scenario(folder: &std::path::Path, kind: &str) -> String {
    let file = folder.join(format!("short-{kind}.toml"));
    let text = format!(
        "title = \"A short outage\"\nalert = \"factory-success-rate\"\n[traffic]\nrate = 30.0\ndiners = 5\n\
         [[phase]]\nname = \"healthy\"\nlength = \"3s\"\n\
         [[phase]]\nname = \"outage\"\nlength = \"4s\"\nchaos = {{ kind = \"{kind}\" }}\n\
         [[phase]]\nname = \"recovery\"\nlength = \"3s\"\n"
    );
    std::fs::write(&file, text).unwrap();
    file.to_str().unwrap().to_owned()
}

async fn run(stage: &Stage, kind: &str) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let (service, log) = (format!("http://{}", stage.service), stage.log());
    let flags = [
        ["--target", &service],
        ["--factory-url", &stage.factory],
        ["--factory-admin-key", KEY],
        ["--factory-log", log.to_str().unwrap()],
    ];
    Run::of(&scenario(folder.path(), kind), 1).with(flags.as_flattened()).play().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_waits_for_a_failing_factory_loses_orders_and_gets_an_f() {
    let stage = Stage::set().await;
    let Ran { result, shown, .. } = run(&stage, "fail").await;
    let (score, outage) = (&result.score, &result.phases[1]);
    assert_eq!(result.grade.letter, 'F', "{:?}", result.grade);
    // Every order of the outage was written down as bought, and failed.
    assert!(outage.orders.placed > 10 && outage.orders.acknowledged <= 2, "{outage:?}");
    assert_eq!(score.lost, score.placed - score.acknowledged, "{score:?}");
    assert_eq!((score.doubled, score.counterfeits), (0, Some(0)), "{score:?}");
    assert_eq!(score.fulfilled, score.acknowledged, "{score:?}");
    // It calls the dead factory for every order, and all the rest of it works.
    assert!(score.calls_per_order_in_total_outage.unwrap() > 0.9, "{score:?}");
    assert_eq!(
        (outage.menu, result.phases[0].orders.acknowledged),
        (Some(1.0), result.phases[0].orders.placed)
    );
    // What nobody can know is said, and is not a zero.
    assert_eq!((score.to_pending.seconds(), score.to_notification.seconds()), (None, None));
    assert!(shown.contains("not measurable here"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_believes_every_200_is_found_to_sell_counterfeits() {
    let stage = Stage::set().await;
    let Ran { result, .. } = run(&stage, "badjwt").await;
    let score = &result.score;
    assert_eq!((score.acknowledged, result.grade.letter), (score.placed, 'F'), "{score:?}");
    assert!(score.counterfeits.unwrap() > 10 && score.lost == score.counterfeits.unwrap(), "{score:?}");
}
