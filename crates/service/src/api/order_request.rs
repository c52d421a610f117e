//! What a diner asks for: the body and the headers of `POST /api/order`, read once.

use super::{
    extract::{id, parse},
    schema,
};
use crate::{
    app::AppState,
    auth::Session,
    edge::{Exchange, Problem},
};
use axum::http::HeaderMap;
use domain::{Diner, FranchiseId, IdempotencyKey, MenuId, StoreId, price_items};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::time::Duration;
use store::{Idempotency, NewOrder};
use utoipa::ToSchema;

/// What a diner sends. Titles and prices that come along are not read: the menu knows them.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "franchiseId": 1, "storeId": 1, "items": [{ "menuId": 1 }] }))]
#[serde(rename_all = "camelCase")]
pub struct PlaceOrder {
    #[schema(schema_with = schema::id)]
    #[serde(deserialize_with = "id")]
    franchise_id: i64,
    #[schema(schema_with = schema::id)]
    #[serde(deserialize_with = "id")]
    store_id: i64,
    #[schema(required, min_items = 1, max_items = 20)]
    #[serde(default)]
    items: Vec<WantedItem>,
}

/// One pizza that a diner asks for.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WantedItem {
    #[schema(schema_with = schema::id)]
    #[serde(deserialize_with = "id")]
    menu_id: i64,
}

/// An order as it was asked for.
pub struct Wanted {
    franchise: FranchiseId,
    store: StoreId,
    items: Vec<MenuId>,
    /// The client's own name for it.
    pub idempotency: Option<Idempotency>,
}

impl Wanted {
    /// These pizzas at this store; the same under the same `key` is the same order.
    pub fn new(franchise: FranchiseId, store: StoreId, items: Vec<MenuId>, key: IdempotencyKey) -> Self {
        let wanted = Self { franchise, store, items, idempotency: None };
        let request_hash = wanted.hash();
        Self { idempotency: Some(Idempotency { key, request_hash }), ..wanted }
    }

    /// Reads body and headers.
    pub fn read(headers: &HeaderMap, body: PlaceOrder) -> Result<Self, Problem> {
        let wanted = Self {
            franchise: FranchiseId(body.franchise_id),
            store: StoreId(body.store_id),
            items: body.items.iter().map(|item| MenuId(item.menu_id)).collect(),
            idempotency: None,
        };
        let Some(key) = headers.get("idempotency-key") else { return Ok(wanted) };
        let key = IdempotencyKey::parse(key.to_str().unwrap_or_default())
            .map_err(|error| Problem::bad_request(error.to_string()))?;
        let idempotency = Some(Idempotency { key, request_hash: wanted.hash() });
        Ok(Self { idempotency, ..wanted })
    }

    /// The order with the menu's titles and prices, for a store that exists.
    pub async fn priced(
        self,
        app: &AppState,
        session: &Session,
        exchange: &Exchange,
    ) -> Result<NewOrder, Problem> {
        let offer = app.catalogue.offer().await?;
        let items =
            price_items(&offer.menu, &self.items).map_err(|error| Problem::bad_request(error.to_string()))?;
        if !app.catalogue.sells(self.franchise, self.store).await? {
            return Err(Problem::not_found("unknown store"));
        }
        Ok(NewOrder {
            diner: Diner::from(&session.user),
            franchise: self.franchise,
            store: self.store,
            items,
            idempotency: self.idempotency,
            traceparent: Some(exchange.trace().to_string()),
            claim: None,
        })
    }

    /// What an idempotency key stands for: where, and what.
    fn hash(&self) -> [u8; 32] {
        let mut request = Sha256::new();
        for number in [self.franchise.0, self.store.0].into_iter().chain(self.items.iter().map(|item| item.0))
        {
            request.update(number.to_be_bytes());
        }
        request.finalize().into()
    }
}

/// Headers and body as franchise, store and pizzas.
///
/// # Errors
/// 400, with what is wrong.
pub fn read_order(headers: &HeaderMap, body: &[u8]) -> Result<(i64, i64, Vec<i64>), Problem> {
    let wanted = Wanted::read(headers, parse(body)?)?;
    Ok((wanted.franchise.0, wanted.store.0, wanted.items.iter().map(|item| item.0).collect()))
}

/// `Prefer: wait=N` and `Prefer: respond-async` (RFC 7240), within bounds.
pub fn patience(headers: &HeaderMap, default: Duration, max: Duration) -> Duration {
    let preferences = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    let mut wait = default;
    for preference in preferences.flat_map(|value| value.split([',', ';'])).map(str::trim) {
        if preference.eq_ignore_ascii_case("respond-async") {
            return Duration::ZERO;
        }
        let seconds = preference.split_once('=').filter(|(name, _)| name.trim().eq_ignore_ascii_case("wait"));
        if let Some(seconds) = seconds.and_then(|(_, seconds)| seconds.trim().parse().ok()) {
            wait = Duration::from_secs(seconds).min(max);
        }
    }
    wait
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_read_and_bounded() {
        let patience = |prefer: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("prefer", prefer.parse().unwrap());
            super::patience(&headers, Duration::from_secs(3), Duration::from_secs(30)).as_secs()
        };
        assert_eq!(patience("wait=10"), 10);
        assert_eq!(patience("wait=1000"), 30);
        assert_eq!(patience("Wait = 5, handling=lenient"), 5);
        assert_eq!(patience("respond-async, wait=5"), 0);
        assert_eq!(patience("wait=-1"), 3);
        assert_eq!(patience("nonsense"), 3);
    }
}
