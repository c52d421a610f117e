//! Each kind of chaos, how it is asked for and how it ends.
#![allow(clippy::unwrap_used)]

mod running;

use std::time::Duration;

use reqwest::Method;
use running::{KEY, OTHER_KEY, Running, answer, message, order};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

fn initiated() -> (u16, Value) {
    (200, message("Chaos initiated"))
}

/// Path of a report link, which may only be used as it is.
fn path_of(link: &Value) -> String {
    let url = reqwest::Url::parse(link.as_str().unwrap()).unwrap();
    url.path().to_owned()
}

#[tokio::test]
async fn a_failing_factory_answers_500_with_a_report_link_until_the_link_is_followed() {
    let factory = Running::start().await;
    assert_eq!(factory.chaos("fail", json!({})).await, initiated());

    let (status, said) = answer(factory.order(1)).await;
    assert_eq!((status, &said["message"]), (500, &json!("chaos monkey")));
    let link = path_of(&said["reportUrl"]);
    assert!(!link.contains(KEY));

    let wrong = format!("{}x", link);
    assert_eq!(factory.get(&wrong).await, (400, message("Problem unresolved")));
    let strangers = link.replacen("/support/", "/support/x", 1);
    assert_eq!(factory.get(&strangers).await, (400, message("Problem unresolved")));
    assert_eq!(answer(factory.order(1)).await.0, 500);

    let resolved = message("Problem resolved. Pizza is back on the menu!");
    assert_eq!(factory.get(&link).await, (200, resolved));
    assert_eq!(answer(factory.order(1)).await.0, 200);
    let none = (200, message("No chaos currently executing"));
    assert_eq!(factory.get(&link).await, none);
}

#[tokio::test]
async fn the_historic_link_with_the_api_key_in_it_works_too() {
    let factory = Running::start().await;
    factory.chaos("fail", json!({})).await;
    let link = path_of(&answer(factory.order(1)).await.1["reportUrl"]);
    let code = link.rsplit('/').next().unwrap();
    let others = format!("/api/support/{OTHER_KEY}/report/{code}");
    let none = (200, message("No chaos currently executing"));
    assert_eq!(factory.get(&others).await, none);
    let historic = format!("/api/support/{KEY}/report/{code}");
    assert_eq!(factory.get(&historic).await.0, 200);
    assert_eq!(answer(factory.order(1)).await.0, 200);
}

#[tokio::test]
async fn chaos_is_for_one_vendor() {
    let factory = Running::start().await;
    factory.chaos("fail", json!({})).await;
    let others = factory.http.post(factory.url("/api/order")).bearer_auth(OTHER_KEY);
    assert_eq!(answer(others.json(&order(1))).await.0, 200);
}

#[tokio::test]
async fn a_counterfeit_looks_made_and_does_not_verify() {
    let factory = Running::start().await;
    factory.chaos("badjwt", json!({})).await;
    let (status, said) = answer(factory.order(1)).await;
    assert_eq!(status, 200);
    assert!(said["jwt"].as_str().unwrap().starts_with("dead"));
    assert!(said["reportUrl"].is_string());
    assert!(!factory.is_pizza(&said["jwt"]).await);
}

#[tokio::test]
async fn a_throttled_order_is_late_and_succeeds() {
    let factory = Running::start().await;
    factory.chaos("throttle", json!({"delaySeconds": 1})).await;
    let started = Instant::now();
    let (status, said) = answer(factory.order(1)).await;
    assert_eq!(status, 200);
    assert!(started.elapsed() >= Duration::from_secs(1));
    assert!(said["reportUrl"].is_string());
    assert!(factory.is_pizza(&said["jwt"]).await);
}

#[tokio::test]
async fn a_flapping_factory_fails_and_works_in_turns() {
    let factory = Running::start().await;
    factory.chaos("flap", json!({"periodSeconds": 1})).await;
    let (mut failed, mut made) = (0, 0);
    let mut changes = 0;
    let mut last = 0;
    while changes < 3 {
        let (status, _) = answer(factory.order(1)).await;
        *(if status == 200 { &mut made } else { &mut failed }) += 1;
        changes += usize::from(status != last);
        last = status;
        sleep(Duration::from_millis(50)).await;
    }
    assert!(failed > 0 && made > 0);
}

#[tokio::test]
async fn none_ends_the_chaos() {
    let factory = Running::start().await;
    factory.chaos("fail", json!({})).await;
    let ended = (200, message("Chaos ended"));
    assert_eq!(factory.chaos("none", json!({})).await, ended);
    assert_eq!(answer(factory.order(1)).await.0, 200);
    assert_eq!(factory.chaos("none", json!({})).await, ended);
}

#[tokio::test]
async fn a_window_ends_by_itself() {
    let factory = Running::start().await;
    factory.chaos("fail", json!({"durationSeconds": 1})).await;
    sleep(Duration::from_millis(1_050)).await;
    assert_eq!(answer(factory.order(1)).await.0, 200);
    assert!(factory.get("/api/vendor").await.1["chaos"].is_null());
}

#[tokio::test]
async fn a_window_outlives_a_restart_and_so_does_its_end() {
    let factory = Running::start().await;
    factory.chaos("fail", json!({})).await;
    let link = path_of(&answer(factory.order(1)).await.1["reportUrl"]);
    let factory = factory.restart().await;
    assert_eq!(answer(factory.order(1)).await.0, 500);
    assert_eq!(factory.get(&link).await.0, 200);
    let factory = factory.restart().await;
    assert_eq!(answer(factory.order(1)).await.0, 200);
}

#[tokio::test]
async fn a_vendor_sees_its_chaos_without_the_code_that_ends_it() {
    let factory = Running::start().await;
    let window = json!({
        "startDate": "2099-01-01T00:00:00Z", "durationSeconds": 60,
    });
    assert_eq!(factory.chaos("fail", window).await.0, 400);

    let asked = json!({"durationSeconds": 60, "probability": 0.5, "periodSeconds": 2});
    assert_eq!(factory.chaos("flap", asked).await, initiated());
    let (_, own) = factory.get("/api/vendor").await;
    let chaos = own["chaos"].as_object().unwrap();
    assert_eq!((&chaos["type"], &chaos["active"]), (&json!("flap"), &json!(true)));
    assert_eq!((&chaos["probability"], &chaos["periodSeconds"]), (&json!(0.5), &json!(2)));
    assert!(!own.to_string().to_lowercase().contains("code"), "{own}");
}

#[tokio::test]
async fn without_a_body_it_is_planned_for_tomorrow() {
    let factory = Running::start().await;
    let call = factory.call(Method::PUT, "/api/vendor/chaos/fail");
    assert_eq!(answer(call).await, initiated());
    let (_, own) = factory.get("/api/vendor").await;
    assert_eq!(own["chaos"]["active"], false);
    let start = own["chaos"]["startDate"].as_str().unwrap();
    let hour: u8 = start[11..13].parse().unwrap();
    assert!((8..14).contains(&hour), "{start}");
    assert_eq!(answer(factory.order(1)).await.0, 200);
}

#[tokio::test]
async fn what_makes_no_window_is_refused_with_the_reason() {
    let factory = Running::start().await;
    let unknown = (400, message("unknown chaos type"));
    assert_eq!(factory.chaos("meltdown", json!({})).await, unknown);
    for body in [
        json!({"durationSeconds": 0}),
        json!({"durationSeconds": 86_401}),
        json!({"durationSeconds": -1}),
        json!({"probability": 2}),
        json!({"startDate": "tomorrow"}),
        json!([1]),
        json!(null),
    ] {
        let (status, said) = factory.chaos("fail", body.clone()).await;
        assert_eq!(status, 400, "{body}");
        assert!(!said["message"].as_str().unwrap().is_empty());
    }
    let call = factory.call(Method::PUT, "/api/vendor/chaos/fail").body("{}");
    assert_eq!(answer(call).await.0, 415);
    assert_eq!(answer(factory.order(1)).await.0, 200);
}

#[tokio::test]
async fn chaos_is_never_kept_under_a_key_but_a_late_success_is() {
    let factory = Running::start().await;
    for kind in ["fail", "badjwt"] {
        factory.chaos(kind, json!({})).await;
        let (_, chaotic) = factory.order_under(1, kind).await;
        factory.chaos("none", json!({})).await;
        let (status, made) = factory.order_under(1, kind).await;
        assert_eq!(status, 200);
        assert_ne!(made["jwt"], chaotic["jwt"]);
        assert!(factory.is_pizza(&made["jwt"]).await);
    }
    factory.chaos("throttle", json!({"delaySeconds": 1})).await;
    let (_, late) = factory.order_under(1, "late").await;
    factory.chaos("none", json!({})).await;
    let (_, again) = factory.order_under(1, "late").await;
    assert_eq!(late["jwt"], again["jwt"]);
}

#[tokio::test]
async fn of_two_at_once_under_one_key_one_must_ask_again() {
    let factory = Running::start().await;
    factory.chaos("throttle", json!({"delaySeconds": 3})).await;
    let (one, two) = tokio::join!(factory.order_under(1, "k"), factory.order_under(1, "k"));
    let (made, other) = if one.0 == 200 { (one, two) } else { (two, one) };
    assert_eq!((made.0, other.0), (200, 409));
    factory.chaos("none", json!({})).await;
    assert_eq!(factory.order_under(1, "k").await.1["jwt"], made.1["jwt"]);
}

#[tokio::test]
async fn a_caller_who_hangs_up_changes_nothing() {
    let factory = Running::start().await;
    factory.chaos("throttle", json!({"delaySeconds": 5})).await;
    let call = factory.order(1).header("idempotency-key", "k");
    let hasty = call.timeout(Duration::from_secs(1)).send().await;
    assert!(hasty.unwrap_err().is_timeout());
    assert_eq!(factory.order_under(1, "k").await.0, 409);
    factory.chaos("none", json!({})).await;
    loop {
        match factory.order_under(1, "k").await {
            (409, _) => sleep(Duration::from_millis(50)).await,
            (status, made) => {
                assert_eq!(status, 200);
                assert!(factory.is_pizza(&made["jwt"]).await);
                break;
            }
        }
    }
}
