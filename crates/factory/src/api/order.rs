//! Orders, the factory's one purpose, and how anybody can tell its pizzas from others.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode};
use factory_api::{Jwks, OrderResponse, PizzaClaims, VendorClaim, VerifiedPayload, VerifyResponse};
use jiff::Timestamp;
use serde_json::Value;

use super::bodies::JsonBody;
use super::caller::Caller;
use crate::chaos::Mishap;
use crate::endpoint::Endpoint;
use crate::factory::Factory;
use crate::ledger::KeptPizza;
use crate::problem::ApiError;
use crate::secret::Fingerprint;
use crate::vendors::Vendor;

const MOST_ITEMS: usize = 20;
const LONGEST_KEY: usize = 255;
/// How soon a caller whose order is being made under the same key may ask again, in seconds.
const ASK_AGAIN: u16 = 1;

pub(crate) const PLACE: Endpoint = Endpoint {
    method: Method::POST,
    path: "/api/order",
    requires_auth: true,
    description: "Make a pizza. The same Idempotency-Key gives the same pizza for 24 hours.",
    example: r#"curl -X POST $factory/api/order -H "Authorization: Bearer $apiKey" -H "Content-Type: application/json" -H "Idempotency-Key: 17" -d '{"diner":{"id":1,"name":"Kai","email":"kai@example.com"},"order":{"id":17,"items":[{"menuId":1,"description":"Veggie","price":0.0038}]}}'"#,
    response: r#"{"jwt": "JWT here"}"#,
};

pub(crate) const VERIFY: Endpoint = Endpoint {
    method: Method::POST,
    path: "/api/order/verify",
    requires_auth: false,
    description: "Check that a pizza is one of ours and still good.",
    example: r#"curl -X POST $factory/api/order/verify -H "Content-Type: application/json" -d '{"jwt":"JWT here"}'"#,
    response: r#"{"message": "valid", "payload": {"vendor": {"id": "v1", "name": "Vendor"}, "diner": {}, "order": {}}}"#,
};

pub(crate) const JWKS: Endpoint = Endpoint {
    method: Method::GET,
    path: "/.well-known/jwks.json",
    requires_auth: false,
    description: "The public keys that pizzas are signed with.",
    example: "curl $factory/.well-known/jwks.json",
    response: r#"{"keys": [{"kty": "RSA", "kid": "name", "use": "sig", "alg": "RS256", "n": "modulus", "e": "AQAB"}]}"#,
};

/// Makes a pizza, unless chaos has it otherwise.
pub(crate) async fn place(
    State(factory): State<Arc<Factory>>,
    Caller(vendor): Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody<Value>,
) -> Result<Json<OrderResponse>, ApiError> {
    let order = NewOrder::read(&vendor, &headers, body)?;
    let now = Timestamp::now();
    let window = vendor.chaos(now);
    let mishap = window.and_then(|window| window.mishap(now, fastrand::f64()));
    let report_url = mishap.and(window).map(|window| factory.report_link(&vendor, window));
    let late = match (mishap, report_url.clone()) {
        (Some(Mishap::Fail), Some(link)) => {
            let monkey = ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "chaos monkey");
            return Err(monkey.with_report(link));
        }
        (Some(Mishap::Counterfeit), _) => {
            let jwt = factory.baker.counterfeit(order.claims, now);
            let jwt = jwt.map_err(|error| ApiError::internal(&error))?;
            return Ok(Json(OrderResponse { jwt, report_url }));
        }
        (Some(Mishap::Late(delay)), _) => delay,
        _ => Duration::ZERO,
    };
    if !order.fits {
        tokio::time::sleep(late + factory.oven_delay).await;
        return Err(oven_is_full());
    }
    let jwt = make_on_its_own(factory, order, late).await?;
    Ok(Json(OrderResponse { jwt, report_url }))
}

/// Says whether a token is a pizza of ours.
pub(crate) async fn verify(
    State(factory): State<Arc<Factory>>,
    JsonBody(body): JsonBody<Value>,
) -> Result<Json<VerifyResponse>, ApiError> {
    let claims = body["jwt"]
        .as_str()
        .and_then(|jwt| factory.baker.check(jwt, Timestamp::now()))
        .ok_or_else(|| ApiError::new(StatusCode::FORBIDDEN, "invalid"))?;
    Ok(Json(VerifyResponse {
        message: "valid".to_owned(),
        payload: VerifiedPayload { vendor: claims.vendor, diner: claims.diner, order: claims.order },
    }))
}

/// The keys that pizzas are signed with.
pub(crate) async fn jwks(State(factory): State<Arc<Factory>>) -> Json<Jwks> {
    Json(factory.baker.jwks().clone())
}

/// The idempotency keys whose orders are being made, each of which has one owner.
#[derive(Clone, Default)]
pub(crate) struct Reservations(Arc<Mutex<HashSet<VendorKey>>>);

/// A vendor's id and its idempotency key.
type VendorKey = (String, String);

/// The right to make the order of a key; given back when dropped.
struct Reservation {
    all: Reservations,
    key: VendorKey,
}

impl Reservations {
    fn reserve(&self, key: VendorKey) -> Option<Reservation> {
        let fresh = self.lock().insert(key.clone());
        fresh.then(|| Reservation { all: self.clone(), key })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<VendorKey>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.all.lock().remove(&self.key);
    }
}

struct NewOrder {
    claims: PizzaClaims,
    idempotency_key: Option<VendorKey>,
    request: Fingerprint,
    fits: bool,
}

impl NewOrder {
    fn read(vendor: &Vendor, headers: &HeaderMap, mut body: Value) -> Result<Self, ApiError> {
        let mut member = |name| body.get_mut(name).map(Value::take).unwrap_or_default();
        let (diner, order) = (member("diner"), member("order"));
        if !diner.is_object() || !order.is_object() {
            return Err(ApiError::bad_request("Missing required parameters"));
        }
        let items = order["items"].as_array().map_or(0, Vec::len);
        Ok(Self {
            idempotency_key: idempotency_key(headers)?.map(|key| (vendor.id.clone(), key)),
            request: Fingerprint::of(format!("{diner}{order}")),
            fits: (1..=MOST_ITEMS).contains(&items),
            claims: PizzaClaims {
                vendor: VendorClaim {
                    id: vendor.id.clone(),
                    name: vendor.profile.name.clone().unwrap_or_default(),
                },
                diner,
                order,
                iat: None,
                exp: None,
                iss: None,
            },
        })
    }
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let Some(value) = headers.get("idempotency-key") else {
        return Ok(None);
    };
    match value.to_str() {
        Ok(key) if (1..=LONGEST_KEY).contains(&key.len()) => Ok(Some(key.to_owned())),
        _ => Err(ApiError::bad_request("Idempotency-Key must be 1 to 255 printable characters")),
    }
}

/// A caller that hangs up changes nothing: the pizza is made and kept for when it asks again.
async fn make_on_its_own(factory: Arc<Factory>, order: NewOrder, late: Duration) -> Result<String, ApiError> {
    let slot = factory.order_slots.clone().try_acquire_owned();
    let slot = slot.map_err(|_| oven_is_full().retry_after_seconds(ASK_AGAIN))?;
    let reservation = match &order.idempotency_key {
        Some(key) => Some(factory.reservations.reserve(key.clone()).ok_or_else(|| {
            ApiError::new(StatusCode::CONFLICT, "This order is being made already.")
                .retry_after_seconds(ASK_AGAIN)
        })?),
        None => None,
    };
    let making = factory.under_way.clone().spawn(async move {
        let made = make(&factory, order, late).await;
        drop((reservation, slot));
        made
    });
    making.await.map_err(|error| ApiError::internal(&error))?
}

/// The pizza of this order: the one that was made under its key, or a new one.
async fn make(factory: &Factory, order: NewOrder, late: Duration) -> Result<String, ApiError> {
    let kept = match &order.idempotency_key {
        Some((vendor, key)) => factory
            .ledger
            .find_pizza(vendor, key, Timestamp::now())
            .map_err(|error| ApiError::internal(&error))?,
        None => None,
    };
    if kept.as_ref().is_some_and(|kept| kept.request != order.request) {
        return Err(ApiError::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "This Idempotency-Key was used for another order.",
        ));
    }
    if !late.is_zero() {
        tokio::time::sleep(late).await;
    }
    if let Some(kept) = kept {
        return Ok(kept.jwt);
    }
    let now = Timestamp::now();
    let jwt = factory.baker.make(order.claims, now).await;
    let jwt = jwt.map_err(|error| ApiError::internal(&error))?;
    if let Some((vendor, key)) = order.idempotency_key {
        let pizza = KeptPizza { request: order.request, jwt: jwt.clone() };
        factory
            .ledger
            .keep_pizza(vendor, key, pizza, now)
            .await
            .map_err(|error| ApiError::internal(&error))?;
    }
    Ok(jwt)
}

fn oven_is_full() -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, "Unable to satisfy pizza order. The oven is full.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FactoryConfig;
    use crate::profile::Profile;
    use axum::response::IntoResponse;
    use serde_json::json;

    #[tokio::test]
    async fn more_orders_than_the_factory_can_hold_are_refused_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let config = FactoryConfig::new(dir.path());
        let factory = Factory::open(config, ([127, 0, 0, 1], 80).into()).await.unwrap();
        let slots = factory.order_slots.available_permits().try_into().unwrap();
        let taken = factory.order_slots.clone().try_acquire_many_owned(slots);
        let vendor = Vendor {
            id: "v".to_owned(),
            profile: Profile::default(),
            created: Timestamp::now(),
            is_admin: false,
            keys: [Fingerprint::of("key"); 2],
            key_salt: "salt".to_owned(),
            report_token: "token".to_owned(),
            connections: [].into(),
            window: None,
        };
        let body = json!({"diner": {}, "order": {"items": [1]}});
        let order = || NewOrder::read(&vendor, &HeaderMap::new(), body.clone()).unwrap();

        let refused = make_on_its_own(factory.clone(), order(), Duration::ZERO).await;
        let response = refused.unwrap_err().into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(response.headers().contains_key("retry-after"));
        drop(taken);
        assert!(make_on_its_own(factory, order(), Duration::ZERO).await.is_ok());
    }

    #[test]
    fn a_reservation_has_one_owner_and_ends_with_it() {
        let all = Reservations::default();
        let key = || ("v".to_owned(), "k".to_owned());
        let first = all.reserve(key());
        assert!(first.is_some());
        assert!(all.reserve(key()).is_none());
        assert!(all.reserve(("w".to_owned(), "k".to_owned())).is_some());
        drop(first);
        assert!(all.reserve(key()).is_some());
    }
}
