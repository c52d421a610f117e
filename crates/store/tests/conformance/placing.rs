//! Orders to ask about, in every state, and what is asked of them; the simulation's store is asked the same.

use domain::{Bitcoin, Diner, FranchiseId, MenuId, OrderId, OrderItem, OrderState, StoreId, UserId};
use std::time::Duration;
use store::{
    Cancellation, Claim, ClaimedOrder, Finish, Lease, NewOrder, Pick, Placed, Settlement, Store, Token,
};

pub const LEASE: Duration = Duration::from_secs(60);

/// Names, filters and reasons that were made to break something.
pub const HOSTILE: [&str; 12] = [
    "O'Reilly \"the\" `cook`",
    "'); DROP TABLE user; --",
    "100 % off_\\",
    "%",
    "_",
    "nul \0 in the middle",
    "常用名字",
    "🍕👩‍👩‍👧‍👦 four bytes and joined",
    "e\u{301} is not é",
    "\u{202e}backwards",
    "line\r\nbreak\ttab",
    "\u{10ffff}\u{feff}",
];

pub fn new_order(diner: i64, franchise: i64) -> NewOrder {
    let item = |menu_id, description: &str, satoshi| OrderItem {
        menu_id: MenuId(menu_id),
        description: description.into(),
        price: Bitcoin::from_satoshi(satoshi),
    };
    NewOrder {
        diner: Diner { id: UserId(diner), name: format!("diner {diner}"), email: format!("{diner}@jwt.com") },
        franchise: FranchiseId(franchise),
        store: StoreId(franchise * 10),
        items: vec![item(1, "Veggie", 380_000), item(2, "Pepperoni", 420_001)],
        idempotency: None,
        traceparent: None,
        claim: None,
    }
}

pub fn lease(token: &Token) -> Lease {
    Lease { token: token.clone(), duration: LEASE }
}

pub async fn place(store: &dyn Store, order: NewOrder) -> OrderId {
    match store.place_order(order).await.unwrap() {
        Placed::Saved { id, .. } => id,
        other => panic!("not saved: {other:?}"),
    }
}

pub async fn queued(store: &dyn Store) -> OrderId {
    place(store, new_order(1, 1)).await
}

pub async fn making(store: &dyn Store) -> (OrderId, Token) {
    let token = Token::new();
    let order = place(store, NewOrder { claim: Some(lease(&token)), ..new_order(1, 1) }).await;
    (order, token)
}

/// An order that went the legal way to this state, and the last token on it.
pub async fn order_in(store: &dyn Store, state: OrderState) -> (OrderId, Token) {
    let (order, token) = making(store).await;
    let end = match state {
        OrderState::Making => return (order, token),
        OrderState::Queued | OrderState::Cancelled => {
            let release = store.release(order, &token, store::Release::default()).await.unwrap();
            assert_eq!(release, Settlement::Applied);
            if state == OrderState::Cancelled {
                assert_eq!(store.cancel_order(order).await.unwrap(), Cancellation::Cancelled);
            }
            return (order, token);
        }
        OrderState::Fulfilled => Finish::Fulfilled { jwt: "a.b.c".into() },
        OrderState::Rejected => Finish::Rejected { reason: "no".into() },
        OrderState::Quarantined => Finish::Quarantined { reason: "odd".into() },
    };
    assert_eq!(store.finish(order, &token, end).await.unwrap(), Settlement::Applied);
    (order, token)
}

pub async fn claim(store: &dyn Store, pick: Pick, limit: u32) -> Vec<ClaimedOrder> {
    let lease = lease(&Token::new());
    store.claim_due(Claim { limit, pick, lease }).await.unwrap()
}

pub async fn state_of(store: &dyn Store, order: OrderId) -> OrderState {
    store.order(order).await.unwrap().expect("it was placed").state
}

pub async fn events_of(store: &dyn Store, order: OrderId) -> Vec<(u32, OrderState)> {
    let events = store.status_events(order, 0).await.unwrap();
    events.into_iter().map(|event| (event.number, event.state)).collect()
}
