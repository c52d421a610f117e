//! Registering, and what vendors tell about themselves.
#![allow(clippy::unwrap_used)]

mod running;

use reqwest::Method;
use running::{ADMIN_KEY, KEY, Running, message};
use serde_json::{Value, json};

/// A vendor as it was answered, without the time it was created at, which must be there.
fn without_created(mut vendor: Value) -> Value {
    let created = vendor.as_object_mut().unwrap().remove("created").unwrap();
    assert!(created.as_str().unwrap().ends_with('Z'), "{created}");
    vendor
}

async fn change(factory: &Running, key: &str, body: Value) -> (u16, Value) {
    factory.send(Method::PUT, "/api/vendor", key, body).await
}

#[tokio::test]
async fn vendors_know_themselves_and_whether_others_exist() {
    let factory = Running::start().await;
    let (status, own) = factory.get("/api/vendor").await;
    let expected = json!({"id": "one", "name": "Pizzeria One", "roles": ["vendor"], "connections": {}});
    assert_eq!((status, without_created(own)), (200, expected));
    for (id, exists) in [("two", true), ("three", false), ("chaos", false)] {
        let (status, said) = factory.get(&format!("/api/vendor/{id}")).await;
        assert_eq!((status, said), (200, json!({"exists": exists})));
    }
}

#[tokio::test]
async fn a_vendor_registers_and_gets_no_key_for_it() {
    let factory = Running::start().await;
    let told = json!({
        "id": "new", "name": "New", "gitHubUrl": "https://git.test/new", "website": "https://new.test",
        "phone": "333", "email": "new@new.test",
    });
    let mut sent = told.clone();
    sent["apiKey"] = json!("mine");
    sent["roles"] = json!(["admin"]);
    let (status, said) = factory.post("/api/vendor", sent).await;
    let mut expected = told;
    expected["roles"] = json!(["vendor"]);
    expected["connections"] = json!({});
    assert_eq!((status, without_created(said)), (200, expected));
    assert_eq!(factory.get("/api/vendor/new").await.1["exists"], true);
    assert_eq!(factory.send(Method::GET, "/api/vendor", "mine", json!({})).await.0, 401);
}

#[tokio::test]
async fn an_id_is_needed_and_taken_once() {
    let factory = Running::start().await;
    let missing = (400, message("Missing param. Must have ID"));
    for body in [json!({}), json!({"id": ""}), json!({"id": null}), json!({"id": 5}), json!([]), json!(null)]
    {
        assert_eq!(factory.post("/api/vendor", body).await, missing);
    }
    let exists = (409, message("Vendor already exists"));
    assert_eq!(factory.post("/api/vendor", json!({"id": "one"})).await, exists);
    for id in ["a b", "../x", "code", "auth", "connect", "chaos", &"x".repeat(65)] {
        let (status, said) = factory.post("/api/vendor", json!({"id": id})).await;
        assert_eq!(status, 400, "{said}");
    }
    let (status, said) = factory.post("/api/vendor", json!({"id": "n", "email": "nobody"})).await;
    let expected = message("email must be an e-mail address of at most 254 characters");
    assert_eq!((status, said), (400, expected));
    assert_eq!(factory.get("/api/vendor/n").await.1["exists"], false);
}

#[tokio::test]
async fn there_is_room_for_so_many_vendors_only() {
    let factory = Running::start_with(|config| config.most_vendors = 4).await;
    assert_eq!(factory.post("/api/vendor", json!({"id": "fourth"})).await.0, 200);
    let full = (503, message("There is no room for more vendors"));
    assert_eq!(factory.post("/api/vendor", json!({"id": "fifth"})).await, full);
    assert_eq!(factory.post("/api/vendor", json!({"id": "fourth"})).await.0, 409);
}

#[tokio::test]
async fn of_two_who_register_one_id_at_once_one_gets_it() {
    let factory = Running::start().await;
    let register = || factory.post("/api/vendor", json!({"id": "new"}));
    let (one, two) = tokio::join!(register(), register());
    let mut statuses = [one.0, two.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

#[tokio::test]
async fn a_vendor_changes_what_it_tells_and_null_removes_it() {
    let factory = Running::start().await;
    let told = json!({"name": "Uno", "phone": "1", "website": "https://uno.test", "connections": {"x": 1}});
    let (status, said) = change(&factory, KEY, told).await;
    let expected = json!({
        "id": "one", "name": "Uno", "phone": "1", "website": "https://uno.test",
        "roles": ["vendor"], "connections": {},
    });
    assert_eq!((status, without_created(said.clone())), (200, expected.clone()));
    assert_eq!(factory.get("/api/vendor").await, (200, said));

    let (status, said) = change(&factory, KEY, json!({"id": "one", "phone": null, "website": ""})).await;
    let expected = json!({"id": "one", "name": "Uno", "roles": ["vendor"], "connections": {}});
    assert_eq!((status, without_created(said)), (200, expected));

    let (status, said) = change(&factory, KEY, json!({"name": "U", "website": "javascript:alert(1)"})).await;
    let refused = message("website must be an http or https address of at most 300 characters");
    assert_eq!((status, said), (400, refused));
    assert_eq!(factory.get("/api/vendor").await.1["name"], "Uno", "half a change was made");
}

#[tokio::test]
async fn a_pizza_says_the_name_that_its_vendor_tells_now() {
    let factory = Running::start().await;
    for (name, said) in [(json!("Uno"), "Uno"), (json!(null), "")] {
        change(&factory, KEY, json!({"name": name})).await;
        let made = running::answer(factory.order(1)).await.1;
        let (_, verified) = factory.post("/api/order/verify", made).await;
        assert_eq!(verified["payload"]["vendor"], json!({"id": "one", "name": said}));
    }
}

#[tokio::test]
async fn another_vendor_is_changed_by_administrators_only() {
    let factory = Running::start().await;
    let unauthorized = (401, message("unauthorized"));
    assert_eq!(change(&factory, KEY, json!({"id": "two", "name": "X"})).await, unauthorized);
    assert_eq!(change(&factory, KEY, json!({"id": "nobody", "name": "X"})).await, unauthorized);
    assert_eq!(change(&factory, "wrong", json!({})).await, (401, message("invalid authentication")));

    let (status, said) = change(&factory, ADMIN_KEY, json!({"id": "two", "name": "Due"})).await;
    assert_eq!((status, &said["id"], &said["name"]), (200, &json!("two"), &json!("Due")));
    let unknown = (404, message("Unknown vendor"));
    assert_eq!(change(&factory, ADMIN_KEY, json!({"id": "nobody", "name": "X"})).await, unknown);
}

#[tokio::test]
async fn vendors_survive_a_restart() {
    let factory = Running::start().await;
    let key = factory.register(json!({"id": "new", "name": "New"})).await;
    change(&factory, &key, json!({"name": null, "phone": "5", "email": "n@n.test"})).await;
    let own = || async |factory: &Running| factory.send(Method::GET, "/api/vendor", &key, json!({})).await;
    let before = own()(&factory).await;
    assert_eq!((before.0, &before.1["phone"]), (200, &json!("5")));
    let factory = factory.restart().await;
    assert_eq!(own()(&factory).await, before);
}
