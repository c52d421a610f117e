//! Regions where everything goes well.

use crate::fake_grafana::Grafana;
use annotations::{AnnotationId, Annotations, GrafanaAnnotations, Region};
use serde_json::json;

/// The outage of the incident report, as long as nobody knows its end.
pub fn outage() -> Region {
    Region {
        from: "2025-12-02T10:10:30.123Z".parse().unwrap(),
        to: None,
        tags: vec!["jwt-pizza".to_owned(), "incident".to_owned()],
        text: "Incident 1: the factory makes no pizzas".to_owned(),
        dashboard_uid: None,
        panel_id: None,
    }
}

/// The same when it is over.
pub fn over() -> Region {
    Region { to: Some("2025-12-02T10:22:30Z".parse().unwrap()), ..outage() }
}

pub const FROM: i64 = 1_764_670_230_123;
pub const TO: i64 = 1_764_670_950_000;

#[tokio::test]
async fn a_region_begins_as_a_moment_and_gets_its_end_later() {
    let grafana = Grafana::start(Vec::new()).await;
    let client = grafana.client();
    let id = client.write(&outage()).await.unwrap();
    let stored = grafana.annotations().remove(0);
    assert_eq!(stored["time"], FROM);
    assert_eq!(stored["timeEnd"], FROM);
    assert_eq!(stored["tags"], json!(["jwt-pizza", "incident"]));
    assert_eq!(stored["text"], "Incident 1: the factory makes no pizzas");
    assert!(stored.get("dashboardUID").is_none(), "{stored}");

    assert_eq!(client.end(id, &over()).await.unwrap(), id);
    let stored = grafana.annotations();
    assert_eq!(stored.len(), 1);
    assert_eq!((&stored[0]["time"], &stored[0]["timeEnd"]), (&json!(FROM), &json!(TO)));
    assert_eq!(grafana.calls(), ["FIND", "POST", "PATCH", "GET"]);
}

#[tokio::test]
async fn a_region_of_the_past_is_written_whole() {
    let grafana = Grafana::start(Vec::new()).await;
    let id = grafana.client().write(&over()).await.unwrap();
    assert_eq!(id, AnnotationId(1));
    assert_eq!(grafana.annotations()[0]["timeEnd"], TO);
}

#[tokio::test]
async fn written_or_ended_twice_it_is_there_once() {
    let grafana = Grafana::start(Vec::new()).await;
    let client = grafana.client();
    let id = client.write(&outage()).await.unwrap();
    assert_eq!(client.write(&outage()).await.unwrap(), id);
    for _ in 0..2 {
        assert_eq!(client.end(id, &over()).await.unwrap(), id);
    }
    assert_eq!(client.write(&over()).await.unwrap(), id);
    assert_eq!(grafana.annotations().len(), 1);
}

#[tokio::test]
async fn regions_of_the_same_moment_that_differ_are_different() {
    let grafana = Grafana::start(Vec::new()).await;
    let client = grafana.client();
    client.write(&outage()).await.unwrap();
    client.write(&Region { text: "Incident 2".to_owned(), ..outage() }).await.unwrap();
    client.write(&Region { tags: vec!["chaos".to_owned()], ..outage() }).await.unwrap();
    assert_eq!(grafana.annotations().len(), 3);
}

#[tokio::test]
async fn an_annotation_that_somebody_deleted_is_written_anew() {
    let grafana = Grafana::start(Vec::new()).await;
    let client = grafana.client();
    let id = client.write(&outage()).await.unwrap();
    grafana.forget(id.0);
    let new = client.end(id, &over()).await.unwrap();
    assert_ne!(new, id);
    let stored = grafana.annotations();
    assert_eq!(stored.len(), 1);
    assert_eq!((&stored[0]["id"], &stored[0]["timeEnd"]), (&json!(new.0), &json!(TO)));
}

#[tokio::test]
async fn the_regions_own_dashboard_comes_before_the_configured_one() {
    let grafana = Grafana::start(Vec::new()).await;
    let mut config = grafana.config();
    config.dashboard_uid = Some("jwt-pizza".to_owned());
    config.panel_id = Some(7);
    let client = GrafanaAnnotations::new(config).unwrap();
    client.write(&outage()).await.unwrap();
    let own = Region { dashboard_uid: Some("own".to_owned()), text: "another".to_owned(), ..outage() };
    client.write(&own).await.unwrap();
    let shown: Vec<_> = grafana
        .annotations()
        .iter()
        .map(|stored| (stored["dashboardUID"].clone(), stored["panelId"].clone()))
        .collect();
    assert_eq!(shown, [(json!("jwt-pizza"), json!(7)), (json!("own"), json!(0))]);
}

#[tokio::test]
async fn an_end_before_the_beginning_is_the_beginning_and_a_long_text_is_cut() {
    let grafana = Grafana::start(Vec::new()).await;
    let odd =
        Region { to: Some("2025-12-01T00:00:00Z".parse().unwrap()), text: "ü".repeat(100_000), ..outage() };
    let client = grafana.client();
    let id = client.write(&odd).await.unwrap();
    assert_eq!(grafana.annotations()[0]["timeEnd"], FROM);
    assert_eq!(grafana.annotations()[0]["text"].as_str().unwrap().len(), 16 * 1024);
    assert_eq!(client.end(id, &odd).await.unwrap(), id, "what was cut is what was meant");
}

#[test]
fn an_id_is_a_number_in_json() {
    assert_eq!(serde_json::to_string(&AnnotationId(7)).unwrap(), "7");
    assert_eq!(serde_json::from_str::<AnnotationId>("7").unwrap(), AnnotationId(7));
}
