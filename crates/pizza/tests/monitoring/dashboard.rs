//! The dashboard against Grafana's documented JSON model, and against what a reader needs of it.

use crate::files::{json, list, word, yaml};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};

const FILE: &str = "deploy/grafana/dashboards/jwt-pizza.json";
/// Grafana's grid is so wide.
const COLUMNS: u64 = 24;
const GRAFANA: &str = "-- Grafana --";

/// Every panel but the rows, which hold none of them.
pub fn panels() -> Vec<Value> {
    let is_row = |panel: &Value| panel["type"] == "row";
    let all = json(FILE);
    for row in list(&all, "panels").iter().filter(|panel| is_row(panel)) {
        assert_eq!((row["collapsed"].as_bool(), list(row, "panels").len()), (Some(false), 0), "{row}");
    }
    list(&all, "panels").iter().filter(|panel| !is_row(panel)).cloned().collect()
}

/// Panel and expression of each target that asks the data source of this type.
pub fn expressions(datasource: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for panel in panels() {
        for target in
            list(&panel, "targets").iter().filter(|target| target["datasource"]["type"] == datasource)
        {
            all.push((word(&panel, "title").to_owned(), word(target, "expr").to_owned()));
        }
    }
    all
}

#[test]
fn the_dashboard_has_what_grafana_requires() {
    let dashboard = json(FILE);
    assert_eq!(word(&dashboard, "uid"), "jwt-pizza");
    assert_eq!(word(&dashboard, "title"), "JWT Pizza");
    assert_eq!(dashboard["tags"], serde_json::json!(["jwt-pizza"]));
    assert_eq!(dashboard["editable"], true);
    assert!((0..=2).contains(&dashboard["graphTooltip"].as_u64().unwrap()));
    assert!(dashboard["schemaVersion"].as_u64().unwrap() >= 36, "below it Grafana migrates the model");
    assert_eq!(dashboard["time"], serde_json::json!({ "from": "now-1h", "to": "now" }));
    let refreshes = list(&dashboard["timepicker"], "refresh_intervals");
    assert!(refreshes.contains(&dashboard["refresh"]), "one of those it can be set to");
    assert!(dashboard.get("id").is_none(), "an id belongs to one Grafana only");
}

#[test]
fn panels_have_ids_of_their_own_and_do_not_overlap() {
    let dashboard = json(FILE);
    let (mut ids, mut taken) = (HashSet::new(), HashSet::new());
    for panel in list(&dashboard, "panels") {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{}", panel["title"]);
        let at = |member| panel["gridPos"][member].as_u64().unwrap();
        let (x, y, w, h) = (at("x"), at("y"), at("w"), at("h"));
        assert!(w >= 1 && h >= 1 && x + w <= COLUMNS, "{}", panel["title"]);
        for cell in (x..x + w).flat_map(|x| (y..y + h).map(move |y| (x, y))) {
            assert!(taken.insert(cell), "{} overlaps at {cell:?}", panel["title"]);
        }
    }
}

#[test]
fn a_panel_says_what_it_shows_in_which_unit_and_what_to_do() {
    let mut titles = HashSet::new();
    for panel in panels() {
        let title = word(&panel, "title");
        assert!(titles.insert(title.to_owned()), "two panels are called {title}");
        let description = word(&panel, "description");
        assert!(description.len() > 30 && description.contains('.'), "{title}: {description}");
        let defaults = &panel["fieldConfig"]["defaults"];
        assert!(!word(defaults, "unit").is_empty(), "{title} has no unit");
        assert!(panel["fieldConfig"]["overrides"].is_array() && panel["options"].is_object(), "{title}");
        if panel["type"] != "logs" {
            let steps = list(&defaults["thresholds"], "steps");
            assert_eq!(steps[0]["value"], Value::Null, "{title}: the first step has no lower end");
            let values: Vec<f64> = steps[1..].iter().map(|step| step["value"].as_f64().unwrap()).collect();
            assert!(values.is_sorted(), "{title}");
        }
        let targets = list(&panel, "targets");
        let letters: HashSet<&str> = targets.iter().map(|target| word(target, "refId")).collect();
        assert!(!targets.is_empty() && letters.len() == targets.len(), "{title}");
    }
}

#[test]
fn a_description_that_names_a_chapter_of_the_runbook_names_one_that_is_there() {
    let ids = crate::files::rule_ids();
    let mut named = BTreeSet::new();
    for panel in panels() {
        let description = word(&panel, "description").to_owned();
        for (at, _) in description.match_indices("unbook, ") {
            let chapters = description[at + "unbook, ".len()..].split([')', '.', ':']).next().unwrap();
            for chapter in chapters.split(", ") {
                assert!(ids.iter().any(|id| id == chapter), "{}: {chapter}", panel["title"]);
                named.insert(chapter.to_owned());
            }
        }
    }
    assert!(named.len() >= 10, "{named:?}");
}

#[test]
fn the_top_row_is_five_big_numbers() {
    let top: Vec<Value> = panels().into_iter().filter(|panel| panel["gridPos"]["y"] == 0).collect();
    let titles: Vec<&str> = top.iter().map(|panel| word(panel, "title")).collect();
    assert_eq!(titles, ["Kitchen", "Factory success", "Waiting orders", "Oldest waits", "Firing alerts"]);
    for panel in &top {
        assert_eq!(panel["type"], "stat");
        assert_eq!(panel["options"]["colorMode"], "background", "seen without reading");
        assert_eq!(panel["options"]["textMode"], "value");
        assert!(panel["gridPos"]["w"].as_u64().unwrap() >= 4 && panel["gridPos"]["h"].as_u64().unwrap() >= 5);
    }
}

#[test]
fn a_big_number_that_is_not_there_is_not_shown_as_a_good_one() {
    for panel in panels().iter().filter(|panel| panel["type"] == "stat") {
        let defaults = &panel["fieldConfig"]["defaults"];
        let special = list(defaults, "mappings").iter().find(|mapping| mapping["type"] == "special").unwrap();
        assert_eq!(special["options"]["match"], "null+nan");
        let (text, color) = (word(defaults, "noValue"), word(&special["options"]["result"], "color"));
        assert_eq!(special["options"]["result"]["text"], text, "{}", panel["title"]);
        assert!(["dark-purple", "blue"].contains(&color), "neither green nor red: {}", panel["title"]);
        let expression = word(&panel["targets"][0], "expr");
        assert!(!expression.contains("vector("), "a value out of nothing: {expression}");
    }
}

#[test]
fn the_panels_that_every_operator_builds_are_there_and_those_of_an_outage_beside_them() {
    let titles: HashSet<String> = panels().iter().map(|panel| word(panel, "title").to_owned()).collect();
    for title in [
        "Requests by method",
        "Active users",
        "Authentication attempts",
        "CPU",
        "Memory",
        "Pizzas",
        "Revenue",
        "Latency of endpoints",
        "Latency of pizza creation",
        "Pizza Factory Success Rate %",
        "Circuit",
        "Queue depth",
        "Age of the oldest order",
        "Time to fulfil",
        "Incidents open",
        "Alert states",
        "Fulfilment SLO",
        "Short-circuited calls",
        "Latency of the database",
        "Live log",
    ] {
        assert!(titles.contains(title), "{title}");
    }
}

#[test]
fn every_data_source_is_a_variable_whose_default_is_provisioned() {
    let dashboard = json(FILE);
    let provisioned = yaml("deploy/grafana/provisioning/datasources/datasources.yml");
    let provisioned: BTreeMap<&str, &str> = list(&provisioned, "datasources")
        .iter()
        .map(|source| (word(source, "uid"), word(source, "type")))
        .collect();
    let mut variables = BTreeMap::new();
    for variable in list(&dashboard["templating"], "list") {
        if variable["type"] == "datasource" {
            let (name, kind) = (word(variable, "name"), word(variable, "query"));
            assert_eq!(provisioned.get(word(&variable["current"], "value")), Some(&kind), "{name}");
            variables.insert(format!("${{{name}}}"), kind.to_owned());
        }
    }
    for panel in panels() {
        let targets = list(&panel, "targets").iter().map(|target| &target["datasource"]);
        for source in targets.chain([&panel["datasource"]]) {
            assert_eq!(
                variables.get(word(source, "uid")).unwrap(),
                word(source, "type"),
                "{}",
                panel["title"]
            );
        }
    }
}

#[test]
fn instance_and_franchise_can_be_chosen_and_every_query_heeds_the_instance() {
    let dashboard = json(FILE);
    let variables = list(&dashboard["templating"], "list");
    for name in ["instance", "franchise"] {
        let variable = variables.iter().find(|variable| variable["name"] == name).expect(name);
        assert_eq!(variable["type"], "query");
        assert_eq!((&variable["includeAll"], &variable["multi"]), (&true.into(), &true.into()));
        assert_eq!(variable["allValue"], ".*", "also what has no such label");
        assert_eq!(word(&variable["query"], "query"), word(variable, "definition"));
        assert!(word(variable, "definition").ends_with(&format!(", {name})")));
    }
    for (panel, expression) in expressions("prometheus") {
        let selectors = expression.matches('{').count();
        assert_eq!(
            expression.matches(r#"instance=~"$instance""#).count(),
            selectors,
            "{panel}: {expression}"
        );
    }
    let used: Vec<String> =
        expressions("prometheus").into_iter().chain(expressions("loki")).map(|(_, e)| e).collect();
    for variable in variables.iter().filter(|variable| variable["type"] != "datasource") {
        let name = format!("${}", word(variable, "name"));
        assert!(used.iter().any(|expression| expression.contains(&name)), "{name} is used nowhere");
    }
}

#[test]
fn annotations_are_asked_for_by_tag() {
    let dashboard = json(FILE);
    let mut tags = Vec::new();
    for query in list(&dashboard["annotations"], "list") {
        assert_eq!(query["datasource"], serde_json::json!({ "type": "grafana", "uid": GRAFANA }));
        assert!(!word(query, "name").is_empty() && !word(query, "iconColor").is_empty());
        if query["builtIn"] == 1 {
            continue;
        }
        let target = &query["target"];
        assert_eq!((word(target, "type"), &target["matchAny"]), ("tags", &false.into()), "all of them");
        assert!(target["limit"].as_u64().unwrap() > 0);
        tags.push(
            list(target, "tags").iter().map(|tag| tag.as_str().unwrap().to_owned()).collect::<Vec<_>>(),
        );
    }
    let expected: [&[&str]; 3] = [&["jwt-pizza", "incident"], &["jwt-pizza", "chaos"], &["jwt-pizza"]];
    assert_eq!(tags, expected);
}
