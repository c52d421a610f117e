use crate::text;
use http::{HeaderMap, Uri};
use serde_json::json;
use service::outside;
use telemetry::redact;

/// An order that is understood is understood the same when it is written plainly; one that is not is a 400 that says why
/// in a line.
pub fn order_json(bytes: &[u8]) {
    let headers = HeaderMap::new();
    match outside::order(&headers, bytes) {
        Ok((franchise, store, items)) => {
            let items_json: Vec<_> = items.iter().map(|id| json!({ "menuId": id })).collect();
            let plain =
                json!({ "franchiseId": franchise, "storeId": store, "items": items_json }).to_string();
            assert_eq!(outside::order(&headers, plain.as_bytes()), Ok((franchise, store, items)));
        }
        Err((status, message)) => {
            assert_eq!(status, 400);
            assert!(!message.is_empty());
        }
    }
}

/// Whatever is asked for, a page is bounded.
pub fn query(bytes: &[u8]) {
    let Some(text) = text(bytes) else { return };
    assert!((3..=7).contains(&outside::number(text, 5, 3..=7)));
    let Ok(uri) = Uri::try_from(format!("/api/user?{text}")) else { return };
    let Some(page) = outside::page(&uri) else { return };
    assert!(page.page < 1_000_000 && (1..=100).contains(&page.per_page) && !page.name.is_empty());
}

/// What is logged of a body is valid text, and a password in JSON is not in it.
pub fn redaction(bytes: &[u8]) {
    redact::body(bytes, &[]);
    let Some(text) = text(bytes) else { return };
    redact::shapes(text);
    redact::path(text);
    let body = json!({ "name": text, "password": format!("canary-{text}-canary") }).to_string();
    let shown = redact::body(body.as_bytes(), &[]);
    assert!(text.contains("canary") || !shown.contains("canary"), "{shown}");
}
