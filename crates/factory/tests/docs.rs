//! The documents, held against the router.
#![allow(clippy::unwrap_used)]

mod running;

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use running::Running;
use serde_json::Value;

async fn endpoints(factory: &Running) -> Vec<Value> {
    let (status, docs) = factory.get("/api/docs").await;
    assert_eq!(status, 200);
    assert!(docs["message"].is_string() && docs["version"].is_string());
    docs["endpoints"].as_array().unwrap().clone()
}

#[tokio::test]
async fn each_call_has_a_description_an_example_and_an_answer() {
    let factory = Running::start().await;
    let endpoints = endpoints(&factory).await;
    assert_eq!(endpoints.len(), 20);
    for endpoint in endpoints {
        for member in ["method", "path", "requiresAuth", "description", "example", "response"] {
            assert!(!endpoint[member].is_null(), "{endpoint} lacks {member}");
        }
        let response = &endpoint["response"];
        assert!(!response.is_string() || !response.as_str().unwrap().starts_with('{'), "{response}");
    }
}

#[tokio::test]
async fn the_documents_list_exactly_the_methods_that_the_router_allows() {
    let factory = Running::start().await;
    let mut documented: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for endpoint in endpoints(&factory).await {
        let text = |member: &str| endpoint[member].as_str().unwrap().to_owned();
        documented.entry(text("path")).or_default().insert(text("method"));
    }
    for (path, methods) in documented {
        let concrete = path.replace(['{', '}'], "");
        let call = factory.http.request(Method::PATCH, factory.url(&concrete));
        let response = call.send().await.unwrap();
        assert_eq!(response.status(), 405, "{path}");
        let allowed = response.headers()["allow"].to_str().unwrap().split(',');
        let allowed: BTreeSet<String> =
            allowed.map(|method| method.trim().to_owned()).filter(|method| method != "HEAD").collect();
        assert_eq!(allowed, methods, "{path}");
    }
}

#[tokio::test]
async fn the_calls_that_need_a_key_are_those_that_refuse_without_one() {
    let factory = Running::start().await;
    for endpoint in endpoints(&factory).await {
        let method = endpoint["method"].as_str().unwrap().parse().unwrap();
        let path = endpoint["path"].as_str().unwrap().replace(['{', '}'], "");
        let call = factory.http.request(method, factory.url(&path)).json(&Value::Null);
        let (status, said) = running::answer(call).await;
        let refused = status == 401 && said["message"] == "invalid authentication";
        assert_eq!(refused, endpoint["requiresAuth"].as_bool().unwrap(), "{endpoint}");
    }
}
