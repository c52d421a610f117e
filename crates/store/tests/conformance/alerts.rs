//! How alerts stand on each instance, what that is for the whole installation, and pauses.

use super::{Backend, HOSTILE, Verbs};
use crate::Database;
use std::time::Duration;
use store::{AlertChange, AlertNews, AlertPause, AlertRow};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

#[tokio::test]
async fn an_alert_that_two_instances_have_begins_once_and_ends_once() {
    let database = Database::fresh().await;
    let (a, b) = (database.open().await, database.open().await);
    assert_eq!(tell(&*a, "a", &[pending("factory")]).await, news(&[], &[]));
    assert_eq!(tell(&*a, "a", &[firing("factory")]).await, news(&["factory"], &[]));
    assert_eq!(tell(&*b, "b", &[firing("factory"), firing("latency")]).await, news(&["latency"], &[]));
    assert_eq!(tell(&*a, "a", &[firing("factory")]).await, news(&[], &[]));
    assert_eq!(tell(&*a, "a", &[]).await, news(&[], &[]));
    assert_eq!(tell(&*b, "b", &[pending("factory")]).await, news(&[], &["factory", "latency"]));
    assert_eq!(tell(&*b, "b", &[]).await, news(&[], &[]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_instances_that_see_it_at_the_same_moment_one_is_told_that_it_is_new() {
    let database = Database::fresh().await;
    let stores = [database.open().await, database.open().await, database.open().await];
    let together = async |row: Option<AlertRow>| {
        let rows: Vec<_> = row.into_iter().collect();
        let told = stores.iter().zip(["a", "b", "c"]).map(|(store, name)| tell(&**store, name, &rows));
        let told = futures::future::join_all(told).await;
        let sum = |of: fn(&AlertNews) -> usize| told.iter().map(of).sum::<usize>();
        (sum(|news| news.began.len()), sum(|news| news.ended.len()))
    };
    for _ in 0..5 {
        assert_eq!(together(Some(firing("factory"))).await, (1, 0));
        assert_eq!(together(None).await, (0, 1));
    }
}

#[tokio::test]
async fn an_instance_that_died_with_an_alert_does_not_hold_it_for_ever() {
    let database = Database::fresh().await;
    let store = database.open().await;
    tell(&*store, "dead", &[firing("factory"), firing("latency")]).await;
    tell(&*store, "lives", &[firing("latency")]).await;
    database.advance(MINUTE).await;
    assert_eq!(tell(&*store, "lives", &[firing("latency")]).await, news(&[], &[]), "it may yet live");
    database.advance(SECOND).await;
    assert_eq!(tell(&*store, "lives", &[firing("latency")]).await, news(&[], &["factory"]));
    assert_eq!(tell(&*store, "lives", &[firing("latency")]).await, news(&[], &[]), "told once");
    // It was only away: for everybody else the alert had ended.
    assert_eq!(tell(&*store, "dead", &[firing("factory")]).await, news(&["factory"], &[]));
}

#[tokio::test]
async fn an_alert_goes_on_where_its_instance_comes_back_or_another_has_it() {
    let database = Database::fresh().await;
    let store = database.open().await;
    tell(&*store, "old", &[firing("factory")]).await;
    database.advance(DAY * 2).await;
    store.prune().await.unwrap();
    let (_, found) = &store.alerts(MINUTE, Some("old")).await.unwrap()[0];
    assert_eq!(found, &firing("factory"), "however long ago, as nobody has told of its end");
    assert_eq!(tell(&*store, "old", &[firing("factory")]).await, news(&[], &[]));
    database.advance(2 * MINUTE).await;
    assert_eq!(tell(&*store, "new", &[firing("factory")]).await, news(&[], &[]));
    assert_eq!(tell(&*store, "new", &[]).await, news(&[], &["factory"]));
}

#[tokio::test]
async fn alerts_are_told_of_the_instances_that_live_or_of_one() {
    let database = Database::fresh().await;
    let store = database.open().await;
    tell(&*store, "dead", &[firing("factory")]).await;
    database.advance(MINUTE).await;
    let other = AlertRow { labels: "{route=\"/\"}".into(), ..pending("latency") };
    tell(&*store, "lives", &[other.clone(), firing("factory")]).await;
    database.advance(SECOND).await;
    let alive = store.alerts(MINUTE, None).await.unwrap();
    assert_eq!(alive, [("lives".into(), firing("factory")), ("lives".into(), other)]);
    let dead = store.alerts(Duration::ZERO, Some("dead")).await.unwrap();
    assert_eq!(dead, [("dead".into(), firing("factory"))]);
    assert_eq!(store.alerts(Duration::MAX, None).await.unwrap().len(), 3);
    assert_eq!(store.alerts(Duration::MAX, Some("nobody")).await.unwrap(), []);
    database.advance(DAY).await;
    tell(&*store, "new", &[]).await;
    assert_eq!(store.prune().await.unwrap(), 5, "three alerts of two instances");
    assert_eq!(store.alerts(Duration::MAX, None).await.unwrap(), []);
}

#[tokio::test]
async fn alerts_differ_by_their_labels_and_are_kept_as_they_were_told() {
    let store = Database::fresh().await.open().await;
    let texts = HOSTILE.map(String::from).into_iter().chain(["x".repeat(255), "é ".repeat(85), " ".into()]);
    let row = |text: String| AlertRow {
        rule: text.clone(),
        labels: text.clone().repeat(5),
        firing: true,
        document: text.repeat(1000),
    };
    let rows: Vec<_> = texts.map(row).collect();
    assert_eq!(tell(&*store, HOSTILE[0], &rows).await.began.len(), rows.len());
    let mut kept: Vec<_> =
        store.alerts(MINUTE, None).await.unwrap().into_iter().map(|(_, row)| row).collect();
    let mut told = rows.clone();
    for rows in [&mut kept, &mut told] {
        rows.sort_by(|a, b| a.rule.cmp(&b.rule));
    }
    assert_eq!(kept, told);
    let twice = [firing("factory"), pending("factory")];
    assert_eq!(tell(&*store, "b", &twice).await, news(&[], &[]), "the last counts");
    for labels in ["a", "A", "a ", ""] {
        let row = AlertRow { labels: labels.into(), ..firing("f") };
        assert_eq!(tell(&*store, &format!("c{labels}"), &[row]).await.began, [("f".into(), labels.into())]);
    }
}

#[tokio::test]
async fn the_history_is_told_newest_first_and_forgotten_after_90_days() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let now = store.queue_stats().await.unwrap().now;
    let change = |second: i64, value| AlertChange {
        at: now + jiff::SignedDuration::from_secs(second),
        rule: "factory".into(),
        labels: "常用名字".into(),
        from: "Normal".into(),
        to: "Pending".into(),
        value,
    };
    let changes = vec![change(2, f64::INFINITY), change(0, 1e300), change(1, 0.1 + 0.2), change(1, f64::MIN)];
    store.record_alerts("a", vec![], changes.clone(), MINUTE).await.unwrap();
    let history = store.alert_history(10).await.unwrap();
    let told: Vec<_> = history.iter().map(|history| &history.change).collect();
    assert_eq!(told, [&changes[0], &changes[3], &changes[2], &changes[1]]);
    assert_eq!(history[0].instance, "a");
    assert_eq!(store.alert_history(1).await.unwrap().len(), 1);
    store.record_alerts("b", vec![], vec![change(3, f64::NAN)], MINUTE).await.unwrap();
    assert!(store.alert_history(1).await.unwrap()[0].change.value.is_nan());

    database.advance(90 * DAY + SECOND).await;
    store.record_alerts("a", vec![], vec![], MINUTE).await.unwrap();
    assert_eq!(store.prune().await.unwrap(), 4, "those of the first two seconds, and an instance");
    assert_eq!(store.alert_history(10).await.unwrap().len(), 2);
    let many = (0..1500).map(|n| change(n, 0.0)).collect();
    store.record_alerts("a", vec![], many, MINUTE).await.unwrap();
    assert_eq!(store.alert_history(u32::MAX).await.unwrap().len(), 1000);
}

#[tokio::test]
async fn a_pause_is_everybodys_until_it_is_over() {
    let database = Database::fresh().await;
    let (a, b) = (database.open().await, database.open().await);
    let now = a.queue_stats().await.unwrap().now;
    let pause = |rule: &str, seconds, by: &str| AlertPause {
        rule: rule.into(),
        until: now + jiff::SignedDuration::from_secs(seconds),
        by: by.into(),
    };
    a.pause_alert(pause("factory", 10, HOSTILE[6])).await.unwrap();
    a.pause_alert(pause("latency", 5, "ann")).await.unwrap();
    assert_eq!(
        b.alert_pauses().await.unwrap(),
        [pause("factory", 10, HOSTILE[6]), pause("latency", 5, "ann")]
    );
    b.pause_alert(pause("factory", 20, "bob")).await.unwrap();
    database.advance(5 * SECOND).await;
    assert_eq!(a.alert_pauses().await.unwrap(), [pause("factory", 20, "bob")]);
    assert!(!a.resume_alert("latency").await.unwrap(), "it was over");
    assert!(a.resume_alert("factory").await.unwrap());
    assert!(!b.resume_alert("factory").await.unwrap());
    assert_eq!(b.alert_pauses().await.unwrap(), []);
    assert_eq!(a.prune().await.unwrap(), 1, "the one that was over by itself");
}

async fn tell(store: &dyn Verbs, instance: &str, rows: &[AlertRow]) -> AlertNews {
    store.record_alerts(instance, rows.to_vec(), vec![], MINUTE).await.unwrap()
}

fn firing(rule: &str) -> AlertRow {
    AlertRow { rule: rule.into(), labels: String::new(), firing: true, document: "{}".into() }
}

fn pending(rule: &str) -> AlertRow {
    AlertRow { firing: false, ..firing(rule) }
}

fn news(began: &[&str], ended: &[&str]) -> AlertNews {
    let of = |rules: &[&str]| rules.iter().map(|rule| ((*rule).to_owned(), String::new())).collect();
    AlertNews { began: of(began), ended: of(ended) }
}
