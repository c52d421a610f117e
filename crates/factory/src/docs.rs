//! `GET /api/docs`: the factory's calls, for people.

use axum::Json;
use serde_json::{Value, json};

/// Every call of [`crate::router`], with an example.
pub(crate) async fn docs() -> Json<Value> {
    Json(json!({
        "message": "welcome to the JWT Pizza Factory",
        "version": env!("CARGO_PKG_VERSION"),
        "endpoints": [
            {
                "method": "POST",
                "path": "/api/order",
                "requiresAuth": true,
                "description": "Make a pizza. The same Idempotency-Key gives the same pizza for 24 hours.",
                "example": r#"curl -X POST $factory/api/order -H "Authorization: Bearer $apiKey" -H "Content-Type: application/json" -H "Idempotency-Key: 17" -d '{"diner":{"id":1,"name":"Kai","email":"kai@example.com"},"order":{"id":17,"items":[{"menuId":1,"description":"Veggie","price":0.0038}]}}'"#,
                "response": {"jwt": "JWT here"}
            },
            {
                "method": "POST",
                "path": "/api/order/verify",
                "description": "Check that a pizza is one of ours and still good.",
                "example": r#"curl -X POST $factory/api/order/verify -H "Content-Type: application/json" -d '{"jwt":"JWT here"}'"#,
                "response": {"message": "valid", "payload": {"vendor": {"id": "v1", "name": "Vendor"}, "diner": {}, "order": {}}}
            },
            {
                "method": "GET",
                "path": "/.well-known/jwks.json",
                "description": "The public keys that pizzas are signed with.",
                "example": "curl $factory/.well-known/jwks.json",
                "response": {"keys": [{"kty": "RSA", "kid": "name", "use": "sig", "alg": "RS256", "n": "modulus", "e": "AQAB"}]}
            },
            {
                "method": "GET",
                "path": "/api/support/{reportToken}/report/{fixCode}",
                "description": "End the chaos that a reportUrl came with.",
                "example": "curl $reportUrl",
                "response": {"message": "Problem resolved. Pizza is back on the menu!"}
            },
            {
                "method": "GET",
                "path": "/api/vendor",
                "requiresAuth": true,
                "description": "The vendor whose key this is, with its chaos.",
                "example": r#"curl $factory/api/vendor -H "Authorization: Bearer $apiKey""#,
                "response": {"id": "v1", "name": "Vendor", "roles": ["vendor"], "connections": {}}
            },
            {
                "method": "GET",
                "path": "/api/vendor/{id}",
                "description": "Whether there is such a vendor.",
                "example": "curl $factory/api/vendor/v1",
                "response": {"exists": true}
            },
            {
                "method": "PUT",
                "path": "/api/vendor/chaos/{badjwt|fail|throttle|down|flap|none}",
                "requiresAuth": true,
                "description": "Plan chaos, tomorrow morning (UTC) or as the body says; it ends by itself. Body: startDate, durationSeconds, probability, delaySeconds (throttle), periodSeconds (flap).",
                "example": r#"curl -X PUT $factory/api/vendor/chaos/fail -H "Authorization: Bearer $apiKey" -H "Content-Type: application/json" -d '{"durationSeconds":720}'"#,
                "response": {"message": "Chaos initiated"}
            },
            {
                "method": "GET",
                "path": "/livez",
                "description": "Whether the factory is running.",
                "example": "curl $factory/livez",
                "response": {"message": "alive"}
            }
        ]
    }))
}
