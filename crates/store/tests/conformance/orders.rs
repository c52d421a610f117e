//! Placing orders and reading them.

use super::{Backend, HOSTILE, claim, events_of, making, new_order, order_in, place, queued};
use crate::Database;
use domain::{IdempotencyKey, OrderId, OrderState, UserId};
use std::{collections::HashSet, time::Duration};
use store::{Idempotency, NewOrder, OrderRecord, Pick, Placed};

/// Its date is part of the name that the factory knows an order by, so it must not change with rounding.
#[tokio::test]
async fn an_orders_date_is_the_same_for_whoever_is_told_it() {
    let database = Database::fresh().await;
    let store = database.open().await;
    for millis in [1, 499, 500, 999] {
        database.advance(Duration::from_millis(millis)).await;
        let Placed::Saved { id, date } = store.place_order(new_order(1, 1)).await.unwrap() else {
            panic!("new")
        };
        assert_eq!(store.order(id).await.unwrap().unwrap().date, date);
        assert_eq!(claim(&*store, Pick::Oldest, 1).await[0].date, date);
    }
}

#[tokio::test]
async fn a_queued_order_is_kept_as_it_was_placed() {
    let store = Database::fresh().await.open().await;
    let now = store.queue_stats().await.unwrap().now;
    let placed = store.place_order(new_order(7, 3)).await.unwrap();
    let Placed::Saved { id, date } = placed else { panic!("{placed:?}") };
    assert_eq!(date, now);

    let order = store.order(id).await.unwrap().unwrap();
    let new = new_order(7, 3);
    assert_eq!(
        (order.id, order.diner, order.franchise, order.store),
        (id, UserId(7), new.franchise, new.store)
    );
    assert_eq!((order.state, order.attempts, order.jwt.as_deref()), (OrderState::Queued, 0, None));
    assert_eq!((order.date, order.queued_at, order.fulfilled_at), (now, now, None));
    assert_eq!(order.reason, None);
    let kept: Vec<_> = order.items.iter().map(|i| (i.menu_id, i.description.clone(), i.price)).collect();
    let asked: Vec<_> = new.items.into_iter().map(|i| (i.menu_id, i.description, i.price)).collect();
    assert_eq!(kept, asked, "in the order it was asked for");
    assert_eq!(events_of(&*store, id).await, [(1, OrderState::Queued)]);
}

#[tokio::test]
async fn an_order_placed_with_a_claim_is_in_the_callers_hands_at_once() {
    let store = Database::fresh().await.open().await;
    let (id, _) = making(&*store).await;
    let order = store.order(id).await.unwrap().unwrap();
    assert_eq!((order.state, order.attempts), (OrderState::Making, 1));
    assert_eq!(events_of(&*store, id).await, [(1, OrderState::Making)]);
    assert_eq!(super::claim(&*store, store::Pick::Oldest, 1).await.len(), 0);
}

#[tokio::test]
async fn no_two_items_have_the_same_identity() {
    let store = Database::fresh().await.open().await;
    let mut seen = HashSet::new();
    let full = new_order(1, 1).items.into_iter().cycle().take(domain::MAX_ITEMS).collect::<Vec<_>>();
    for _ in 0..3 {
        let id = place(&*store, NewOrder { items: full.clone(), ..new_order(1, 1) }).await;
        let order = store.order(id).await.unwrap().unwrap();
        assert_eq!(order.items.len(), domain::MAX_ITEMS);
        assert!(order.items.iter().all(|item| seen.insert(item.id)));
    }
}

#[tokio::test]
async fn hostile_text_in_an_order_is_just_text() {
    let store = Database::fresh().await.open().await;
    for text in HOSTILE {
        let mut order = new_order(1, 1);
        order.diner.name = text.into();
        order.diner.email = format!("{text}@jwt.com");
        order.items[0].description = text.into();
        order.traceparent = Some(text.into());
        place(&*store, order).await;
    }
    for (claimed, text) in super::claim(&*store, store::Pick::Oldest, 100).await.into_iter().zip(HOSTILE) {
        assert_eq!(claimed.diner.name, text);
        assert_eq!(claimed.diner.email, format!("{text}@jwt.com"));
        assert_eq!(claimed.items[0].description, text);
        assert_eq!(claimed.traceparent.as_deref(), Some(text));
        let reason = store::Finish::Rejected { reason: text.into() };
        assert_eq!(
            store.finish(claimed.id, &claimed.token, reason).await.unwrap(),
            store::Settlement::Applied
        );
        assert_eq!(store.order(claimed.id).await.unwrap().unwrap().reason.as_deref(), Some(text));
    }
    assert_eq!(store.queue_stats().await.unwrap().making, 0, "every text was compared");
}

#[tokio::test]
async fn an_unknown_order_is_none() {
    let store = Database::fresh().await.open().await;
    for id in [0, 1, -1, i64::MAX, i64::MIN] {
        assert_eq!(store.order(OrderId(id)).await.unwrap(), None);
        assert_eq!(store.status_events(OrderId(id), 0).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_history_is_newest_first_and_nobody_elses() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let mut placed = Vec::new();
    for n in 0..5 {
        placed.push(place(&*store, new_order(1, n)).await);
        place(&*store, new_order(2, n)).await;
        database.advance(Duration::from_secs(1)).await;
    }
    placed.reverse();
    let ids = |orders: Vec<OrderRecord>| orders.into_iter().map(|order| order.id).collect::<Vec<_>>();
    let page = async |page, per_page| ids(store.orders_of(UserId(1), page, per_page).await.unwrap());
    assert_eq!(page(1, 2).await, placed[..2]);
    assert_eq!(page(2, 2).await, placed[2..4]);
    assert_eq!(page(3, 2).await, placed[4..]);
    assert_eq!(page(4, 2).await, []);
    assert_eq!(page(0, 2).await, placed[..2], "page 0 is read as 1");
    assert_eq!(page(1, u32::MAX).await, placed);
    for (absurd, per_page) in [(u32::MAX, u32::MAX), (u32::MAX, 10), (1, 0)] {
        assert_eq!(page(absurd, per_page).await, [], "page {absurd} of {per_page}");
    }
    assert_eq!(store.orders_of(UserId(3), 1, 10).await.unwrap(), []);
    let whole = store.orders_of(UserId(1), 1, 1).await.unwrap().remove(0);
    assert_eq!(Some(whole), store.order(placed[0]).await.unwrap(), "a history shows whole orders");
}

#[tokio::test]
async fn a_history_shows_orders_in_every_state() {
    let store = Database::fresh().await.open().await;
    for state in OrderState::ALL {
        order_in(&*store, state).await;
    }
    let shown: HashSet<_> =
        store.orders_of(UserId(1), 1, 10).await.unwrap().iter().map(|order| order.state).collect();
    assert_eq!(shown, HashSet::from(OrderState::ALL));
}

#[tokio::test]
async fn the_same_request_under_the_same_key_is_one_order() {
    let store = Database::fresh().await.open().await;
    let id = place(&*store, keyed(1, "key", 0)).await;
    assert_eq!(store.place_order(keyed(1, "key", 0)).await.unwrap(), Placed::Replayed(id));
    assert_eq!(store.place_order(keyed(1, "key", 1)).await.unwrap(), Placed::KeyReused);
    assert_eq!(store.queue_stats().await.unwrap().queued, 1);
    for other in [keyed(2, "key", 0), keyed(1, "Key", 0), keyed(1, "key ", 0), new_order(1, 1)] {
        assert_ne!(place(&*store, other).await, id);
    }
}

#[tokio::test]
async fn a_request_that_was_placed_earlier_is_known_without_placing_it() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let earlier = async |diner, hash| {
        let idempotency = keyed(diner, "key", hash).idempotency.unwrap();
        store.placed_earlier(UserId(diner), &idempotency).await.unwrap()
    };
    assert_eq!(earlier(1, 0).await, None);
    let id = place(&*store, keyed(1, "key", 0)).await;
    assert_eq!(earlier(1, 0).await, Some(Placed::Replayed(id)));
    assert_eq!(earlier(1, 1).await, Some(Placed::KeyReused));
    assert_eq!(earlier(2, 0).await, None);
    database.advance(Duration::from_secs(24 * 3600)).await;
    assert_eq!(earlier(1, 0).await, None);
}

#[tokio::test]
async fn a_replayed_key_changes_nothing_even_with_a_claim() {
    let store = Database::fresh().await.open().await;
    let id = place(&*store, keyed(1, "key", 0)).await;
    let claim = Some(super::lease(&store::Token::new()));
    let replayed = store.place_order(NewOrder { claim, ..keyed(1, "key", 0) }).await.unwrap();
    assert_eq!(replayed, Placed::Replayed(id));
    assert_eq!(super::state_of(&*store, id).await, OrderState::Queued);
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let first = place(&*store, keyed(1, "key", 0)).await;
    database.advance(Duration::from_secs(24 * 3600 - 1)).await;
    assert_eq!(store.place_order(keyed(1, "key", 0)).await.unwrap(), Placed::Replayed(first));
    database.advance(Duration::from_secs(1)).await;
    let second = place(&*store, keyed(1, "key", 1)).await;
    assert_ne!(second, first);
    assert_eq!(store.place_order(keyed(1, "key", 1)).await.unwrap(), Placed::Replayed(second));
}

#[tokio::test]
async fn events_are_replayed_after_the_one_that_was_seen_last() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let id = queued(&*store).await;
    database.advance(Duration::from_secs(5)).await;
    super::claim(&*store, store::Pick::Oldest, 1).await;
    let events = store.status_events(id, 0).await.unwrap();
    assert_eq!(events[1].at.duration_since(events[0].at).as_secs(), 5);
    assert_eq!(store.status_events(id, 1).await.unwrap(), events[1..]);
    assert_eq!(store.status_events(id, 2).await.unwrap(), []);
    assert_eq!(store.status_events(id, u32::MAX).await.unwrap(), []);
}

pub fn keyed(diner: i64, key: &str, hash: u8) -> NewOrder {
    let key = IdempotencyKey::parse(key).unwrap();
    NewOrder { idempotency: Some(Idempotency { key, request_hash: [hash; 32] }), ..new_order(diner, 1) }
}
