//! What administrators, and only they, may do.
#![allow(clippy::unwrap_used)]

mod running;

use reqwest::Method;
use running::{ADMIN_KEY, KEY, OTHER_KEY, Running, answer, message};
use serde_json::{Value, json};

async fn set_roles(factory: &Running, body: Value) -> (u16, Value) {
    factory.send(Method::PUT, "/api/admin/role", ADMIN_KEY, body).await
}

async fn delete(factory: &Running, body: Value) -> (u16, Value) {
    factory.send(Method::DELETE, "/api/admin/vendor", ADMIN_KEY, body).await
}

async fn own(factory: &Running, key: &str) -> (u16, Value) {
    factory.send(Method::GET, "/api/vendor", key, json!({})).await
}

fn deleted() -> (u16, Value) {
    (204, Value::Null)
}

#[tokio::test]
async fn nobody_else_may() {
    let factory = Running::start().await;
    let all = json!({"id": "two", "deleteType": "all", "roles": ["admin"]});
    for key in ["wrong", KEY] {
        for (method, path) in [
            (Method::GET, "/api/admin/vendors"),
            (Method::PUT, "/api/admin/role"),
            (Method::DELETE, "/api/admin/vendor"),
        ] {
            let said = factory.send(method, path, key, all.clone()).await;
            assert_eq!(said, (401, message("invalid authentication")), "{path}");
        }
    }
    assert_eq!(own(&factory, OTHER_KEY).await.1["roles"], json!(["vendor"]));
}

#[tokio::test]
async fn an_administrator_sees_all_vendors_as_they_see_themselves() {
    let factory = Running::start().await;
    let (status, vendors) = factory.send(Method::GET, "/api/admin/vendors", ADMIN_KEY, json!({})).await;
    assert_eq!(status, 200);
    let expected = json!([
        own(&factory, ADMIN_KEY).await.1,
        own(&factory, KEY).await.1,
        own(&factory, OTHER_KEY).await.1,
    ]);
    assert_eq!(vendors, expected);
    assert_eq!(vendors[0]["roles"], json!(["vendor", "admin"]));
}

#[tokio::test]
async fn roles_are_given_and_taken_and_survive_a_restart() {
    let factory = Running::start().await;
    let (status, vendor) = set_roles(&factory, json!({"id": "one", "roles": ["admin"]})).await;
    assert_eq!((status, &vendor["roles"]), (200, &json!(["vendor", "admin"])));
    let factory = factory.restart().await;
    assert_eq!(own(&factory, KEY).await.1, vendor);
    let (status, _) = factory.send(Method::GET, "/api/admin/vendors", KEY, json!({})).await;
    assert_eq!(status, 200);

    let (status, vendor) = set_roles(&factory, json!({"id": "one", "roles": ["vendor"]})).await;
    assert_eq!((status, &vendor["roles"]), (200, &json!(["vendor"])));
    let (status, _) = factory.send(Method::GET, "/api/admin/vendors", KEY, json!({})).await;
    assert_eq!(status, 401);
}

#[tokio::test]
async fn roles_that_make_no_sense_are_refused() {
    let factory = Running::start().await;
    let missing = (400, message("Missing required parameter"));
    for body in [json!({"roles": ["admin"]}), json!({"id": "one"}), json!({"id": "one", "roles": "admin"})] {
        assert_eq!(set_roles(&factory, body).await, missing);
    }
    let unknown = (400, message("a role is vendor or admin"));
    assert_eq!(set_roles(&factory, json!({"id": "boss", "roles": ["Admin"]})).await, unknown);
    let nobody = (404, message("Unknown vendor"));
    assert_eq!(set_roles(&factory, json!({"id": "nobody", "roles": []})).await, nobody);
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let factory = Running::start().await;
    let last = (409, message("The last administrator must stay"));
    assert_eq!(set_roles(&factory, json!({"id": "boss", "roles": []})).await, last);
    assert_eq!(delete(&factory, json!({"id": "boss", "deleteType": "all"})).await, last);
    assert_eq!(set_roles(&factory, json!({"id": "one", "roles": ["admin"]})).await.0, 200);
    assert_eq!(delete(&factory, json!({"id": "boss", "deleteType": "all"})).await, deleted());
    assert_eq!(own(&factory, ADMIN_KEY).await.0, 401);
}

#[tokio::test]
async fn a_deletion_must_be_clear() {
    let factory = Running::start().await;
    let missing = (400, message("Missing required parameter"));
    for body in [
        json!({}),
        json!({"id": "one"}),
        json!({"deleteType": "all"}),
        json!({"id": "one", "deleteType": "everything"}),
        json!([]),
    ] {
        assert_eq!(delete(&factory, body).await, missing);
    }
    for what in ["connection", "chaos", "all"] {
        let nobody = (404, message("Unknown vendor"));
        assert_eq!(delete(&factory, json!({"id": "nobody", "deleteType": what})).await, nobody);
    }
}

#[tokio::test]
async fn chaos_is_deleted() {
    let factory = Running::start().await;
    factory.chaos("fail", json!({})).await;
    assert_eq!(delete(&factory, json!({"id": "one", "deleteType": "chaos"})).await, deleted());
    assert_eq!(answer(factory.order(1)).await.0, 200);
    assert!(own(&factory, KEY).await.1["chaos"].is_null());
}

#[tokio::test]
async fn connections_are_deleted_at_both_ends_for_one_purpose_or_all() {
    let factory = Running::start().await;
    for purpose in ["a", "b", "c"] {
        for key in [KEY, OTHER_KEY] {
            factory.send(Method::POST, "/api/vendor/connect", key, json!({"purpose": purpose})).await;
        }
    }
    let purposes = async |factory: &Running, key| -> Vec<String> {
        own(factory, key).await.1["connections"].as_object().unwrap().keys().cloned().collect()
    };
    let one = json!({"id": "one", "deleteType": "connection", "purpose": "b"});
    assert_eq!(delete(&factory, one).await, deleted());
    assert_eq!(purposes(&factory, KEY).await, ["a", "c"]);
    assert_eq!(purposes(&factory, OTHER_KEY).await, ["a", "c"]);

    let factory = factory.restart().await;
    assert_eq!(purposes(&factory, OTHER_KEY).await, ["a", "c"]);
    assert_eq!(delete(&factory, json!({"id": "two", "deleteType": "connection"})).await, deleted());
    let factory = factory.restart().await;
    assert!(purposes(&factory, KEY).await.is_empty());
}

#[tokio::test]
async fn of_a_deleted_vendor_nothing_is_left_for_the_next_of_its_name() {
    let factory = Running::start().await;
    let register = json!({"id": "new", "email": "old@new.test"});
    let key = factory.register(register.clone()).await;
    for (method, path, body) in [
        (Method::POST, "/api/vendor/connect", json!({"purpose": "test"})),
        (Method::PUT, "/api/vendor/chaos/badjwt", json!({})),
        (Method::POST, "/api/badge/new/pizza", json!(null)),
    ] {
        assert_eq!(factory.send(method, path, &key, body).await.0, 200, "{path}");
    }
    factory.send(Method::POST, "/api/vendor/connect", KEY, json!({"purpose": "test"})).await;
    let code = factory.code_for("new").await;

    assert_eq!(delete(&factory, json!({"id": "new", "deleteType": "all"})).await, deleted());
    let unknown = (401, message("invalid authentication"));
    assert_eq!(own(&factory, &key).await, unknown);
    assert_eq!(factory.get("/api/vendor/new").await.1["exists"], false);
    assert_eq!(own(&factory, KEY).await.1["connections"], json!({}));

    let factory = factory.restart().await;
    factory.post("/api/vendor", json!({"id": "new"})).await;
    let old = json!({"id": "new", "code": code});
    assert_eq!(factory.post("/api/vendor/auth", old).await.0, 401);
    assert_eq!(factory.get("/api/badge/new/pizza").await.0, 404);
    assert_eq!(own(&factory, &key).await, unknown);
    let code = factory.code_for("new").await;
    let (_, vendor) = factory.post("/api/vendor/auth", json!({"id": "new", "code": code})).await;
    assert_ne!(vendor["apiKey"], key.as_str());
    assert_eq!((&vendor["connections"], vendor.get("email")), (&json!({}), None));
    assert_eq!(vendor.get("chaos"), None);
}
