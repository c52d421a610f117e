//! Regions in a Grafana that lies, fails, or does not answer.

use crate::fake_grafana::{Fault, Faults, Grafana};
use crate::regions::{TO, outage, over};
use annotations::{AnnotationError, AnnotationId, Annotations, ConfigError, GrafanaAnnotations};
use secrecy::SecretString;
use std::time::Duration;

/// A Grafana with one open region, which is about to make trouble.
async fn with_open_region(faults: Faults) -> (Grafana, GrafanaAnnotations, AnnotationId) {
    let grafana = Grafana::start(faults).await;
    let client = grafana.client();
    let id = client.write(&outage()).await.unwrap();
    grafana.calls();
    (grafana, client, id)
}

fn assert_ended_once(grafana: &Grafana, id: AnnotationId) {
    let stored = grafana.annotations();
    assert_eq!(stored.len(), 1, "{stored:?}");
    assert_eq!(stored[0]["id"], id.0);
    assert_eq!(stored[0]["timeEnd"], TO);
}

#[tokio::test]
async fn where_patch_lies_the_region_is_deleted_and_posted() {
    let (grafana, client, id) = with_open_region(vec![("PATCH", Fault::Lies)]).await;
    let new = client.end(id, &over()).await.unwrap();
    assert_ne!(new, id);
    assert_ended_once(&grafana, new);
    assert_eq!(grafana.calls(), ["PATCH", "GET", "DELETE", "FIND", "POST"]);
}

#[tokio::test]
async fn whatever_fails_on_the_way_trying_again_ends_the_region_once() {
    let lie = ("PATCH", Fault::Lies);
    let busy = Fault::Says(503, "busy");
    for faults in [
        vec![("PATCH", busy)],
        vec![("PATCH", Fault::Hangs)],
        vec![("PATCH", Fault::DoesItAndHangs)],
        vec![("GET", busy)],
        vec![lie, ("GET", Fault::Hangs)],
        vec![lie, ("DELETE", busy)],
        vec![lie, ("DELETE", Fault::DoesItAndHangs)],
        vec![lie, ("DELETE", busy), lie],
    ] {
        let (grafana, client, id) = with_open_region(faults).await;
        let error = client.end(id, &over()).await.unwrap_err();
        assert!(matches!(error, AnnotationError::Temporary { .. }), "{error}");
        let id = client.end(id, &over()).await.unwrap();
        assert_ended_once(&grafana, id);
    }
}

#[tokio::test]
async fn a_post_that_fails_after_the_delete_is_made_up_for() {
    for fault in [Fault::Says(500, "no"), Fault::Hangs, Fault::DoesItAndHangs] {
        let grafana = Grafana::start(Vec::new()).await;
        let id = grafana.client().write(&outage()).await.unwrap();
        grafana.will(vec![("PATCH", Fault::Lies), ("POST", fault)]);
        let client = grafana.client();
        assert!(matches!(client.end(id, &over()).await, Err(AnnotationError::Temporary { .. })));
        let id = client.end(id, &over()).await.unwrap();
        assert_ended_once(&grafana, id);
    }
}

#[tokio::test]
async fn a_write_that_was_done_but_not_answered_is_not_done_twice() {
    let grafana = Grafana::start(vec![("POST", Fault::DoesItAndHangs)]).await;
    let client = grafana.client();
    let error = client.write(&outage()).await.unwrap_err();
    assert!(matches!(&error, AnnotationError::Temporary { why } if why.contains("in time")), "{error}");
    assert_eq!(client.write(&outage()).await.unwrap(), AnnotationId(1));
    assert_eq!(grafana.annotations().len(), 1);
}

#[tokio::test]
async fn who_may_not_read_can_write() {
    let grafana = Grafana::start(vec![("FIND", Fault::Says(403, "no annotations:read"))]).await;
    assert_eq!(grafana.client().write(&outage()).await.unwrap(), AnnotationId(1));
}

#[tokio::test]
async fn a_delete_that_is_forbidden_is_permanent_and_changes_nothing() {
    let faults = vec![("PATCH", Fault::Lies), ("DELETE", Fault::Says(403, "no annotations:delete"))];
    let (grafana, client, id) = with_open_region(faults).await;
    let error = client.end(id, &over()).await.unwrap_err();
    assert!(
        matches!(&error, AnnotationError::Permanent { why } if why.contains("no annotations:delete")),
        "{error}"
    );
    assert_eq!(grafana.annotations()[0]["id"], id.0);
}

#[tokio::test]
async fn errors_of_the_server_are_temporary_and_those_of_ours_permanent() {
    for (status, temporary) in [
        (408, true),
        (429, true),
        (500, true),
        (502, true),
        (302, false),
        (400, false),
        (403, false),
        (404, false),
    ] {
        let grafana = Grafana::start(vec![("POST", Fault::Says(status, "words"))]).await;
        let error = grafana.client().write(&outage()).await.unwrap_err();
        let shown = error.to_string();
        assert!(shown.contains(&status.to_string()) && shown.contains("words"), "{shown}");
        assert_eq!(matches!(error, AnnotationError::Temporary { .. }), temporary, "{shown}");
    }
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_temporary() {
    let grafana = Grafana::start(vec![("POST", Fault::Lies)]).await;
    let error = grafana.client().write(&outage()).await.unwrap_err();
    assert!(matches!(error, AnnotationError::Temporary { .. }), "{error}");
}

#[tokio::test]
async fn a_wrong_token_is_permanent_and_in_no_error() {
    let grafana = Grafana::start(Vec::new()).await;
    let mut config = grafana.config();
    config.token = SecretString::from("glsa_canary-wrong");
    assert!(!format!("{config:?}").contains("canary"), "{config:?}");
    let client = GrafanaAnnotations::new(config).unwrap();
    let error = client.write(&outage()).await.unwrap_err();
    assert!(matches!(&error, AnnotationError::Permanent { why } if why.contains("401")), "{error}");
    assert!(grafana.annotations().is_empty());

    let grafana = Grafana::start(vec![("FIND", Fault::Echoes(500)), ("POST", Fault::Echoes(400))]).await;
    for _ in 0..2 {
        let error = grafana.client().write(&outage()).await.unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("[redacted]") && !shown.contains("canary"), "{shown}");
    }
}

#[tokio::test]
async fn nobody_there_is_temporary() {
    let mut config = Grafana::start(Vec::new()).await.config();
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    config.url = format!("http://{free}").parse().unwrap();
    let client = GrafanaAnnotations::new(config).unwrap().with_deadline(Duration::from_secs(60));
    let error = client.write(&outage()).await.unwrap_err();
    assert!(matches!(&error, AnnotationError::Temporary { why } if why.contains("reached")), "{error}");
}

#[tokio::test]
async fn what_cannot_work_is_refused_without_showing_it() {
    let grafana = Grafana::start(Vec::new()).await;
    for url in ["ftp://grafana.example", "https://admin:canary@grafana.example"] {
        let mut config = grafana.config();
        config.url = url.parse().unwrap();
        let Err(error) = GrafanaAnnotations::new(config) else { panic!("{url} was accepted") };
        assert!(matches!(error, ConfigError::Url), "{error}");
    }
    let mut config = grafana.config();
    config.token = SecretString::from("canary\nX: y");
    let Err(error) = GrafanaAnnotations::new(config) else { panic!("the token was accepted") };
    assert!(matches!(error, ConfigError::Token) && !format!("{error:?}").contains("canary"), "{error}");
}
