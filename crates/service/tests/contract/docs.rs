//! What the API says about itself.

use serde_json::json;
use test_kit::TestApp;

#[tokio::test]
async fn a_caller_at_the_door_is_welcomed() {
    let app = TestApp::start(|_| {}).await;
    let visitor = app.visitor();
    let welcome = json!({ "message": "welcome to JWT Pizza", "version": service::VERSION });
    assert_eq!(visitor.get("/").await.expect(200).body, welcome);
    let request = visitor.request("GET".parse().unwrap(), "/").header("accept", "application/json");
    assert_eq!(visitor.send(request).await.expect(200).body, welcome);
}

#[tokio::test]
async fn the_docs_list_every_call_in_the_historic_format() {
    let app = TestApp::start(|_| {}).await;
    let docs = app.visitor().get("/api/docs").await.expect(200);
    assert_eq!(docs["version"], service::VERSION);
    assert_eq!(docs["config"]["db"], "SQLite");
    assert_eq!(docs["config"]["factory"], app.factory.url().as_str());

    let endpoints = docs["endpoints"].as_array().unwrap();
    for endpoint in endpoints {
        for member in ["method", "path", "description", "example"] {
            assert!(endpoint[member].is_string(), "{member} of {endpoint}");
        }
        assert!(endpoint.get("response").is_some(), "{endpoint}");
    }
    let listed = |method: &str, path: &str| {
        endpoints.iter().find(|endpoint| endpoint["method"] == method && endpoint["path"] == path)
    };
    assert_eq!(listed("POST", "/api/order").unwrap()["requiresAuth"], true);
    assert!(listed("GET", "/api/order/menu").unwrap().get("requiresAuth").is_none());
    assert!(listed("PUT", "/api/auth").is_some());
}
