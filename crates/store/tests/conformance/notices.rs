//! Notices on their way: each is sent once, whoever tells of it and whoever dies with it.

use super::{Backend, HOSTILE, LEASE, Verbs, lease};
use crate::Database;
use std::{collections::HashSet, time::Duration};
use store::{ClaimedNotice, NewNotice, NoticeOutcome, Settlement, Token};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn a_notice_told_twice_is_sent_once() {
    let database = Database::fresh().await;
    let (a, b) = (database.open().await, database.open().await);
    assert_eq!(a.enqueue_notices(vec![notice("1"), notice("2"), notice("1")]).await.unwrap(), 2);
    assert_eq!(b.enqueue_notices(vec![notice("2"), notice("3")]).await.unwrap(), 1);
    assert_eq!(b.enqueue_notices(vec![]).await.unwrap(), 0);
    let claimed = claim(&*a, 10).await;
    assert_eq!(keys(&claimed), ["1", "2", "3"]);
    for claimed in &claimed {
        assert_eq!(a.settle_notice(claimed, NoticeOutcome::Sent).await.unwrap(), Settlement::Applied);
    }
    assert_eq!(b.enqueue_notices(vec![notice("1")]).await.unwrap(), 0, "known although it was sent");
    assert_eq!(keys(&claim(&*b, 10).await), [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn instances_that_tell_and_claim_at_once_share_the_notices() {
    let database = Database::fresh().await;
    let stores = [database.open().await, database.open().await];
    let told = (0..40).map(|n| stores[n % 2].enqueue_notices(vec![notice(&format!("{}", n / 4))]));
    let new: u64 = futures::future::join_all(told).await.into_iter().map(Result::unwrap).sum();
    assert_eq!(new, 10);
    let claims = (0..8).map(|n| claim(&*stores[n % 2], 3));
    let mut claimed = futures::future::join_all(claims).await.concat();
    claimed.extend(claim(&*stores[0], 10).await);
    assert_eq!(claimed.len(), 10, "each by one of them");
    assert_eq!(keys(&claimed).into_iter().collect::<HashSet<_>>().len(), 10);
}

#[tokio::test]
async fn what_has_been_due_longest_is_claimed_first_with_everything_about_it() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let now = store.queue_stats().await.unwrap().now;
    for key in ["b", "a", "c"] {
        store.enqueue_notices(vec![notice(key)]).await.unwrap();
        database.advance(SECOND).await;
    }
    let token = Token::new();
    let first = store.claim_notices(2, lease(&token)).await.unwrap();
    assert_eq!(keys(&first), ["b", "a"]);
    assert_eq!((&first[1].token, first[1].attempts, first[1].queued_at), (&token, 1, now + SECOND));
    assert_eq!(first[1].notice, notice("a"));
    assert_eq!(keys(&claim(&*store, 0).await), [""; 0]);
    assert_eq!(keys(&claim(&*store, u32::MAX).await), ["c"]);
}

#[tokio::test]
async fn a_claim_whose_lease_ran_out_is_due_again() {
    let database = Database::fresh().await;
    let store = database.open().await;
    store.enqueue_notices(vec![notice("1")]).await.unwrap();
    let lost = claim(&*store, 1).await.remove(0);
    database.advance(LEASE - Duration::from_millis(1)).await;
    assert_eq!(keys(&claim(&*store, 1).await), [""; 0]);
    database.advance(Duration::from_millis(1)).await;
    let again = claim(&*store, 1).await.remove(0);
    assert_eq!((again.id, again.attempts), (lost.id, 2));

    let stale = store.settle_notice(&lost, NoticeOutcome::Sent).await.unwrap();
    assert_eq!(stale, Settlement::Stale);
    let retry = NoticeOutcome::RetryIn { due_in: SECOND, why: HOSTILE[5].into() };
    assert_eq!(store.settle_notice(&again, retry.clone()).await.unwrap(), Settlement::Applied);
    assert_eq!(store.settle_notice(&again, retry).await.unwrap(), Settlement::Stale, "told twice");
    assert_eq!(keys(&claim(&*store, 1).await), [""; 0], "not yet");
    database.advance(SECOND).await;
    let third = claim(&*store, 1).await.remove(0);
    database.advance(2 * LEASE).await;
    let late = store.settle_notice(&third, NoticeOutcome::Sent).await.unwrap();
    assert_eq!(late, Settlement::Applied, "late, but nobody else has it");
    assert_eq!(keys(&claim(&*store, 1).await), [""; 0]);
}

#[tokio::test]
async fn what_is_settled_is_forgotten_after_30_days_and_what_is_not_stays() {
    let database = Database::fresh().await;
    let store = database.open().await;
    store.enqueue_notices(vec![notice("sent"), notice("given up"), notice("waits")]).await.unwrap();
    let claimed = claim(&*store, 2).await;
    let given_up = NoticeOutcome::GivenUp { why: "the contact point is gone".into() };
    assert_eq!(store.settle_notice(&claimed[0], NoticeOutcome::Sent).await.unwrap(), Settlement::Applied);
    assert_eq!(store.settle_notice(&claimed[1], given_up).await.unwrap(), Settlement::Applied);
    database.advance(30 * DAY - SECOND).await;
    assert_eq!(store.prune().await.unwrap(), 0);
    assert_eq!(store.enqueue_notices(vec![notice("sent"), notice("given up")]).await.unwrap(), 0);
    database.advance(SECOND).await;
    assert_eq!(store.prune().await.unwrap(), 2);
    assert_eq!(store.enqueue_notices(vec![notice("sent"), notice("waits")]).await.unwrap(), 1);
    assert_eq!(keys(&claim(&*store, 10).await), ["waits", "sent"]);
}

#[tokio::test]
async fn notices_are_kept_as_they_were_told() {
    let store = Database::fresh().await.open().await;
    let texts =
        HOSTILE.map(String::from).into_iter().chain(["k".repeat(1024), "a".into(), "A".into(), "a ".into()]);
    let notices: Vec<_> = texts
        .map(|text| NewNotice {
            key: text.clone(),
            contact_point: "字".repeat(255),
            payload: text.repeat(500),
        })
        .collect();
    assert_eq!(store.enqueue_notices(notices.clone()).await.unwrap(), notices.len() as u64);
    let claimed: Vec<_> = claim(&*store, 100).await.into_iter().map(|claimed| claimed.notice).collect();
    assert_eq!(claimed, notices);
}

pub fn notice(key: &str) -> NewNotice {
    NewNotice { key: key.into(), contact_point: "on call".into(), payload: format!("{{\"n\":\"{key}\"}}") }
}

pub async fn claim(store: &dyn Verbs, limit: u32) -> Vec<ClaimedNotice> {
    store.claim_notices(limit, lease(&Token::new())).await.unwrap()
}

fn keys(claimed: &[ClaimedNotice]) -> Vec<&str> {
    claimed.iter().map(|claimed| claimed.notice.key.as_str()).collect()
}
