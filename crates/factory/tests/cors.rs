//! Pages of other origins.
#![allow(clippy::unwrap_used)]

mod running;

use reqwest::{Method, Response};
use running::Running;

const DASHBOARD: &str = "http://localhost:5173";

async fn call(factory: &Running, method: Method, origin: &str) -> Response {
    let call = factory.http.request(method, factory.url("/api/vendor")).header("origin", origin);
    call.header("access-control-request-method", "PUT").send().await.unwrap()
}

#[tokio::test]
async fn a_preflight_of_an_allowed_origin_is_answered() {
    let factory = Running::start().await;
    let response = call(&factory, Method::OPTIONS, DASHBOARD).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["access-control-allow-origin"], DASHBOARD);
    let allowed = response.headers()["access-control-allow-headers"].to_str().unwrap();
    assert!(allowed.contains("authorization") && allowed.contains("content-type"));
}

#[tokio::test]
async fn an_error_too_can_be_read_by_an_allowed_origin() {
    let factory = Running::start().await;
    let response = call(&factory, Method::GET, DASHBOARD).await;
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["access-control-allow-origin"], DASHBOARD);
    assert_eq!(running::read(response).await.1["message"], "invalid authentication");
}

#[tokio::test]
async fn any_other_origin_is_told_nothing() {
    let factory = Running::start_with(|c| c.allowed_origins = vec!["https://ours.test".to_owned()]).await;
    for method in [Method::OPTIONS, Method::GET] {
        for origin in ["https://evil.test", DASHBOARD, "null"] {
            let response = call(&factory, method.clone(), origin).await;
            assert!(response.headers().get("access-control-allow-origin").is_none(), "{origin}");
        }
    }
    let own = format!("http://{}", factory.address);
    for origin in ["https://ours.test", &own] {
        let response = call(&factory, Method::GET, origin).await;
        assert_eq!(response.headers()["access-control-allow-origin"], origin);
    }
}
