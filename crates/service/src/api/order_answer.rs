//! The answer to `POST /api/order`: a pizza, or the promise of one, or why there will be none.

use super::{schema, views::from_now};
use crate::{
    app::AppState,
    auth::Session,
    config::ReportLinkAudience,
    edge::{Problem, whole_seconds},
    fulfilment::Made,
};
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::{FranchiseId, OrderId, OrderItem, OrderState, StoreId};
use jiff::Timestamp;
use serde::Serialize;
use store::{NewOrder, OrderRecord, OrderedItem};
use utoipa::ToSchema;

/// An order that was placed, and who placed it.
pub struct PlacedOrder<'a> {
    app: &'a AppState,
    session: &'a Session,
    franchise: FranchiseId,
    store: StoreId,
    items: Vec<OrderItem>,
    /// Nobody has been answered about it yet: it counts.
    first_time: bool,
}

/// A pizza, or the promise of one.
#[derive(Serialize, ToSchema)]
#[schema(as = PlacedOrder, example = json!({
    "order": {
        "id": 12, "franchiseId": 1, "storeId": 1, "items": [{ "menuId": 1, "description": "Veggie", "price": 0.0038 }],
        "date": "2025-12-02T10:10:30Z", "status": "fulfilled",
    },
    "jwt": "1111111111",
}))]
#[serde(rename_all = "camelCase")]
pub struct Answer<'a> {
    order: OrderInAnswer<'a>,
    /// The pizza.
    #[serde(skip_serializing_if = "Option::is_none")]
    jwt: Option<&'a str>,
    /// What the diner should know while there is no pizza.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[schema(schema_with = schema::timestamp)]
    #[serde(skip_serializing_if = "Option::is_none")]
    estimated_ready_at: Option<Timestamp>,
    /// For the on-call engineer.
    #[serde(skip_serializing_if = "Option::is_none")]
    follow_link_to_end_chaos: Option<String>,
}

/// An order as it was placed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderInAnswer<'a> {
    #[schema(value_type = i64)]
    id: OrderId,
    #[schema(value_type = i64)]
    franchise_id: FranchiseId,
    #[schema(value_type = i64)]
    store_id: StoreId,
    #[schema(schema_with = schema::ordered_items)]
    items: &'a [OrderItem],
    #[schema(schema_with = schema::timestamp)]
    date: Timestamp,
    #[schema(schema_with = schema::order_status)]
    status: OrderState,
}

impl<'a> PlacedOrder<'a> {
    /// About to be placed.
    pub fn new(app: &'a AppState, session: &'a Session, order: &NewOrder) -> Self {
        let (franchise, store, items) = (order.franchise, order.store, order.items.clone());
        Self { app, session, franchise, store, items, first_time: true }
    }

    /// Placed before.
    pub fn again(app: &'a AppState, session: &'a Session, order: &OrderRecord) -> Self {
        let item = |item: &OrderedItem| OrderItem {
            menu_id: item.menu_id,
            description: item.description.clone(),
            price: item.price,
        };
        let items = order.items.iter().map(item).collect();
        Self { app, session, franchise: order.franchise, store: order.store, items, first_time: false }
    }

    /// What became of it within the diner's wait.
    pub fn answer(&self, id: OrderId, date: Timestamp, made: Made) -> Result<Response, Problem> {
        match made {
            Made::Fulfilled { jwt } => Ok(self.pizza(id, date, &jwt)),
            Made::Later => Ok(self.promise(id, date)),
            Made::Rejected { reason } => {
                let order = serde_json::to_value(self.order(id, date, OrderState::Rejected));
                let order = order.map_err(|_| Problem::internal())?;
                Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, reason).with("order", order))
            }
        }
    }

    fn pizza(&self, id: OrderId, date: Timestamp, jwt: &str) -> Response {
        let order = self.order(id, date, OrderState::Fulfilled);
        let link = self.report_link();
        axum::Json(Answer {
            order,
            jwt: Some(jwt),
            message: None,
            estimated_ready_at: None,
            follow_link_to_end_chaos: link,
        })
        .into_response()
    }

    fn promise(&self, id: OrderId, date: Timestamp) -> Response {
        let kitchen = self.app.kitchen.status();
        if self.first_time {
            self.app.metrics.order("queued");
        }
        let headers = [
            (header::LOCATION, format!("/api/order/{id}")),
            (header::RETRY_AFTER, whole_seconds(kitchen.ask_again_in()).to_string()),
        ];
        let body = Answer {
            order: self.order(id, date, OrderState::Queued),
            jwt: None,
            message: Some(kitchen.message_for_saved_order()),
            estimated_ready_at: Some(from_now(kitchen.estimated_wait())),
            follow_link_to_end_chaos: self.report_link(),
        };
        (StatusCode::ACCEPTED, headers, axum::Json(body)).into_response()
    }

    /// The link that ends the factory's chaos may hold our key there: it is for the on-call engineer.
    fn report_link(&self) -> Option<String> {
        let everyone = self.app.config.orders.expose_report_link == ReportLinkAudience::Everyone;
        let link = (everyone || self.session.user.is_admin()).then(|| self.app.kitchen.report_link());
        link.flatten().map(|link| link.expose().to_string())
    }

    fn order(&self, id: OrderId, date: Timestamp, status: OrderState) -> OrderInAnswer<'_> {
        OrderInAnswer {
            id,
            franchise_id: self.franchise,
            store_id: self.store,
            items: &self.items,
            date,
            status,
        }
    }
}

/// What became of an order, as the store knows it.
pub fn made(order: OrderRecord) -> Made {
    match (order.state, order.jwt) {
        (OrderState::Fulfilled, Some(jwt)) => Made::Fulfilled { jwt },
        (OrderState::Rejected, _) => Made::Rejected { reason: order.reason.unwrap_or_default() },
        _ => Made::Later,
    }
}
