//! Grafana's provisioning files against their documented schema.

use crate::files::{in_repository, list, text, word, yaml};
use serde_json::Value;
use std::collections::HashSet;

fn datasources() -> Vec<Value> {
    let file = yaml("deploy/grafana/provisioning/datasources/datasources.yml");
    assert_eq!(file["apiVersion"], 1);
    list(&file, "datasources").to_vec()
}

#[test]
fn data_sources_have_all_that_grafana_needs_and_lead_to_services_of_the_compose_file() {
    let compose = yaml("deploy/compose.yml");
    let mut uids = HashSet::new();
    for source in datasources() {
        assert!(uids.insert(word(&source, "uid").to_owned()));
        assert!(["prometheus", "loki", "tempo", "alertmanager"].contains(&word(&source, "type")));
        assert_eq!(word(&source, "access"), "proxy");
        let url = url::Url::parse(word(&source, "url")).unwrap();
        assert!(compose["services"][url.host_str().unwrap()].is_object(), "{url}");
        assert!(url.port().is_some(), "{url}");
    }
    assert_eq!(datasources().iter().filter(|source| source["isDefault"] == true).count(), 1);
}

#[test]
fn data_sources_that_refer_to_each_other_do_so_by_a_uid_that_is_there() {
    let sources = datasources();
    let find = |uid: &str| sources.iter().find(|source| source["uid"] == uid).expect(uid);
    let (prometheus, loki, tempo) = (find("prometheus"), find("loki"), find("tempo"));
    find(word(&prometheus["jsonData"], "alertmanagerUid"));
    let field = &loki["jsonData"]["derivedFields"][0];
    find(word(field, "datasourceUid"));
    assert_eq!(word(field, "url"), "$${__value.raw}", "one dollar would be a variable of the environment");
    find(word(&tempo["jsonData"]["tracesToLogsV2"], "datasourceUid"));
}

#[test]
fn the_rate_interval_is_made_of_the_real_scrape_interval() {
    let sources = datasources();
    let prometheus = sources.iter().find(|source| source["type"] == "prometheus").unwrap();
    let scraped = yaml("deploy/prometheus/prometheus.yml");
    assert_eq!(prometheus["jsonData"]["timeInterval"], scraped["global"]["scrape_interval"]);
}

#[test]
fn the_dashboards_come_from_where_they_are_mounted() {
    let file = yaml("deploy/grafana/provisioning/dashboards/dashboards.yml");
    assert_eq!(file["apiVersion"], 1);
    let [provider] = list(&file, "providers") else { panic!("one provider") };
    assert_eq!((word(provider, "type"), provider["orgId"].as_u64()), ("file", Some(1)));
    let path = word(&provider["options"], "path");
    assert!(text("deploy/compose.yml").contains(&format!("- ./grafana/dashboards:{path}:ro")));
    assert!(in_repository("deploy/grafana/dashboards/jwt-pizza.json").is_file());
}

#[test]
fn rules_and_dashboard_live_in_one_folder_and_ask_one_data_source() {
    let rules = yaml("deploy/alerts/grafana/alerting.yml");
    let dashboards = yaml("deploy/grafana/provisioning/dashboards/dashboards.yml");
    assert_eq!(rules["groups"][0]["folder"], dashboards["providers"][0]["folder"]);
    for rule in list(&rules["groups"][0], "rules") {
        let uid = word(&rule["data"][0], "datasourceUid");
        assert!(datasources().iter().any(|source| source["uid"] == uid), "{uid}");
    }
}
