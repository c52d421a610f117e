//! Many callers and several instances at once.

use super::{Backend, LEASE, claim, events_of, lease, new_order, orders::keyed, place, state_of};
use crate::Database;
use domain::{OrderId, OrderState};
use futures::future::join_all;
use std::{collections::HashSet, sync::Arc, time::Duration};
use store::{Cancellation, Claim, Finish, NewOrder, Pick, Placed, Registration, Settlement, Store, Token};
use tokio::task::JoinSet;

const ORDERS: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn eight_claimers_never_claim_an_order_twice() {
    let database = Database::fresh().await;
    let stores = [database.open().await, database.open().await];
    let placed: HashSet<OrderId> =
        join_all((0..ORDERS).map(|n| place(&*stores[0], new_order(1, n as i64 % 7))))
            .await
            .into_iter()
            .collect();

    let mut claimers = JoinSet::new();
    for n in 0..8 {
        let store = Arc::clone(&stores[n % 2]);
        let pick = if n % 3 == 0 { Pick::Oldest } else { Pick::FairShare };
        claimers.spawn(async move {
            let mut mine = Vec::new();
            loop {
                match claim(&*store, pick, 3).await {
                    none if none.is_empty() => return mine,
                    some => mine.extend(some.into_iter().map(|order| (order.id, order.token))),
                }
            }
        });
    }
    let claimed = claimers.join_all().await.concat();
    assert_eq!(claimed.len(), ORDERS, "each order once");
    assert_eq!(claimed.iter().map(|(id, _)| *id).collect::<HashSet<_>>(), placed);
    for (id, token) in &claimed {
        let finish = Finish::Fulfilled { jwt: "a.b.c".into() };
        assert_eq!(stores[1].finish(*id, token, finish).await.unwrap(), Settlement::Applied);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_finishers_wins() {
    let database = Database::fresh().await;
    let stores = [database.open().await, database.open().await];
    let token = Token::new();
    let order = place(&*stores[0], NewOrder { claim: Some(lease(&token)), ..new_order(1, 1) }).await;
    let mut finishers = JoinSet::new();
    for n in 0..16 {
        let (store, token) = (Arc::clone(&stores[n % 2]), token.clone());
        let finish = Finish::Fulfilled { jwt: format!("pizza {n}") };
        finishers.spawn(async move { (n, store.finish(order, &token, finish).await.unwrap()) });
    }
    let winners: Vec<_> = finishers
        .join_all()
        .await
        .into_iter()
        .filter(|(_, settlement)| *settlement == Settlement::Applied)
        .map(|(n, _)| format!("pizza {n}"))
        .collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(stores[0].order(order).await.unwrap().unwrap().jwt, winners.into_iter().next());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_request_at_the_same_time_is_one_order() {
    let database = Database::fresh().await;
    let stores = [database.open().await, database.open().await];
    let mut callers = JoinSet::new();
    for n in 0..16 {
        let store = Arc::clone(&stores[n % 2]);
        callers.spawn(async move { store.place_order(keyed(1, "key", 0)).await.unwrap() });
    }
    let (mut saved, mut replayed) = (Vec::new(), Vec::new());
    for placed in callers.join_all().await {
        match placed {
            Placed::Saved { id, .. } => saved.push(id),
            Placed::Replayed(id) => replayed.push(id),
            Placed::KeyReused => panic!("the request is the same"),
        }
    }
    assert_eq!((saved.len(), replayed.len()), (1, 15));
    assert!(replayed.iter().all(|id| *id == saved[0]));
    assert_eq!(stores[0].queue_stats().await.unwrap().queued, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_address_at_the_same_time_is_one_account() {
    let database = Database::fresh().await;
    let stores = [database.open().await, database.open().await];
    let mut callers = JoinSet::new();
    for n in 0..16 {
        let store = Arc::clone(&stores[n % 2]);
        let email = if n % 3 == 0 { "d@jwt.com" } else { "D@JWT.com" };
        callers.spawn(async move { store.create_user(super::new_user("d", email, &[])).await.unwrap() });
    }
    let created = callers.join_all().await.into_iter().filter(|r| matches!(r, Registration::Created(_)));
    assert_eq!(created.count(), 1);
    assert_eq!(stores[0].credentials("d@jwt.com").await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn instances_see_each_others_orders_at_once() {
    let database = Database::fresh().await;
    let (a, b) = (database.open().await, database.open().await);
    for n in 0..50 {
        let id = place(&*a, new_order(n, 1)).await;
        assert_eq!(state_of(&*b, id).await, OrderState::Queued);
        assert_eq!(b.cancel_order(id).await.unwrap(), Cancellation::Cancelled);
        assert_eq!(state_of(&*a, id).await, OrderState::Cancelled);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_happens_at_once_an_order_has_one_history_without_gaps() {
    let database = Database::fresh().await;
    let stores = [database.open().await, database.open().await];
    let placed = join_all((0..20).map(|n| place(&*stores[0], new_order(1, n % 3)))).await;
    let mut actors = JoinSet::new();
    for n in 0..8_usize {
        let (store, placed) = (Arc::clone(&stores[n % 2]), placed.clone());
        actors.spawn(async move {
            for (step, order) in placed.iter().enumerate().cycle().take(100) {
                act(&*store, n + step, *order).await;
            }
        });
    }
    actors.join_all().await;
    for order in placed {
        let events = events_of(&*stores[0], order).await;
        let numbers: Vec<u32> = events.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, (1..=events.len() as u32).collect::<Vec<_>>());
        assert_eq!(events.last().unwrap().1, state_of(&*stores[0], order).await);
        for pair in events.windows(2) {
            assert!(is_a_legal_step(pair[0].1, pair[1].1), "{events:?}");
        }
    }
}

async fn act(store: &dyn Store, n: usize, order: OrderId) {
    match n % 5 {
        0 => {
            store.cancel_order(order).await.unwrap();
        }
        1 => {
            store.redrive_order(order).await.unwrap();
        }
        2 => {
            store.rescue_expired().await.unwrap();
        }
        _ => {
            let duration = if n.is_multiple_of(2) { LEASE } else { Duration::ZERO };
            let lease = store::Lease { token: Token::new(), duration };
            let claimed = store.claim_due(Claim { limit: 1, pick: Pick::FairShare, lease }).await.unwrap();
            for order in claimed {
                let _ = if n.is_multiple_of(7) {
                    store.finish(order.id, &order.token, Finish::Quarantined { reason: String::new() }).await
                } else {
                    store.release(order.id, &order.token, store::Release::default()).await
                }
                .unwrap();
            }
        }
    }
}

fn is_a_legal_step(from: OrderState, to: OrderState) -> bool {
    use domain::OrderEvent as E;
    [
        E::Claimed,
        E::PizzaVerified,
        E::RefusedForGood,
        E::RetryLater,
        E::LeaseExpired,
        E::KeptFailing,
        E::Cancelled,
        E::Redriven,
    ]
    .into_iter()
    .any(|event| from.after(event) == Ok(to))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_that_hangs_up_leaves_a_whole_order_or_none() {
    let database = Database::fresh().await;
    let store = database.open().await;
    for n in 0..100_u64 {
        let caller = {
            let store = Arc::clone(&store);
            tokio::spawn(async move { store.place_order(new_order(9, 1)).await })
        };
        for _ in 0..n % 4 {
            tokio::task::yield_now().await;
        }
        caller.abort();
        let _ = caller.await;
    }
    drop(store);
    let store = database.open().await;
    let orders = every_order_of(domain::UserId(9), &*store).await;
    for order in &orders {
        assert_eq!((order.items.len(), order.state), (2, OrderState::Queued));
        assert_eq!(events_of(&*store, order.id).await.len(), 1);
    }
}

/// What was on its way when its caller hung up may still arrive; this is what there is when nothing does any more.
async fn every_order_of(diner: domain::UserId, store: &dyn Store) -> Vec<store::OrderRecord> {
    loop {
        let orders = store.orders_of(diner, 1, 1000).await.unwrap();
        if store.queue_stats().await.unwrap().queued == orders.len() as u64 {
            return orders;
        }
    }
}
