//! Incidents: one of each cause at a time, and everything that is kept of them.

use super::{Backend, HOSTILE, Verbs};
use crate::Database;
use domain::{Acknowledgement, CallTally, Cause, Incident, IncidentEvent, IncidentEventKind, IncidentId};
use jiff::{SignedDuration, Timestamp};
use store::IncidentOpening;

#[tokio::test]
async fn two_instances_that_see_one_cause_open_one_incident() {
    let database = Database::fresh().await;
    let (a, b) = (database.open().await, database.open().await);
    let (incident, new) = a.open_incident(opening(Cause::Factory, 100)).await.unwrap();
    let expected = Incident {
        id: incident.id,
        cause: Cause::Factory,
        began_at: at(90),
        opened_at: at(100),
        acknowledged: None,
        closed_at: None,
    };
    assert_eq!((&incident, new), (&expected, true));
    assert_eq!(b.open_incident(opening(Cause::Factory, 105)).await.unwrap(), (expected.clone(), false));
    let (other, new) = b.open_incident(opening(Cause::Intake, 105)).await.unwrap();
    assert!(new && other.id != incident.id);
    assert_eq!(a.incident_of(Cause::Factory).await.unwrap(), Some(expected));
    assert_eq!(a.incident_of(Cause::Backlog).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_that_open_it_at_once_one_opens_it() {
    let database = Database::fresh().await;
    let stores = [database.open().await, database.open().await, database.open().await];
    for round in 0..5 {
        let opened = (0..9).map(|n| stores[n % 3].open_incident(opening(Cause::Worker, round)));
        let opened: Vec<_> =
            futures::future::join_all(opened).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(opened.iter().filter(|(_, new)| *new).count(), 1);
        assert!(opened.iter().all(|(incident, _)| incident.id == opened[0].0.id));
        let closed = stores.iter().map(|store| store.close_incident(opened[0].0.id, at(round + 1)));
        let closed = futures::future::join_all(closed).await.into_iter().map(Result::unwrap);
        assert_eq!(closed.filter(|was_open| *was_open).count(), 1);
    }
    assert_eq!(stores[0].incidents(1, 100).await.unwrap().incidents.len(), 5);
}

#[tokio::test]
async fn a_closed_incident_stays_as_it_is_and_its_cause_can_break_again() {
    let store = Database::fresh().await.open().await;
    let first = open(&*store, 100).await;
    assert!(store.close_incident(first, at(200)).await.unwrap());
    assert!(!store.close_incident(first, at(300)).await.unwrap());
    assert!(!store.close_incident(IncidentId(4711), at(300)).await.unwrap());
    assert_eq!(store.incident(first).await.unwrap().unwrap().incident.closed_at, Some(at(200)));
    assert_eq!(store.incident_of(Cause::Factory).await.unwrap(), None);
    assert_ne!(open(&*store, 400).await, first);
}

#[tokio::test]
async fn an_event_told_twice_is_one_line_of_the_timeline() {
    let database = Database::fresh().await;
    let (a, b) = (database.open().await, database.open().await);
    let id = open(&*a, 100).await;
    let events = vec![event(103, "c"), event(101, "a"), event(103, "b"), event(101, "a")];
    assert_eq!(a.add_incident_events(id, events).await.unwrap(), 3);
    assert_eq!(b.add_incident_events(id, vec![event(999, "a"), event(102, "d")]).await.unwrap(), 1);
    assert_eq!(b.add_incident_events(IncidentId(4711), vec![event(1, "a")]).await.unwrap(), 0);
    let file = a.incident(id).await.unwrap().unwrap();
    assert_eq!(file.events, [event(101, "a"), event(102, "d"), event(103, "c"), event(103, "b")]);

    let texts =
        HOSTILE.map(String::from).into_iter().chain(["k".repeat(1024), "e".into(), "E".into(), "e ".into()]);
    let events = texts.zip(IncidentEventKind::ALL.iter().cycle()).zip(200..);
    let events: Vec<_> = events
        .map(|((text, kind), second)| IncidentEvent {
            at: at(second),
            kind: *kind,
            text: text.repeat(200),
            key: text,
        })
        .collect();
    assert_eq!(a.add_incident_events(id, events.clone()).await.unwrap(), events.len() as u64);
    assert_eq!(b.incident(id).await.unwrap().unwrap().events[4..], events);
}

#[tokio::test]
async fn each_instances_count_is_the_last_that_it_told() {
    let store = Database::fresh().await.open().await;
    let id = open(&*store, 100).await;
    let tally = |success| CallTally { success, timeout: u64::MAX, ..CallTally::default() };
    store.record_incident_tally(id, "b", tally(1)).await.unwrap();
    store.record_incident_tally(id, "a", tally(2)).await.unwrap();
    store.record_incident_tally(id, "b", tally(3)).await.unwrap();
    store.record_incident_tally(IncidentId(4711), "b", tally(3)).await.unwrap();
    let file = store.incident(id).await.unwrap().unwrap();
    assert_eq!(file.tallies, [("a".into(), tally(2)), ("b".into(), tally(3))]);
    assert_eq!(store.incident(IncidentId(4711)).await.unwrap(), None);
}

#[tokio::test]
async fn the_first_link_stays_and_is_told_to_who_asks_for_it_alone() {
    let store = Database::fresh().await.open().await;
    let id = open(&*store, 100).await;
    assert_eq!(store.incident_link(id).await.unwrap(), None);
    assert!(!store.incident(id).await.unwrap().unwrap().has_link);
    let link = format!("https://factory.example/api/report?apiKey=canary&{}", "字".repeat(1000));
    store.keep_incident_link(id, &link).await.unwrap();
    store.keep_incident_link(id, "https://elsewhere.example").await.unwrap();
    store.keep_incident_link(IncidentId(4711), &link).await.unwrap();
    assert_eq!(store.incident_link(id).await.unwrap(), Some(link));
    assert_eq!(store.incident_link(IncidentId(4711)).await.unwrap(), None);
    let file = store.incident(id).await.unwrap().unwrap();
    assert!(file.has_link && !format!("{file:?}").contains("canary"));
}

#[tokio::test]
async fn the_first_who_takes_it_on_stays() {
    let store = Database::fresh().await.open().await;
    let id = open(&*store, 100).await;
    let by = |name: &str, second| Acknowledgement { by: name.into(), at: at(second) };
    let first = by("", 110);
    assert_eq!(store.acknowledge_incident(id, first.clone()).await.unwrap(), Some(first.clone()));
    assert_eq!(store.acknowledge_incident(id, by("bob", 105)).await.unwrap(), Some(first.clone()));
    assert_eq!(store.acknowledge_incident(IncidentId(4711), first.clone()).await.unwrap(), None);
    assert_eq!(store.incident_of(Cause::Factory).await.unwrap().unwrap().acknowledged, Some(first));
}

#[tokio::test]
async fn incidents_are_listed_by_pages_newest_first_and_by_the_span_they_touch_oldest_first() {
    let store = Database::fresh().await.open().await;
    let mut ids = Vec::new();
    for second in [100, 300, 200] {
        ids.push(open(&*store, second).await);
        store.close_incident(ids[ids.len() - 1], at(second + 50)).await.unwrap();
    }
    ids.push(open(&*store, 400).await);
    let page = async |page, per_page| {
        let page = store.incidents(page, per_page).await.unwrap();
        (ids_of(&page.incidents), page.more)
    };
    assert_eq!(page(1, 3).await, (vec![ids[3], ids[1], ids[2]], true));
    assert_eq!(page(2, 3).await, (vec![ids[0]], false));
    assert!(!page(1, 4).await.1);
    assert_eq!(page(0, 1).await, (vec![ids[3]], true));
    assert_eq!(page(u32::MAX, u32::MAX).await, (vec![], false));

    // They begin ten seconds before they are opened.
    let between = async |from, to| ids_of(&store.incidents_between(at(from), at(to)).await.unwrap());
    assert_eq!(between(0, 90).await, []);
    assert_eq!(between(0, 91).await, [ids[0]]);
    assert_eq!(between(150, 190).await, [ids[0]]);
    assert_eq!(between(151, 291).await, [ids[2], ids[1]]);
    assert_eq!(between(9999, 10000).await, [ids[3]], "it is open");
    let all = store.incidents_between(Timestamp::MIN, Timestamp::MAX).await.unwrap();
    assert_eq!(ids_of(&all), [ids[0], ids[2], ids[1], ids[3]]);
}

#[tokio::test]
async fn no_incident_is_ever_forgotten() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let id = open(&*store, 100).await;
    store.add_incident_events(id, vec![event(101, "a")]).await.unwrap();
    store.close_incident(id, at(200)).await.unwrap();
    database.advance(std::time::Duration::from_secs(3 * 365 * 24 * 3600)).await;
    assert_eq!(store.prune().await.unwrap(), 0);
    assert_eq!(store.incident(id).await.unwrap().unwrap().events.len(), 1);
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_764_670_200).unwrap() + SignedDuration::from_secs(second)
}

pub fn opening(cause: Cause, second: i64) -> IncidentOpening {
    IncidentOpening { cause, began_at: at(second - 10), opened_at: at(second) }
}

async fn open(store: &dyn Verbs, second: i64) -> IncidentId {
    let (incident, new) = store.open_incident(opening(Cause::Factory, second)).await.unwrap();
    assert!(new);
    incident.id
}

pub fn event(second: i64, key: &str) -> IncidentEvent {
    let text = format!("what happened: {key}");
    IncidentEvent { at: at(second), key: key.into(), kind: IncidentEventKind::Closed, text }
}

fn ids_of(incidents: &[Incident]) -> Vec<IncidentId> {
    incidents.iter().map(|incident| incident.id).collect()
}
