//! Every call that has nothing to do with chaos.
#![allow(clippy::unwrap_used)]

mod running;

use reqwest::{Method, StatusCode};
use running::{ADMIN_KEY, KEY, OTHER_KEY, Running, answer, message, order, read};
use serde_json::{Value, json};

#[tokio::test]
async fn an_order_becomes_a_pizza_that_verifies() {
    let factory = Running::start().await;
    let (status, made) = answer(factory.order(17)).await;
    assert_eq!((status, made.as_object().unwrap().len()), (200, 1));
    let verify = factory.http.post(factory.url("/api/order/verify"));
    let (status, verified) = answer(verify.json(&made)).await;
    let sent = order(17);
    let payload = json!({
        "vendor": {"id": "one", "name": "Pizzeria One"},
        "diner": sent["diner"],
        "order": sent["order"],
    });
    let expected = json!({"message": "valid", "payload": payload});
    assert_eq!((status, verified), (200, expected));
}

#[tokio::test]
async fn what_is_not_a_pizza_is_invalid() {
    let factory = Running::start().await;
    for body in [json!({}), json!({"jwt": 5}), json!({"jwt": "a.b.c"}), json!([])] {
        let verify = factory.http.post(factory.url("/api/order/verify"));
        assert_eq!(answer(verify.json(&body)).await, (403, message("invalid")));
    }
}

#[tokio::test]
async fn without_a_good_key_nothing_is_made() {
    let factory = Running::start().await;
    let invalid = (401, message("invalid authentication"));
    for header in ["Bearer wrong", "Bearer ", "Bearer", KEY, "Basic key-of-pizzeria-one"] {
        for (method, path) in [
            (Method::POST, "/api/order"),
            (Method::GET, "/api/vendor"),
            (Method::PUT, "/api/vendor/chaos/fail"),
        ] {
            let call = factory.http.request(method, factory.url(path));
            let call = call.header("authorization", header).json(&order(1));
            assert_eq!(answer(call).await, invalid, "{header} {path}");
        }
    }
    let bare = factory.http.post(factory.url("/api/order"));
    assert_eq!(answer(bare.json(&order(1))).await, invalid);
    let lower = factory.http.get(factory.url("/api/vendor"));
    let lower = lower.header("authorization", format!("bearer {OTHER_KEY}"));
    assert_eq!(answer(lower).await.1["id"], "two");
}

#[tokio::test]
async fn an_order_without_diner_or_order_is_incomplete() {
    let factory = Running::start().await;
    let whole = order(1);
    for body in [
        json!({"diner": whole["diner"]}),
        json!({"order": whole["order"]}),
        json!({"diner": null, "order": whole["order"]}),
        json!({"diner": "Kai", "order": whole["order"]}),
        json!([]),
        json!(5),
    ] {
        let call = factory.call(Method::POST, "/api/order").json(&body);
        let expected = (400, message("Missing required parameters"));
        assert_eq!(answer(call).await, expected, "{body}");
    }
}

#[tokio::test]
async fn an_order_that_does_not_fit_is_held_and_refused() {
    let factory = Running::start().await;
    let full = message("Unable to satisfy pizza order. The oven is full.");
    for items in [json!([]), json!(vec![1; 21]), json!(null), json!("many")] {
        let mut body = order(1);
        body["order"]["items"] = items;
        let started = std::time::Instant::now();
        let call = factory.call(Method::POST, "/api/order").json(&body);
        assert_eq!(answer(call).await, (503, full.clone()));
        assert!(started.elapsed().as_millis() >= 20);
    }
    let mut body = order(1);
    body["order"]["items"] = json!(vec![1; 20]);
    let call = factory.call(Method::POST, "/api/order").json(&body);
    assert_eq!(answer(call).await.0, 200);
}

#[tokio::test]
async fn ids_may_be_anything() {
    let factory = Running::start().await;
    for id in [json!("seventeen"), json!(1.5), json!(null), json!({"a": [1]})] {
        let mut body = order(1);
        body["order"]["id"] = id;
        let call = factory.call(Method::POST, "/api/order").json(&body);
        assert_eq!(answer(call).await.0, 200, "{body}");
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_refused_with_the_reason() {
    let factory = Running::start().await;
    let json = "application/json";
    let deep = "[".repeat(10_000);
    let large = format!("\"{}\"", "x".repeat(70_000));
    let rows: [(&str, &str, u16); 6] = [
        (json, "{", 400),
        (json, "", 400),
        (json, &deep, 400),
        (json, &large, 413),
        ("text/plain", "{}", 415),
        ("application/x-www-form-urlencoded", "a=b", 415),
    ];
    for (content_type, body, expected) in rows {
        let call = factory.call(Method::POST, "/api/order");
        let call = call.header("content-type", content_type).body(body.to_owned());
        let (status, said) = answer(call).await;
        assert_eq!(status, expected, "{content_type}");
        assert!(!said["message"].as_str().unwrap().is_empty());
    }
    let utf16 = factory.call(Method::POST, "/api/order").header("content-type", json);
    assert_eq!(answer(utf16.body(vec![0xff, 0xfe, 0])).await.0, 400);
}

#[tokio::test]
async fn every_call_with_a_body_minds_what_it_is() {
    let factory = Running::start().await;
    let large = format!("\"{}\"", "x".repeat(70_000));
    for (method, path) in [
        (Method::POST, "/api/order"),
        (Method::POST, "/api/order/verify"),
        (Method::POST, "/api/vendor"),
        (Method::PUT, "/api/vendor"),
        (Method::POST, "/api/vendor/code"),
        (Method::POST, "/api/vendor/auth"),
        (Method::POST, "/api/vendor/connect"),
        (Method::PUT, "/api/vendor/connect"),
        (Method::PUT, "/api/vendor/chaos/fail"),
        (Method::PUT, "/api/admin/role"),
        (Method::DELETE, "/api/admin/vendor"),
    ] {
        let json = "application/json";
        for (content_type, body, expected) in
            [(json, "{", 400), (json, &*large, 413), ("text/plain", "{}", 415)]
        {
            let call = factory.http.request(method.clone(), factory.url(path)).bearer_auth(ADMIN_KEY);
            let (status, said) =
                answer(call.header("content-type", content_type).body(body.to_owned())).await;
            assert_eq!(status, expected, "{method} {path} {said}");
        }
    }
}

#[tokio::test]
async fn an_unknown_path_and_a_wrong_method_are_said_in_json() {
    let factory = Running::start().await;
    for path in ["/", "/api", "/api/orders", "/api/vendor/chaos/x/y"] {
        assert_eq!(factory.get(path).await, (404, message("unknown endpoint")));
    }
    let call = factory.call(Method::DELETE, "/api/order");
    let response = call.send().await.unwrap();
    assert_eq!(response.headers()["allow"], "POST");
    assert_eq!(read(response).await, (405, message("method not allowed")));
    assert_eq!(factory.get("/api/vendor/%ff").await.0, 400);
}

#[tokio::test]
async fn a_client_that_knows_problems_gets_them_as_such() {
    let factory = Running::start().await;
    let problem = "application/problem+json";
    for (accept, expected) in [(problem, problem), ("*/*", "application/json")] {
        let call = factory.http.get(factory.url("/api/vendor")).header("accept", accept);
        let response = call.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], expected);
        assert_eq!(read(response).await, (401, message("invalid authentication")));
    }
}

#[tokio::test]
async fn each_answer_has_a_request_id_and_keeps_the_callers() {
    let factory = Running::start().await;
    let livez = || factory.http.get(factory.url("/livez"));
    let response = livez().send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["x-request-id"].len(), 36);
    let own = livez().header("x-request-id", "abc-1").send().await.unwrap();
    assert_eq!(own.headers()["x-request-id"], "abc-1");
    let odd = livez().header("x-request-id", "a b\"c").send().await.unwrap();
    assert_eq!(odd.headers()["x-request-id"].len(), 36);
}

#[tokio::test]
async fn one_key_means_one_pizza() {
    let factory = Running::start().await;
    let (status, first) = factory.order_under(17, "k").await;
    assert_eq!(status, 200);
    assert_eq!(factory.order_under(17, "k").await, (200, first.clone()));

    let (status, said) = factory.order_under(18, "k").await;
    assert_eq!(status, 422);
    assert!(said["message"].is_string());

    let others = factory.http.post(factory.url("/api/order")).bearer_auth(OTHER_KEY);
    let others = others.header("idempotency-key", "k").json(&order(18));
    let (status, other) = answer(others).await;
    assert_eq!(status, 200);
    assert_ne!(other, first);
}

#[tokio::test]
async fn spaces_and_member_order_do_not_make_another_body() {
    let factory = Running::start().await;
    let first = factory.order_under(17, "k").await;
    let body = order(17);
    let turned = format!(r#"{{ "order": {}, "diner": {} }}"#, body["order"], body["diner"]);
    let call = factory.call(Method::POST, "/api/order").header("idempotency-key", "k");
    let call = call.header("content-type", "application/json").body(turned);
    assert_eq!(answer(call).await, first);
}

#[tokio::test]
async fn an_idempotency_key_has_limits() {
    let factory = Running::start().await;
    for key in [String::new(), "x".repeat(256), "caf\u{e9}".to_owned()] {
        assert_eq!(factory.order_under(1, &key).await.0, 400, "{key}");
    }
    assert_eq!(factory.order_under(1, &"x".repeat(255)).await.0, 200);
}

#[tokio::test]
async fn a_restart_changes_neither_key_nor_pizza() {
    let factory = Running::start().await;
    let keys = factory.get("/.well-known/jwks.json").await;
    let kept = factory.order_under(17, "k").await;
    let unkept: Value = answer(factory.order(18)).await.1["jwt"].clone();

    let factory = factory.restart().await;
    assert_eq!(factory.get("/.well-known/jwks.json").await, keys);
    assert_eq!(factory.order_under(17, "k").await, kept);
    assert_eq!(factory.order_under(18, "k").await.0, 422);
    assert!(factory.is_pizza(&unkept).await);
}

#[tokio::test]
async fn the_keys_are_a_jwks() {
    let factory = Running::start().await;
    let (status, keys) = factory.get("/.well-known/jwks.json").await;
    assert_eq!(status, 200);
    let key = keys["keys"][0].as_object().unwrap();
    let mut members: Vec<&str> = key.keys().map(String::as_str).collect();
    members.sort_unstable();
    assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
    assert_eq!((&key["kty"], &key["use"], &key["alg"]), (&json!("RSA"), &json!("sig"), &json!("RS256")));
}
