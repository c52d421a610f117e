//! The way of logs and traces: from the service through the collector to Loki and Tempo.

use crate::{
    dashboard,
    files::{list, word, yaml},
};
use std::collections::BTreeSet;
use url::Url;

#[test]
fn the_service_sends_to_where_the_collector_listens() {
    let compose = yaml("deploy/compose.yml");
    let collector = yaml("deploy/otel-collector/config.yml");
    let url = Url::parse(word(&compose["services"]["pizza"]["environment"], "OTEL_EXPORTER_OTLP_ENDPOINT"))
        .unwrap();
    assert!(compose["services"][url.host_str().unwrap()].is_object(), "{url}");
    let listens = word(&collector["receivers"]["otlp"]["protocols"]["http"], "endpoint");
    assert_eq!(listens, format!("0.0.0.0:{}", url.port().unwrap()));
}

#[test]
fn every_pipeline_is_made_of_parts_that_are_configured() {
    let collector = yaml("deploy/otel-collector/config.yml");
    let pipelines = collector["service"]["pipelines"].as_object().unwrap();
    let names: BTreeSet<_> = pipelines.keys().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["logs", "metrics", "traces"]));
    for (name, pipeline) in pipelines {
        for kind in ["receivers", "processors", "exporters"] {
            for part in pipeline[kind].as_array().into_iter().flatten() {
                assert!(
                    collector[kind].as_object().unwrap().contains_key(part.as_str().unwrap()),
                    "{name}: {part}"
                );
            }
        }
    }
    for extension in list(&collector["service"], "extensions") {
        assert!(collector["extensions"].as_object().unwrap().contains_key(extension.as_str().unwrap()));
    }
}

#[test]
fn the_collector_sends_to_where_loki_and_tempo_listen() {
    let collector = yaml("deploy/otel-collector/config.yml");
    let endpoint = |exporter: &str| Url::parse(word(&collector["exporters"][exporter], "endpoint")).unwrap();
    let loki = endpoint("otlphttp/loki");
    assert_eq!((loki.host_str(), loki.path()), (Some("loki"), "/otlp"), "/v1/logs is added by the exporter");
    let loki_port = yaml("deploy/loki/loki.yml")["server"]["http_listen_port"].as_u64().unwrap();
    assert_eq!(loki.port().map(u64::from), Some(loki_port));
    let tempo = endpoint("otlphttp/tempo");
    let protocols = &yaml("deploy/tempo/tempo.yml")["distributor"]["receivers"]["otlp"]["protocols"];
    assert_eq!(tempo.host_str(), Some("tempo"));
    assert_eq!(word(&protocols["http"], "endpoint"), format!("0.0.0.0:{}", tempo.port().unwrap()));
}

#[test]
fn what_people_filter_on_is_lifted_by_the_collector_and_a_label_in_loki() {
    let lifted = yaml("deploy/otel-collector/config.yml")["processors"]["groupbyattrs"]["keys"].clone();
    let limits = yaml("deploy/loki/loki.yml")["limits_config"].clone();
    assert_eq!(limits["allow_structured_metadata"], true, "or OTLP is refused");
    let labels = limits["otlp_config"]["resource_attributes"].clone();
    assert_eq!(labels["ignore_defaults"], true, "or the instance's id is a label, new with each start");
    let [rule] = list(&labels, "attributes_config") else { panic!("one rule") };
    assert_eq!(rule["action"], "index_label");
    let mut expected = vec![serde_json::json!("service.name")];
    expected.extend(lifted.as_array().unwrap().iter().cloned());
    assert_eq!(list(rule, "attributes"), expected);
}

#[test]
fn logs_are_asked_for_by_the_name_that_the_service_gives_itself() {
    let expressions = dashboard::expressions("loki");
    assert!(!expressions.is_empty());
    for (panel, expression) in expressions {
        assert!(expression.starts_with(r#"{service_name="jwt-pizza-service"}"#), "{panel}: {expression}");
    }
}
