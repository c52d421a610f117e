//! Settings, forgetting what has expired, and whether the store works at all.

use super::{Backend, HOSTILE, orders::keyed, place, register};
use crate::Database;
use domain::UserId;
use futures::StreamExt;
use std::time::Duration;
use store::{Act, Placed, Severity};

const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn a_setting_is_made_once_and_then_stays() {
    let database = Database::fresh().await;
    let store = database.open().await;
    assert_eq!(store.keep_setting("installation", "one").await.unwrap(), "one");
    assert_eq!(store.keep_setting("installation", "two").await.unwrap(), "one");
    assert_eq!(store.keep_setting("another", "").await.unwrap(), "");
    let second = database.open().await;
    assert_eq!(second.keep_setting("installation", "three").await.unwrap(), "one");
}

#[tokio::test]
async fn what_expired_is_forgotten_and_nothing_else() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let now = store.queue_stats().await.unwrap().now;
    let user = register(&*store, "d@jwt.com").await;
    store.open_session("short", user.id, now + DAY / 2).await.unwrap();
    store.open_session("long", user.id, now + 2 * DAY).await.unwrap();
    place(&*store, keyed(1, "old", 0)).await;
    database.advance(DAY / 2).await;
    let young = place(&*store, keyed(1, "young", 0)).await;
    database.advance(DAY / 2).await;

    assert_eq!(store.prune().await.unwrap(), 2, "a session and a key");
    assert_eq!(store.prune().await.unwrap(), 0);
    assert!(store.session_user("long").await.unwrap().is_some());
    assert_eq!(store.place_order(keyed(1, "young", 0)).await.unwrap(), Placed::Replayed(young));
    assert!(matches!(store.place_order(keyed(1, "old", 0)).await.unwrap(), Placed::Saved { .. }));
}

#[tokio::test]
async fn a_lot_is_forgotten_in_one_call() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let now = store.queue_stats().await.unwrap().now;
    let user = register(&*store, "d@jwt.com").await;
    let sessions = (0..2500).map(|n| {
        let store = &store;
        async move { store.open_session(&format!("session {n}"), user.id, now).await.unwrap() }
    });
    futures::stream::iter(sessions).buffer_unordered(10).collect::<Vec<_>>().await;
    assert_eq!(store.prune().await.unwrap(), 2500);
    assert_eq!(store.prune().await.unwrap(), 0);
}

#[tokio::test]
async fn a_healthy_store_says_so() {
    let store = Database::fresh().await.open().await;
    store.check().await.unwrap();
    store.check().await.unwrap();
}

#[tokio::test]
async fn administrative_acts_are_kept_and_shown_newest_first() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let act = |subject: &str| Act {
        actor: Some(UserId(1)),
        action: "user.delete".into(),
        subject: subject.into(),
        detail: Some(subject.into()),
        request_id: None,
    };
    for text in HOSTILE {
        store.record_act(act(text)).await.unwrap();
        database.advance(Duration::from_secs(1)).await;
    }
    store.record_act(Act { actor: None, ..act("user 7") }).await.unwrap();
    let newest = store.audit_log(1, 10).await.unwrap();
    assert_eq!(newest.len(), 10);
    assert_eq!(newest[0].act, Act { actor: None, ..act("user 7") });
    assert_eq!(newest[1].act, act(HOSTILE[11]));
    assert!(newest[0].at > newest[9].at);
    let oldest = store.audit_log(2, 10).await.unwrap();
    assert_eq!(oldest.last().unwrap().act, act(HOSTILE[0]));
    assert!(store.audit_log(u32::MAX, u32::MAX).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_examination_of_a_sound_database_finds_no_error() {
    let store = Database::fresh().await.open().await;
    let findings = store.examine().await.unwrap();
    assert!(!findings.is_empty());
    assert!(findings.iter().all(|finding| finding.severity < Severity::Error), "{findings:?}");
    let without_advice = |severity| severity == Severity::Fine;
    for finding in findings {
        assert_eq!(finding.advice.is_none(), without_advice(finding.severity), "{finding:?}");
    }
}
