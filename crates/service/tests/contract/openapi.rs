//! The OpenAPI document says what the service does: no more, and no less.

use reqwest::Method;
use serde_json::Value;
use std::collections::BTreeSet;
use test_kit::TestApp;

const METHODS: [&str; 5] = ["get", "post", "put", "delete", "patch"];

async fn document(app: &TestApp) -> Value {
    app.visitor().get("/api/openapi.json").await.expect(200).body
}

/// Every call: method, path, operation.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, item)| {
            item.as_object().unwrap().iter().map(move |(method, call)| (method.as_str(), path.as_str(), call))
        })
        .collect()
}

/// A path with something in its places.
fn filled(path: &str) -> String {
    path.replace("{id}", "1").replace("{store_id}", "1").replace("{state}", "false")
}

#[tokio::test]
async fn the_document_is_openapi_3_1_of_this_version() {
    let app = TestApp::start(|_| {}).await;
    let document = document(&app).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."), "{}", document["openapi"]);
    assert_eq!(document["info"]["version"], service::VERSION);
    assert_eq!(document["components"]["securitySchemes"]["session"]["scheme"], "bearer");
}

#[tokio::test]
async fn every_documented_call_is_served_and_every_other_method_refused() {
    let app = TestApp::start(|_| {}).await;
    let (document, visitor) = (document(&app).await, app.visitor());
    for (path, item) in document["paths"].as_object().unwrap() {
        let documented: BTreeSet<_> = item.as_object().unwrap().keys().map(String::as_str).collect();
        assert!(documented.iter().all(|method| METHODS.contains(method)), "{path}: {documented:?}");
        for method in METHODS {
            let request =
                visitor.request(Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(), &filled(path));
            let reply = visitor.send(request).await;
            if documented.contains(method) {
                assert_ne!(reply.status, 405, "{method} {path} is documented");
                assert_ne!(reply.message(), "unknown endpoint", "{method} {path} is documented");
            } else {
                let allow = reply.expect(405).header("allow").unwrap().to_lowercase();
                let allowed: BTreeSet<_> =
                    allow.split(',').map(str::trim).filter(|method| *method != "head").collect();
                assert_eq!(allowed, documented, "{path}");
            }
        }
    }
}

#[tokio::test]
async fn every_call_says_what_it_is_for_and_what_it_answers() {
    let app = TestApp::start(|_| {}).await;
    let document = document(&app).await;
    let tags: Vec<_> = document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).collect();
    for (method, path, call) in operations(&document) {
        let name = format!("{method} {path}");
        assert!(!call["summary"].as_str().unwrap().is_empty(), "{name}");
        assert!(tags.contains(&&call["tags"][0]), "{name}");
        let answers = call["responses"].as_object().unwrap();
        assert!(answers.keys().any(|status| status.starts_with('2')), "{name}");
        for (status, answer) in answers {
            assert!(!answer["description"].as_str().unwrap().is_empty(), "{status} of {name}");
            assert!(answer["content"].is_object(), "{status} of {name} has a body");
            assert_eq!(answer["headers"]["x-request-id"]["required"], true, "{status} of {name}");
        }
    }
}

#[tokio::test]
async fn what_needs_a_session_says_so_and_is_refused_without() {
    let app = TestApp::start(|_| {}).await;
    let (document, visitor) = (document(&app).await, app.visitor());
    for (method, path, call) in operations(&document) {
        let request =
            visitor.request(Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(), &filled(path));
        let status = visitor.send(request).await.status;
        let documented = call["responses"].get("401").is_some();
        assert_eq!(status == 401, documented, "{method} {path} answers {status} without a session");
        let ways = call["security"].as_array().map(Vec::as_slice).unwrap_or_default();
        let needs = !ways.is_empty() && ways.iter().all(|way| way.get("session").is_some());
        assert_eq!(needs, documented, "{method} {path}");
    }
}

#[tokio::test]
async fn the_schema_of_errors_is_what_errors_look_like() {
    let app = TestApp::start(|_| {}).await;
    let document = document(&app).await;
    let error = app.visitor().get("/api/user/me").await.expect(401);
    let members: BTreeSet<_> = error.body.as_object().unwrap().keys().map(String::as_str).collect();
    let required = document["components"]["schemas"]["Problem"]["required"].as_array().unwrap();
    assert_eq!(members, required.iter().map(|name| name.as_str().unwrap()).collect());
}

#[tokio::test]
async fn no_example_has_credentials_that_work_anywhere() {
    let app = TestApp::start(|_| {}).await;
    for path in ["/api/openapi.json", "/api/docs", "/docs"] {
        let text = app.visitor().get(path).await.expect(200).text;
        for credential in ["a@jwt.com", "d@jwt.com", "f@jwt.com", "toomanysecrets", test_kit::API_KEY] {
            assert!(!text.contains(credential), "{credential} in {path}");
        }
    }
}

#[tokio::test]
async fn the_historic_docs_list_the_same_calls_with_examples_to_copy() {
    let app = TestApp::start(|_| {}).await;
    let document = document(&app).await;
    let docs = app.visitor().get("/api/docs").await.expect(200);
    let listed: BTreeSet<_> = docs["endpoints"]
        .as_array()
        .unwrap()
        .iter()
        .map(|endpoint| {
            let path = endpoint["path"].as_str().unwrap().split('?').next().unwrap();
            (endpoint["method"].as_str().unwrap().to_lowercase(), path.to_owned())
        })
        .collect();
    let documented = operations(&document)
        .into_iter()
        .map(|(method, path, _)| (method.to_owned(), path.replace('{', ":").replace('}', "")));
    assert_eq!(listed, documented.collect());
    for endpoint in docs["endpoints"].as_array().unwrap() {
        assert!(!endpoint["response"].is_null(), "{endpoint}");
        let example = endpoint["example"].as_str().unwrap();
        assert!(!example.contains('{') || example.contains("-d '{"), "{example}");
    }
}

#[tokio::test]
async fn the_page_shows_every_call_and_needs_nothing_from_elsewhere() {
    let app = TestApp::start(|_| {}).await;
    let document = document(&app).await;
    let page = app.visitor().get("/docs").await.expect(200);
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'self'"), "{policy}");
    for (method, path, call) in operations(&document) {
        assert!(page.text.contains(&format!("<code>{path}</code>")), "{method} {path}");
        assert!(page.text.contains(call["summary"].as_str().unwrap()), "{method} {path}");
    }
    for foreign in ["<script", "style=", "http://", "https://", "onclick"] {
        assert!(!page.text.contains(foreign), "{foreign}");
    }
    let style = app.visitor().get("/docs/style.css").await.expect(200);
    assert_eq!(style.header("content-type"), Some("text/css; charset=utf-8"));
    assert!(!style.text.contains("url(") && !style.text.contains("@import"));
}
