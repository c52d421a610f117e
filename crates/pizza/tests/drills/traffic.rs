//! The diners themselves: they come when they come, and there is an end to them.

use crate::{drill::pizza, stage::Stage};
use ::drill::{Habit, Load, Restaurant, Tally};
use axum::{
    Json, Router,
    extract::Request,
    middleware::{self, Next},
    response::Response,
    routing::get,
};
use serde_json::json;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use test_kit::{Process, command};
use tokio::{
    net::TcpListener,
    sync::RwLock,
    time::{Instant, sleep},
};
use tokio_util::sync::CancellationToken;

const STALL: Duration = Duration::from_secs(2);
const RATE: f64 = 50.0;

/// A service that answers at once, but for a time in which it answers nobody.
async fn stalling() -> (SocketAddr, Arc<RwLock<()>>) {
    let gate = Arc::<RwLock<()>>::default();
    let waits = Arc::clone(&gate);
    let wait = move |request: Request, next: Next| {
        let gate = Arc::clone(&waits);
        async move {
            drop(gate.read().await);
            let answer: Response = next.run(request).await;
            answer
        }
    };
    let menu = json!([{ "id": 1, "title": "Veggie", "price": 0.0038 }]);
    let franchises = json!({ "franchises": [{ "id": 1, "stores": [{ "id": 1 }] }] });
    let person = json!({ "user": { "id": 1 }, "token": "t" });
    let routes = Router::new()
        .route("/api/order/menu", get(async move || Json(menu)))
        .route("/api/franchise", get(async move || Json(franchises)))
        .route("/api/auth", axum::routing::post(async move || Json(person)))
        .layer(middleware::from_fn(wait));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (address, gate)
}

/// One who waits for each answer before asking again would see one slow answer, and two seconds in which nobody came.
#[tokio::test(flavor = "multi_thread")]
async fn a_stall_is_felt_by_everybody_who_came_meanwhile() {
    let (address, gate) = stalling().await;
    let target = format!("http://{address}").parse().unwrap();
    let restaurant = Arc::new(Restaurant::open(&[target], 2, Duration::from_secs(60)).await.unwrap());
    let mut load = Load::new(RATE, Duration::from_secs(4)).unwrap();
    (load.only, load.seed) = (Some(Habit::Menu), 11);
    let mut traffic = load.begin(restaurant, Instant::now(), &CancellationToken::new());
    tokio::spawn(async move {
        sleep(Duration::from_secs(1)).await;
        let closed = gate.write().await;
        sleep(STALL).await;
        drop(closed);
    });
    let (mut tally, mut long) = (Tally::default(), 0);
    while let Some(visit) = traffic.next().await {
        tally.add(&visit);
        long += u32::from(visit.latency() > STALL / 2);
    }
    let all = tally.all();
    assert!((150..=250).contains(&all.visits), "{all:?}");
    assert_eq!(all.as_expected, all.visits, "everybody was answered in the end: {all:?}");
    assert!(long >= 30, "only {long} of the 50 who came in the first half of the stall waited long");
    assert!(all.p90 >= 900.0 && all.max >= 1800.0, "{all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_reports_what_every_habit_took() {
    let stage = Stage::set().await;
    let target = format!("http://{}", stage.service);
    let arguments =
        ["traffic", "--target", &target, "--rate", "60", "--duration", "3s", "--diners", "4", "--report"];
    let output = pizza(arguments.map(str::to_owned).into()).await;
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{shown}");
    for said in ["visits in", "a second", "p99 ms", "menu", "order", "login", "all"] {
        assert!(shown.contains(said), "\"{said}\" is not in\n{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_is_stopped_says_what_it_saw() {
    let stage = Stage::set().await;
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("traffic.log");
    let mut traffic = command(env!("CARGO_BIN_EXE_pizza"));
    traffic.args([
        "traffic",
        "--target",
        &format!("http://{}", stage.service),
        "--rate",
        "20",
        "--duration",
        "1h",
    ]);
    let process = Process::spawn("traffic", traffic, log.clone()).unwrap();
    sleep(Duration::from_secs(3)).await;
    let status = process.terminate().await.unwrap();
    let shown = std::fs::read_to_string(&log).unwrap();
    assert!(status.success() && shown.contains("visits in"), "{status}: {shown}");
}

#[tokio::test]
async fn a_load_has_bounds_and_stays_at_home() {
    for (flags, said) in [
        (["--rate", "20001"], "rate must be"),
        (["--rate", "0"], "rate must be"),
        (["--duration", "25h"], "at most 24 h"),
        (["--diners", "10001"], "10001"),
        (["--target", "http://192.0.2.1:3000"], "--i-own-this-host"),
    ] {
        let arguments = ["traffic"].into_iter().chain(flags).map(str::to_owned).collect();
        let output = pizza(arguments).await;
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && errors.contains(said), "{flags:?}: {errors}");
    }
}
