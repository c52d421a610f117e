//! Planned chaos, and the annotations on dashboards.

use super::{Backend, HOSTILE};
use crate::Database;
use domain::{ChaosWindow, ChaosWindowId, NewChaosWindow, UserId};
use jiff::{SignedDuration, Timestamp};
use store::Annotated;

#[tokio::test]
async fn windows_are_found_by_the_span_they_touch_and_taken_away() {
    let database = Database::fresh().await;
    let (a, b) = (database.open().await, database.open().await);
    let late = a.plan_chaos_window(window(200, 300, "fail")).await.unwrap();
    let early = a.plan_chaos_window(window(100, 250, "throttle")).await.unwrap();
    assert_eq!(late.plan, window(200, 300, "fail"));
    let between = async |from, to| b.chaos_windows(at(from), at(to)).await.unwrap();
    assert_eq!(between(0, 1000).await, [early.clone(), late.clone()]);
    assert_eq!(between(0, 100).await, []);
    assert_eq!(between(0, 101).await, std::slice::from_ref(&early));
    assert_eq!(between(250, 251).await, std::slice::from_ref(&late));
    assert_eq!(between(300, 301).await, []);
    assert_eq!(a.chaos_windows(Timestamp::MIN, Timestamp::MAX).await.unwrap().len(), 2);

    assert_eq!(b.forget_chaos_window(late.id).await.unwrap(), Some(late.clone()));
    assert_eq!(a.forget_chaos_window(late.id).await.unwrap(), None);
    assert_eq!(a.forget_chaos_window(ChaosWindowId(4711)).await.unwrap(), None);
    let next = a.plan_chaos_window(window(200, 300, "fail")).await.unwrap();
    assert_ne!(next.id, late.id, "annotations name it");
    assert_eq!(between(0, 1000).await, [early, next]);
}

#[tokio::test]
async fn windows_are_kept_as_they_were_planned() {
    let store = Database::fresh().await.open().await;
    for (text, planned_by) in HOSTILE.into_iter().zip([None, Some(UserId(i64::MAX))].into_iter().cycle()) {
        let plan = NewChaosWindow {
            reason: text.repeat(50),
            lowers_severity: planned_by.is_some(),
            planned_by,
            ..window(100, 200, text)
        };
        let planned = store.plan_chaos_window(plan.clone()).await.unwrap();
        assert_eq!(planned, ChaosWindow { id: planned.id, plan });
        assert_eq!(store.forget_chaos_window(planned.id).await.unwrap(), Some(planned));
    }
}

#[tokio::test]
async fn the_annotation_of_a_subject_is_the_last_that_was_recorded() {
    let store = Database::fresh().await.open().await;
    assert_eq!(store.annotated("incident 5").await.unwrap(), None);
    for annotated in [Annotated { id: 7, to: None }, Annotated { id: i64::MAX, to: Some(at(100)) }] {
        store.record_annotation("incident 5", annotated).await.unwrap();
        assert_eq!(store.annotated("incident 5").await.unwrap(), Some(annotated));
    }
    assert_eq!(store.annotated("incident 50").await.unwrap(), None);
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_764_670_200).unwrap() + SignedDuration::from_secs(second)
}

fn window(from: i64, to: i64, kind: &str) -> NewChaosWindow {
    let (from, to) = (at(from), at(to));
    let (kind, reason) = (kind.to_owned(), "a drill".to_owned());
    NewChaosWindow { from, to, kind, reason, lowers_severity: false, planned_by: None }
}
