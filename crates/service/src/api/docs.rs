//! What the API can do, in the historic format.

use crate::{VERSION, app::AppState};
use axum::{extract::State, response::IntoResponse};
use serde_json::{Value, json};

/// `GET /`
pub async fn welcome() -> impl IntoResponse {
    axum::Json(json!({ "message": "welcome to JWT Pizza", "version": VERSION }))
}

/// `GET /api/docs`
pub async fn docs(State(app): State<AppState>) -> impl IntoResponse {
    axum::Json(json!({
        "version": VERSION,
        "endpoints": endpoints(),
        "config": { "factory": app.config.factory.url, "db": "SQLite" },
    }))
}

fn endpoints() -> Vec<Value> {
    let user =
        json!({ "id": 4, "name": "pizza diner", "email": "d@jwt.com", "roles": [{ "role": "diner" }] });
    let item = json!({ "menuId": 1, "description": "Veggie", "price": 0.0038 });
    let order = json!({ "id": 1, "franchiseId": 1, "storeId": 1, "items": [item], "date": "2025-12-02T10:10:30Z", "status": "fulfilled" });
    let body =
        |example: &str, json: &str| format!("{example} -H 'Content-Type: application/json' -d '{json}'");
    let auth = "-H 'Authorization: Bearer tttttt'";
    let url = |path: &str| format!("localhost:3000{path}");
    let open = |method: &str, path: &str, description: &str, example: String, response: Value| json!({ "method": method, "path": path, "description": description, "example": example, "response": response });
    let signed_in = |method: &str, path: &str, description: &str, example: String, response: Value| json!({ "method": method, "path": path, "requiresAuth": true, "description": description, "example": example, "response": response });
    vec![
        open(
            "POST",
            "/api/auth",
            "Register a new user",
            body(
                &format!("curl -X POST {}", url("/api/auth")),
                r#"{"name":"pizza diner","email":"d@jwt.com","password":"…"}"#,
            ),
            json!({ "user": user, "token": "tttttt" }),
        ),
        open(
            "PUT",
            "/api/auth",
            "Log in an existing user",
            body(&format!("curl -X PUT {}", url("/api/auth")), r#"{"email":"d@jwt.com","password":"…"}"#),
            json!({ "user": user, "token": "tttttt" }),
        ),
        signed_in(
            "DELETE",
            "/api/auth",
            "Log out",
            format!("curl -X DELETE {} {auth}", url("/api/auth")),
            json!({ "message": "logout successful" }),
        ),
        signed_in(
            "GET",
            "/api/user/me",
            "Who am I",
            format!("curl {} {auth}", url("/api/user/me")),
            json!({ "id": 4, "name": "pizza diner", "email": "d@jwt.com", "roles": [{ "role": "diner" }], "iat": 1_764_670_230 }),
        ),
        open(
            "GET",
            "/api/order/menu",
            "The pizza menu",
            format!("curl {}", url("/api/order/menu")),
            json!([{ "id": 1, "title": "Veggie", "image": "pizza1.png", "price": 0.0038, "description": "A garden of delight" }]),
        ),
        open(
            "GET",
            "/api/franchise?page=0&limit=10&name=*",
            "All franchises, by page and name",
            format!("curl '{}'", url("/api/franchise?page=0&limit=10&name=pizza*")),
            json!({ "franchises": [{ "id": 1, "name": "pizzaPocket", "stores": [{ "id": 1, "name": "SLC" }] }], "more": false }),
        ),
        signed_in(
            "POST",
            "/api/franchise",
            "Found a franchise (admin)",
            body(
                &format!("curl -X POST {} {auth}", url("/api/franchise")),
                r#"{"name":"pizzaPocket","admins":[{"email":"f@jwt.com"}]}"#,
            ),
            json!({ "name": "pizzaPocket", "admins": [{ "email": "f@jwt.com", "id": 3, "name": "pizza franchisee" }], "id": 1 }),
        ),
        signed_in(
            "DELETE",
            "/api/franchise/:franchiseId",
            "Delete a franchise (admin)",
            format!("curl -X DELETE {} {auth}", url("/api/franchise/1")),
            json!({ "message": "franchise deleted" }),
        ),
        signed_in(
            "POST",
            "/api/franchise/:franchiseId/store",
            "Open a store (admin or franchisee)",
            body(&format!("curl -X POST {} {auth}", url("/api/franchise/1/store")), r#"{"name":"SLC"}"#),
            json!({ "id": 1, "franchiseId": 1, "name": "SLC" }),
        ),
        signed_in(
            "DELETE",
            "/api/franchise/:franchiseId/store/:storeId",
            "Close a store (admin or franchisee)",
            format!("curl -X DELETE {} {auth}", url("/api/franchise/1/store/1")),
            json!({ "message": "store deleted" }),
        ),
        signed_in(
            "GET",
            "/api/order?page=1",
            "My orders, newest first",
            format!("curl {} {auth}", url("/api/order")),
            json!({ "dinerId": 4, "orders": [order], "page": 1 }),
        ),
        signed_in(
            "POST",
            "/api/order",
            "Order pizzas. 200 with the pizza; 202 when the order is saved and not made yet",
            body(
                &format!("curl -X POST {} {auth}", url("/api/order")),
                r#"{"franchiseId":1,"storeId":1,"items":[{"menuId":1}]}"#,
            ),
            json!({ "order": order, "jwt": "1111111111" }),
        ),
        signed_in(
            "GET",
            "/api/order/:orderId",
            "One order",
            format!("curl {} {auth}", url("/api/order/1")),
            order.clone(),
        ),
        signed_in(
            "GET",
            "/api/order/:orderId/events",
            "An order's changes, as server-sent events",
            format!("curl -N {} {auth}", url("/api/order/1/events")),
            json!("event: status"),
        ),
        signed_in(
            "DELETE",
            "/api/order/:orderId",
            "Cancel an order that is still queued",
            format!("curl -X DELETE {} {auth}", url("/api/order/1")),
            json!({ "message": "order cancelled" }),
        ),
        open(
            "GET",
            "/api/status",
            "Whether the kitchen is open, and how long the queue is",
            format!("curl {}", url("/api/status")),
            json!({ "kitchen": "open", "message": "The kitchen is open.", "queueDepth": 0, "oldestQueuedSeconds": 0 }),
        ),
    ]
}
