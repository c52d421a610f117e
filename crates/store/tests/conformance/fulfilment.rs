//! The life of an order: every step, legal or not, and who may take it.

use super::{Backend, LEASE, claim, events_of, lease, making, order_in, queued, state_of};
use crate::Database;
use domain::{OrderEvent, OrderId, OrderState};
use std::time::Duration;
use store::{
    Cancellation, ClaimedOrder, Finish, Lease, OrderRecord, Pick, Redrive, Release, Settlement, Store, Token,
};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test]
async fn an_order_takes_every_legal_step_and_no_other() {
    for state in OrderState::ALL {
        for event in EVENTS {
            let database = Database::fresh().await;
            let store = database.open().await;
            let (order, token) = order_in(&*store, state).await;
            let before = store.order(order).await.unwrap().unwrap();
            let history = events_of(&*store, order).await;

            let happened = try_to(event, &database, &*store, order, &token).await;

            let after = store.order(order).await.unwrap().unwrap();
            match state.after(event) {
                Ok(next) => {
                    assert!(happened, "{state} {event:?}");
                    assert_eq!(after.state, next, "{state} {event:?}");
                    let number = history.len() as u32 + 1;
                    assert_eq!(events_of(&*store, order).await, [history, vec![(number, next)]].concat());
                }
                Err(_) => {
                    assert!(!happened, "{state} {event:?}");
                    assert_eq!(after, before, "{state} {event:?}");
                    assert_eq!(events_of(&*store, order).await, history);
                }
            }
        }
    }
}

const EVENTS: [OrderEvent; 8] = [
    OrderEvent::Claimed,
    OrderEvent::PizzaVerified,
    OrderEvent::RefusedForGood,
    OrderEvent::RetryLater,
    OrderEvent::LeaseExpired,
    OrderEvent::KeptFailing,
    OrderEvent::Cancelled,
    OrderEvent::Redriven,
];

/// Asks for `event` with the right token, and answers whether the store says that it happened.
async fn try_to(
    event: OrderEvent,
    database: &Database,
    store: &dyn Store,
    order: OrderId,
    token: &Token,
) -> bool {
    let applied = |settlement| settlement == Settlement::Applied;
    let finish = async |finish| applied(store.finish(order, token, finish).await.unwrap());
    match event {
        OrderEvent::Claimed => claim(store, Pick::Oldest, 1).await.len() == 1,
        OrderEvent::PizzaVerified => finish(fulfilled()).await,
        OrderEvent::RefusedForGood => finish(Finish::Rejected { reason: "no".into() }).await,
        OrderEvent::KeptFailing => finish(Finish::Quarantined { reason: "odd".into() }).await,
        OrderEvent::RetryLater => applied(store.release(order, token, Release::default()).await.unwrap()),
        OrderEvent::LeaseExpired => {
            database.advance(LEASE).await;
            store.rescue_expired().await.unwrap() == 1
        }
        OrderEvent::Cancelled => store.cancel_order(order).await.unwrap() == Cancellation::Cancelled,
        OrderEvent::Redriven => store.redrive_order(order).await.unwrap() == Redrive::Queued,
    }
}

#[tokio::test]
async fn withdrawing_says_why_it_is_too_late() {
    let store = Database::fresh().await.open().await;
    for state in OrderState::ALL {
        let (order, _) = order_in(&*store, state).await;
        let expected = match state {
            OrderState::Queued | OrderState::Quarantined => Cancellation::Cancelled,
            other => Cancellation::TooLate(other),
        };
        assert_eq!(store.cancel_order(order).await.unwrap(), expected);
    }
    assert_eq!(store.cancel_order(OrderId(4711)).await.unwrap(), Cancellation::Unknown);
}

#[tokio::test]
async fn redriving_says_why_it_cannot() {
    let store = Database::fresh().await.open().await;
    for state in OrderState::ALL {
        let (order, _) = order_in(&*store, state).await;
        let expected = match state {
            OrderState::Quarantined => Redrive::Queued,
            other => Redrive::NotQuarantined(other),
        };
        assert_eq!(store.redrive_order(order).await.unwrap(), expected);
    }
    assert_eq!(store.redrive_order(OrderId(4711)).await.unwrap(), Redrive::Unknown);
}

#[tokio::test]
async fn a_pizza_is_kept_with_its_order() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let (order, token) = making(&*store).await;
    database.advance(3 * SECOND).await;
    assert_eq!(store.finish(order, &token, fulfilled()).await.unwrap(), Settlement::Applied);
    let order = store.order(order).await.unwrap().unwrap();
    assert_eq!(order.jwt.as_deref(), Some("header.claims.signature"));
    assert_eq!(order.fulfilled_at, Some(order.queued_at + 3 * SECOND));
    assert_eq!(order.reason, None);
}

#[tokio::test]
async fn a_doubled_finisher_changes_nothing() {
    let store = Database::fresh().await.open().await;
    let (order, token) = making(&*store).await;
    assert_eq!(store.finish(order, &token, fulfilled()).await.unwrap(), Settlement::Applied);
    let kept = store.order(order).await.unwrap();
    for finish in [
        Finish::Fulfilled { jwt: "another pizza".into() },
        Finish::Rejected { reason: "no".into() },
        Finish::Quarantined { reason: "odd".into() },
    ] {
        assert_eq!(store.finish(order, &token, finish).await.unwrap(), Settlement::Stale);
        assert_eq!(store.order(order).await.unwrap(), kept);
    }
}

#[tokio::test]
async fn a_wrong_token_changes_nothing() {
    let store = Database::fresh().await.open().await;
    let (order, token) = making(&*store).await;
    let (_, of_another_order) = making(&*store).await;
    for wrong in [Token::new(), of_another_order] {
        let kept = store.order(order).await.unwrap();
        assert_eq!(store.finish(order, &wrong, fulfilled()).await.unwrap(), Settlement::Stale);
        assert_eq!(store.release(order, &wrong, Release::default()).await.unwrap(), Settlement::Stale);
        assert_eq!(store.record_attempt(order, &lease(&wrong)).await.unwrap(), Settlement::Stale);
        assert_eq!(store.order(order).await.unwrap(), kept);
    }
    assert_eq!(store.finish(OrderId(4711), &token, fulfilled()).await.unwrap(), Settlement::Stale);
    assert_eq!(store.finish(order, &token, fulfilled()).await.unwrap(), Settlement::Applied);
}

#[tokio::test]
async fn a_finisher_whose_order_was_rescued_comes_too_late() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let (order, old) = making(&*store).await;
    database.advance(LEASE).await;
    assert_eq!(store.rescue_expired().await.unwrap(), 1);
    assert_eq!(store.finish(order, &old, fulfilled()).await.unwrap(), Settlement::Stale);

    let new = claim(&*store, Pick::Oldest, 1).await.remove(0);
    assert_eq!((new.id, new.attempts), (order, 2));
    assert_eq!(store.finish(order, &old, fulfilled()).await.unwrap(), Settlement::Stale);
    assert_eq!(store.release(order, &old, Release::default()).await.unwrap(), Settlement::Stale);
    assert_eq!(state_of(&*store, order).await, OrderState::Making);
    assert_eq!(store.finish(order, &new.token, fulfilled()).await.unwrap(), Settlement::Applied);
    use OrderState::{Fulfilled, Making, Queued};
    assert_eq!(events_of(&*store, order).await, [(1, Making), (2, Queued), (3, Making), (4, Fulfilled)]);
}

#[tokio::test]
async fn a_lease_that_ran_out_takes_nothing_from_its_holder_until_a_rescue() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let (order, token) = making(&*store).await;
    database.advance(10 * LEASE).await;
    assert_eq!(store.finish(order, &token, fulfilled()).await.unwrap(), Settlement::Applied);
    assert_eq!(store.rescue_expired().await.unwrap(), 0);
}

#[tokio::test]
async fn orders_are_rescued_when_their_lease_ran_out_and_not_before() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let (early, _) = making(&*store).await;
    database.advance(SECOND).await;
    let (late, _) = making(&*store).await;
    database.advance(LEASE - 2 * SECOND).await;
    assert_eq!(store.rescue_expired().await.unwrap(), 0);
    database.advance(SECOND).await;
    assert_eq!(store.rescue_expired().await.unwrap(), 1);
    assert_eq!(state_of(&*store, early).await, OrderState::Queued);
    assert_eq!(state_of(&*store, late).await, OrderState::Making);
    let stats = store.queue_stats().await.unwrap();
    assert_eq!(stats.next_due_at, Some(stats.now), "due now");
    assert_eq!(store.order(early).await.unwrap().unwrap().attempts, 1, "the attempt may have been made");
}

#[tokio::test]
async fn an_attempt_is_counted_and_extends_the_lease() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let (order, token) = making(&*store).await;
    database.advance(LEASE - SECOND).await;
    assert_eq!(store.record_attempt(order, &lease(&token)).await.unwrap(), Settlement::Applied);
    database.advance(LEASE - SECOND).await;
    assert_eq!(store.rescue_expired().await.unwrap(), 0);
    assert_eq!(store.order(order).await.unwrap().unwrap().attempts, 2);
    assert_eq!(events_of(&*store, order).await.len(), 1, "an attempt is no step");

    assert_eq!(store.finish(order, &token, fulfilled()).await.unwrap(), Settlement::Applied);
    assert_eq!(store.record_attempt(order, &lease(&token)).await.unwrap(), Settlement::Stale);
    assert_eq!(store.order(order).await.unwrap().unwrap().attempts, 2);
}

#[tokio::test]
async fn a_lease_for_ever_is_a_lease() {
    let store = Database::fresh().await.open().await;
    queued(&*store).await;
    let lease = Lease { token: Token::new(), duration: Duration::MAX };
    let claimed = store.claim_due(store::Claim { limit: 1, pick: Pick::Oldest, lease: lease.clone() }).await;
    let order = claimed.unwrap().remove(0).id;
    assert_eq!(store.record_attempt(order, &lease).await.unwrap(), Settlement::Applied);
    assert_eq!(store.rescue_expired().await.unwrap(), 0);
    let release = Release { due_in: Some(Duration::MAX), ..Release::default() };
    assert_eq!(store.release(order, &lease.token, release).await.unwrap(), Settlement::Applied);
    assert!(store.queue_stats().await.unwrap().next_due_at.is_some());
}

#[tokio::test]
async fn a_released_order_is_due_when_it_was_said() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let (order, token) = making(&*store).await;
    let release = Release { due_in: Some(10 * SECOND), ..Release::default() };
    assert_eq!(store.release(order, &token, release).await.unwrap(), Settlement::Applied);
    let stats = store.queue_stats().await.unwrap();
    assert_eq!(stats.next_due_at, Some(stats.now + 10 * SECOND));
    database.advance(9 * SECOND).await;
    assert_eq!(claim(&*store, Pick::FairShare, 1).await.len(), 0);
    database.advance(SECOND).await;
    assert_eq!(claim(&*store, Pick::FairShare, 1).await.len(), 1);
}

#[tokio::test]
async fn a_release_without_a_time_keeps_the_place_in_the_queue() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let first = queued(&*store).await;
    database.advance(SECOND).await;
    queued(&*store).await;
    database.advance(SECOND).await;
    for _ in 0..3 {
        let claimed = claim(&*store, Pick::Oldest, 1).await.remove(0);
        assert_eq!(claimed.id, first);
        let kept = store.release(first, &claimed.token, Release::default()).await.unwrap();
        assert_eq!(kept, Settlement::Applied);
    }
}

#[tokio::test]
async fn an_attempt_that_was_not_made_is_given_back() {
    let store = Database::fresh().await.open().await;
    let (order, token) = making(&*store).await;
    let unspent = Release { attempt_unspent: true, ..Release::default() };
    assert_eq!(store.release(order, &token, unspent).await.unwrap(), Settlement::Applied);
    assert_eq!(store.order(order).await.unwrap().unwrap().attempts, 0);
    let again = claim(&*store, Pick::Oldest, 1).await.remove(0);
    assert_eq!(again.attempts, 1);
    assert_eq!(store.release(order, &again.token, Release::default()).await.unwrap(), Settlement::Applied);
    assert_eq!(store.order(order).await.unwrap().unwrap().attempts, 1);
}

#[tokio::test]
async fn strikes_add_up_until_a_person_redrives_the_order() {
    let store = Database::fresh().await.open().await;
    let (order, mut token) = making(&*store).await;
    for strikes in 1..=3 {
        let release =
            Release { strike: true, failure: Some(format!("{strikes} times")), ..Release::default() };
        assert_eq!(store.release(order, &token, release).await.unwrap(), Settlement::Applied);
        let claimed = claim(&*store, Pick::Oldest, 1).await.remove(0);
        assert_eq!(claimed.strikes, strikes);
        assert_eq!(reason(&*store, order).await, Some(format!("{strikes} times")));
        token = claimed.token;
    }
    assert_eq!(store.release(order, &token, Release::default()).await.unwrap(), Settlement::Applied);
    let claimed = claim(&*store, Pick::Oldest, 1).await.remove(0);
    assert_eq!(claimed.strikes, 3, "a release without a strike takes none away");
    assert_eq!(reason(&*store, order).await.as_deref(), Some("3 times"), "what went wrong last");

    let quarantined = Finish::Quarantined { reason: "look at it".into() };
    assert_eq!(store.finish(order, &claimed.token, quarantined).await.unwrap(), Settlement::Applied);
    assert_eq!(reason(&*store, order).await.as_deref(), Some("look at it"));
    assert_eq!(store.redrive_order(order).await.unwrap(), Redrive::Queued);
    let stats = store.queue_stats().await.unwrap();
    assert_eq!(stats.next_due_at, Some(stats.now), "due now");
    assert_eq!(claim(&*store, Pick::Oldest, 1).await[0].strikes, 0);
}

#[tokio::test]
async fn an_unverified_pizza_is_kept_until_a_release_forgets_it() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let (order, token) = making(&*store).await;
    let keep = Release { unverified_pizza: Some("a.b.c".into()), ..Release::default() };
    assert_eq!(store.release(order, &token, keep.clone()).await.unwrap(), Settlement::Applied);
    assert_eq!(claimed(&*store).await.unverified_pizza.as_deref(), Some("a.b.c"));
    assert_eq!(store.order(order).await.unwrap().unwrap().jwt, None, "nobody is shown what is not verified");

    database.advance(LEASE).await;
    assert_eq!(store.rescue_expired().await.unwrap(), 1);
    let rescued = claimed(&*store).await;
    assert_eq!(rescued.unverified_pizza.as_deref(), Some("a.b.c"), "a rescue forgets nothing");

    let quarantined = Finish::Quarantined { reason: "no keys".into() };
    assert_eq!(store.finish(order, &rescued.token, quarantined).await.unwrap(), Settlement::Applied);
    assert_eq!(store.redrive_order(order).await.unwrap(), Redrive::Queued);
    let redriven = claimed(&*store).await;
    assert_eq!(redriven.unverified_pizza.as_deref(), Some("a.b.c"), "nor does the quarantine");

    let forget = Release::default();
    assert_eq!(store.release(order, &redriven.token, forget).await.unwrap(), Settlement::Applied);
    assert_eq!(claimed(&*store).await.unverified_pizza, None);
}

#[tokio::test]
async fn a_fulfilled_order_is_not_shown_with_an_old_failure() {
    let store = Database::fresh().await.open().await;
    let (order, token) = making(&*store).await;
    let release = Release { failure: Some("503".into()), ..Release::default() };
    assert_eq!(store.release(order, &token, release).await.unwrap(), Settlement::Applied);
    let again = claimed(&*store).await;
    assert_eq!(store.finish(order, &again.token, fulfilled()).await.unwrap(), Settlement::Applied);
    let OrderRecord { reason, attempts, .. } = store.order(order).await.unwrap().unwrap();
    assert_eq!((reason, attempts), (None, 2));
}

fn fulfilled() -> Finish {
    Finish::Fulfilled { jwt: "header.claims.signature".into() }
}

async fn claimed(store: &dyn Store) -> ClaimedOrder {
    claim(store, Pick::Oldest, 1).await.remove(0)
}

async fn reason(store: &dyn Store, order: OrderId) -> Option<String> {
    store.order(order).await.unwrap().unwrap().reason
}
