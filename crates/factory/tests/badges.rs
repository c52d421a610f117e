//! Badges, which show what strangers wrote on pages of others.
#![allow(clippy::unwrap_used)]

mod running;

use reqwest::Method;
use running::{ADMIN_KEY, KEY, OTHER_KEY, Running, answer, message};
use serde_json::{Value, json};

async fn keep(factory: &Running, key: &str, path: &str, query: &[(&str, &str)]) -> (u16, Value) {
    let mut url = reqwest::Url::parse(&factory.url(path)).unwrap();
    url.query_pairs_mut().extend_pairs(query);
    answer(factory.http.post(url).bearer_auth(key)).await
}

async fn picture(factory: &Running, path: &str) -> String {
    let response = factory.http.get(factory.url(path)).send().await.unwrap();
    assert_eq!(response.status(), 200);
    for (header, value) in [
        ("content-type", "image/svg+xml"),
        ("content-security-policy", "default-src 'none'; sandbox"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(response.headers()[header], value);
    }
    response.text().await.unwrap()
}

#[tokio::test]
async fn a_badge_is_made_replaced_and_survives_a_restart() {
    let factory = Running::start().await;
    let path = "/api/badge/one/coverage";
    let url = (200, json!({"url": factory.url(path)}));
    assert_eq!(keep(&factory, KEY, path, &[]).await, url);
    let svg = picture(&factory, path).await;
    assert!(svg.starts_with("<svg ") && svg.contains(r##"fill="#ee0000""##));
    assert!(svg.contains("<title>Coverage: 0.00%</title>"));

    let query = [("label", "Tests"), ("value", "42 of 42"), ("color", "green")];
    assert_eq!(keep(&factory, KEY, path, &query).await, url);
    let factory = factory.restart().await;
    let svg = picture(&factory, path).await;
    assert!(svg.contains("<title>Tests: 42 of 42</title>") && svg.contains(r#"fill="green""#));
    assert_eq!(factory.get("/api/badge/one/other").await, (404, message("Unknown badge")));
    assert_eq!(factory.get("/api/badge/two/coverage").await, (404, message("Unknown badge")));
}

#[tokio::test]
async fn nothing_in_a_badge_is_markup() {
    let factory = Running::start().await;
    let evil = "\"><script>alert('&')</script>";
    let path = "/api/badge/one/evil";
    assert_eq!(keep(&factory, KEY, path, &[("label", evil), ("value", evil)]).await.0, 200);
    let svg = picture(&factory, path).await;
    assert!(!svg.contains("<script") && !svg.contains(evil));
    assert!(svg.contains("&quot;&gt;&lt;script&gt;"));
}

#[tokio::test]
async fn a_badge_is_its_accounts() {
    let factory = Running::start().await;
    let path = "/api/badge/one/coverage";
    assert_eq!(keep(&factory, OTHER_KEY, path, &[]).await, (401, message("unauthorized")));
    assert_eq!(keep(&factory, "wrong", path, &[]).await, (401, message("invalid authentication")));
    assert_eq!(keep(&factory, ADMIN_KEY, path, &[]).await.0, 200);
    let nobodys = keep(&factory, ADMIN_KEY, "/api/badge/nobody/coverage", &[]).await;
    assert_eq!(nobodys, (404, message("Unknown vendor")));
}

#[tokio::test]
async fn what_does_not_fit_is_refused_with_the_reason() {
    let factory = Running::start().await;
    let long = "x".repeat(61);
    for (name, value) in [
        ("label", &*long),
        ("value", &long),
        ("label", "a\nb"),
        ("color", ""),
        ("color", "#12345"),
        ("color", "#12345g"),
        ("color", "red\" onload=\"alert(1)"),
        ("color", "url(http://evil.test)"),
        ("color", "abcdefghijklmnopqrstu"),
    ] {
        let (status, said) = keep(&factory, KEY, "/api/badge/one/b", &[(name, value)]).await;
        assert_eq!(status, 400, "{name} {value}");
        assert!(!said["message"].as_str().unwrap().is_empty());
    }
    for color in ["#abc", "#44aa44", "#44AA44ff", "brightgreen"] {
        assert_eq!(keep(&factory, KEY, "/api/badge/one/b", &[("color", color)]).await.0, 200, "{color}");
    }
    for name in ["a%20b", "a%2Fb", "%3Cb%3E", &"x".repeat(65)] {
        let said = keep(&factory, KEY, &format!("/api/badge/one/{name}"), &[]).await;
        assert_eq!(said.0, 400, "{name}");
    }
    assert_eq!(keep(&factory, KEY, "/api/badge/one/b?label=a&label=b", &[]).await.0, 400);
    assert_eq!(factory.send(Method::POST, "/api/badge/one/%ff", KEY, json!(null)).await.0, 400);
}

#[tokio::test]
async fn an_account_has_so_many_badges_only() {
    let factory = Running::start().await;
    for badge in 0..20 {
        assert_eq!(keep(&factory, KEY, &format!("/api/badge/one/{badge}"), &[]).await.0, 200);
    }
    let full = (409, message("an account has at most 20 badges"));
    assert_eq!(keep(&factory, KEY, "/api/badge/one/20", &[]).await, full);
    assert_eq!(keep(&factory, KEY, "/api/badge/one/19", &[("value", "new")]).await.0, 200);
    assert_eq!(keep(&factory, OTHER_KEY, "/api/badge/two/1", &[]).await.0, 200);
}
