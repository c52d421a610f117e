//! Which orders are claimed, in which order, and what the queue says about itself.

use super::{Backend, claim, lease, making, new_order, order_in, place};
use crate::Database;
use domain::{OrderId, OrderState};
use std::{collections::HashSet, time::Duration};
use store::{Claim, ClaimedOrder, NewOrder, Pick, QueueStats, Release, Settlement, Token};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_claim_tells_everything_that_making_takes() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let traceparent = Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned());
    let id = place(&*store, NewOrder { traceparent: traceparent.clone(), ..new_order(7, 3) }).await;
    database.advance(SECOND).await;
    let token = Token::new();
    let claimed =
        store.claim_due(Claim { limit: 5, pick: Pick::Oldest, lease: lease(&token) }).await.unwrap();
    let [claimed] = &claimed[..] else { panic!("{claimed:?}") };
    let new = new_order(7, 3);
    assert_eq!((claimed.id, &claimed.diner, &claimed.token), (id, &new.diner, &token));
    assert_eq!((claimed.franchise, claimed.store, &claimed.items), (new.franchise, new.store, &new.items));
    assert_eq!((claimed.attempts, claimed.strikes), (1, 0));
    assert_eq!((&claimed.traceparent, &claimed.unverified_pizza), (&traceparent, &None));
    assert_eq!(claimed.date, store.order(id).await.unwrap().unwrap().date);
}

#[tokio::test]
async fn the_oldest_due_is_claimed_first_whatever_its_franchise() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let mut placed = Vec::new();
    for franchise in [5, 1, 5, 9, 1, 2] {
        placed.push(place(&*store, new_order(1, franchise)).await);
        database.advance(SECOND).await;
    }
    assert_eq!(ids(claim(&*store, Pick::Oldest, 1).await), placed[..1]);
    assert_eq!(ids(claim(&*store, Pick::Oldest, 3).await), placed[1..4]);
    assert_eq!(ids(claim(&*store, Pick::Oldest, 100).await), placed[4..]);
    assert_eq!(ids(claim(&*store, Pick::Oldest, 100).await), []);
}

#[tokio::test]
async fn orders_due_at_the_same_time_are_claimed_in_the_order_of_their_ids() {
    let store = Database::fresh().await.open().await;
    let mut placed = Vec::new();
    for _ in 0..10 {
        placed.push(place(&*store, new_order(1, 1)).await);
    }
    placed.sort();
    assert_eq!(ids(claim(&*store, Pick::FairShare, 4).await), placed[..4]);
    assert_eq!(ids(claim(&*store, Pick::Oldest, 100).await), placed[4..]);
}

#[tokio::test]
async fn no_franchise_starves_the_others() {
    let store = Database::fresh().await.open().await;
    for _ in 0..1000 {
        place(&*store, new_order(1, 1)).await;
    }
    let mut small = HashSet::new();
    for _ in 0..3 {
        small.insert(place(&*store, new_order(2, 2)).await);
    }
    let first: HashSet<_> = ids(claim(&*store, Pick::FairShare, 6).await).into_iter().collect();
    assert!(small.is_subset(&first), "in turn: {first:?}");
    assert_eq!(claim(&*store, Pick::FairShare, 10).await.len(), 10, "nobody waits for an empty franchise");
}

#[tokio::test]
async fn franchises_take_turns_across_claims() {
    let store = Database::fresh().await.open().await;
    for franchise in [1, 2, 3] {
        for _ in 0..3 {
            place(&*store, new_order(1, franchise)).await;
        }
    }
    let mut turns = Vec::new();
    for _ in 0..9 {
        turns.push(claim(&*store, Pick::FairShare, 1).await.remove(0).franchise.0);
    }
    for round in turns.chunks(3) {
        assert_eq!(round.iter().collect::<HashSet<_>>().len(), 3, "each one once a round: {turns:?}");
    }
}

#[tokio::test]
async fn a_franchises_turn_gives_its_longest_due_order() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let first = place(&*store, new_order(1, 1)).await;
    database.advance(SECOND).await;
    let second = place(&*store, new_order(1, 1)).await;
    assert_eq!(ids(claim(&*store, Pick::FairShare, 1).await), [first]);
    assert_eq!(ids(claim(&*store, Pick::FairShare, 1).await), [second]);
}

#[tokio::test]
async fn an_order_that_backs_off_does_not_block_the_ones_behind_it() {
    for pick in [Pick::Oldest, Pick::FairShare] {
        let database = Database::fresh().await;
        let store = database.open().await;
        let (failed, token) = making(&*store).await;
        database.advance(SECOND).await;
        let behind = place(&*store, new_order(1, 1)).await;
        let other = place(&*store, new_order(1, 2)).await;
        let back_off = Release { due_in: Some(10 * SECOND), ..Release::default() };
        assert_eq!(store.release(failed, &token, back_off).await.unwrap(), Settlement::Applied);
        let claimed = ids(claim(&*store, pick, 10).await);
        assert_eq!(claimed.len(), 2, "{pick:?}");
        assert!(claimed.contains(&behind) && claimed.contains(&other));
        database.advance(10 * SECOND).await;
        assert_eq!(ids(claim(&*store, pick, 10).await), [failed]);
    }
}

#[tokio::test]
async fn a_claim_takes_no_more_than_it_asked_for() {
    let store = Database::fresh().await.open().await;
    for franchise in 0..5 {
        place(&*store, new_order(1, franchise)).await;
    }
    for pick in [Pick::Oldest, Pick::FairShare] {
        assert_eq!(claim(&*store, pick, 0).await.len(), 0);
        assert_eq!(claim(&*store, pick, 2).await.len(), 2);
    }
    assert_eq!(claim(&*store, Pick::FairShare, u32::MAX).await.len(), 1);
}

#[tokio::test]
async fn franchises_of_any_number_take_part() {
    let store = Database::fresh().await.open().await;
    for franchise in [Database::LARGEST_ID / 10, 0, -1, -Database::LARGEST_ID / 10] {
        place(&*store, new_order(1, franchise)).await;
    }
    assert_eq!(claim(&*store, Pick::FairShare, 3).await.len(), 3);
    assert_eq!(claim(&*store, Pick::Oldest, 3).await.len(), 1);
}

#[tokio::test]
async fn the_queue_counts_what_waits_for_whom() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let empty = store.queue_stats().await.unwrap();
    assert_eq!(empty, QueueStats { now: empty.now, ..QueueStats::default() });

    for state in OrderState::ALL {
        order_in(&*store, state).await;
    }
    database.advance(SECOND).await;
    let (later, token) = making(&*store).await;
    let release = Release { due_in: Some(5 * SECOND), ..Release::default() };
    assert_eq!(store.release(later, &token, release).await.unwrap(), Settlement::Applied);
    let stats = store.queue_stats().await.unwrap();
    let expected = QueueStats {
        queued: 2,
        making: 1,
        quarantined: 1,
        oldest_queued_at: Some(empty.now),
        next_due_at: Some(empty.now),
        now: empty.now + SECOND,
    };
    assert_eq!(stats, expected);

    claim(&*store, Pick::Oldest, 1).await;
    let stats = store.queue_stats().await.unwrap();
    assert_eq!((stats.queued, stats.making), (1, 2));
    assert_eq!(stats.oldest_queued_at, Some(stats.now), "when it was placed, not when it is due");
    assert_eq!(stats.next_due_at, Some(stats.now + 5 * SECOND));
}

fn ids(claimed: Vec<ClaimedOrder>) -> Vec<OrderId> {
    claimed.into_iter().map(|order| order.id).collect()
}

#[tokio::test]
async fn the_orders_in_a_state_are_listed_by_pages_those_placed_first_first() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let mut waiting = Vec::new();
    for franchise in [5, 1, 9] {
        waiting.push(place(&*store, new_order(1, franchise)).await);
        database.advance(SECOND).await;
    }
    let (made, _) = making(&*store).await;
    let (odd, _) = order_in(&*store, OrderState::Quarantined).await;
    for (state, expected) in
        [(OrderState::Queued, &waiting[..]), (OrderState::Making, &[made]), (OrderState::Quarantined, &[odd])]
    {
        let page = store.orders_in(state, 1, 10).await.unwrap();
        assert_eq!(page.orders.iter().map(|order| order.id).collect::<Vec<_>>(), expected, "{state:?}");
        assert!(!page.more);
    }
    let first = store.orders_in(OrderState::Queued, 1, 2).await.unwrap();
    assert_eq!((first.orders[1].id, first.more), (waiting[1], true));
    let second = store.orders_in(OrderState::Queued, 2, 2).await.unwrap();
    assert_eq!((second.orders[0].id, second.more), (waiting[2], false));
    let absurd = store.orders_in(OrderState::Queued, u32::MAX, u32::MAX).await.unwrap();
    assert_eq!((absurd.orders, absurd.more), (Vec::new(), false));
}
