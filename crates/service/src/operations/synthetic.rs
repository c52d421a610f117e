//! Synthetic orders: test orders that the service places itself, through the whole path from intake to pizza, so that a
//! quiet night still has a signal. They cost nothing and are no revenue, belong to an account that nobody can log in
//! to, and are not counted among what was sold.

use crate::{
    app::App,
    fulfilment::{Made, Receipt},
};
use domain::{Bitcoin, Diner, EmailAddress, FranchiseId, Name, OrderItem, Role, StoreId};
use std::{sync::Arc, time::Duration};
use store::{FranchiseQuery, NewOrder, NewUser, Registration, StoreError};
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// The e-mail address of the diner to whom synthetic orders belong (RFC 2606: nobody's).
pub const SYNTHETIC_DINER: &str = "synthetic-orders@jwt-pizza.invalid";
/// Whether an address is one that nobody may have: whoever had it would get pizzas that nobody paid for.
pub fn is_reserved(email: &EmailAddress) -> bool {
    email.to_string().eq_ignore_ascii_case(SYNTHETIC_DINER)
}

/// No hash: there is no password for it.
const NO_PASSWORD: &str = "!";
/// So long a synthetic order may take before it counts as queued.
const PATIENCE: Duration = Duration::from_secs(10);

/// Places synthetic orders until the shutdown signal, if that is configured.
pub async fn place_synthetic_orders(app: Arc<App>, shutdown: CancellationToken) {
    let Some(every) = app.config.synthetic_orders.every else { return };
    let mut pace = tokio::time::interval(every);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = pace.tick() => {}
            () = shutdown.cancelled() => return,
        }
        let result = match place(&app).await {
            Ok(Some(result)) => result,
            Ok(None) => {
                tracing::warn!(
                    "type" = "order",
                    component = "synthetic",
                    "there is no menu or no store to order at"
                );
                continue;
            }
            Err(error) => {
                tracing::error!(
                    "type" = "order",
                    component = "synthetic",
                    ?error,
                    "a synthetic order was not taken in"
                );
                "failed"
            }
        };
        app.metrics.synthetic_order(result);
    }
}

/// Places one and waits for it; how it went. `None`: there is nothing to order, or nowhere.
async fn place(app: &App) -> Result<Option<&'static str>, StoreError> {
    let Some((franchise, store)) = any_store(app).await? else { return Ok(None) };
    let Some(item) = app.store.menu().await?.0.into_iter().next() else { return Ok(None) };
    let items = vec![OrderItem {
        menu_id: item.id,
        description: format!("{} (synthetic order)", item.title),
        price: Bitcoin::from_satoshi(0),
    }];
    let diner = diner(app).await?;
    let order =
        NewOrder { diner, franchise, store, items, idempotency: None, traceparent: None, claim: None };
    Ok(Some(match app.kitchen.place(order).await? {
        Receipt::Making { made, .. } => match tokio::time::timeout(PATIENCE, made).await {
            Ok(Ok(Made::Fulfilled { .. })) => "fulfilled",
            Ok(Ok(Made::Rejected { .. })) => "failed",
            Ok(Ok(Made::Later) | Err(_)) | Err(_) => "queued",
        },
        _ => "queued",
    }))
}

async fn any_store(app: &App) -> Result<Option<(FranchiseId, StoreId)>, StoreError> {
    let query = FranchiseQuery { page: 0, per_page: 10, name: "*".to_owned(), with_business: false };
    let franchises = app.store.franchises(query).await?.franchises;
    let store = |franchise: &domain::Franchise| Some((franchise.id, franchise.stores.first()?.id));
    Ok(franchises.iter().find_map(store))
}

/// The account is opened with the first order.
async fn diner(app: &App) -> Result<Diner, StoreError> {
    let known = app.store.credentials(SYNTHETIC_DINER).await?.into_iter().next();
    let user = match known {
        Some(known) => known.user,
        None => match app.store.create_user(new_diner()?).await? {
            Registration::Created(user) => user,
            // Another instance was quicker: it is found next time.
            Registration::EmailTaken => {
                return Err(StoreError::new("the synthetic diner is being registered"));
            }
        },
    };
    Ok(Diner { id: user.id, name: user.name.to_string(), email: user.email.to_string() })
}

fn new_diner() -> Result<NewUser, StoreError> {
    Ok(NewUser {
        name: Name::parse("synthetic diner").map_err(StoreError::new)?,
        email: EmailAddress::parse(SYNTHETIC_DINER).map_err(StoreError::new)?,
        password_hash: NO_PASSWORD.to_owned(),
        roles: vec![Role::Diner],
    })
}
