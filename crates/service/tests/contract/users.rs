//! People with accounts.

use serde_json::json;
use test_kit::TestApp;

#[tokio::test]
async fn i_am_who_i_am() {
    let app = TestApp::start(|_| {}).await;
    let me = app.diner().await.get("/api/user/me").await.expect(200);
    let (id, iat) = (me["id"].as_i64().unwrap(), me["iat"].as_i64().unwrap());
    let roles = json!([{ "role": "diner" }]);
    let expected =
        json!({ "id": id, "name": "pizza diner", "email": "d@jwt.com", "roles": roles, "iat": iat });
    assert_eq!(me.body, expected);
}

#[tokio::test]
async fn an_admin_has_a_role_without_an_object() {
    let app = TestApp::start(|_| {}).await;
    let me = app.admin().await.get("/api/user/me").await.expect(200);
    assert_eq!(me["roles"], json!([{ "role": "admin" }]));
    assert_eq!(me["name"], "常用名字");
}

#[tokio::test]
async fn nobody_is_nobody() {
    let app = TestApp::start(|_| {}).await;
    let reply = app.visitor().get("/api/user/me").await.expect(401);
    assert_eq!(reply.message(), "unauthorized");
}
