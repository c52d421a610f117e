//! Contact points as they are configured.

use crate::samples::point;
use notifications::{ContactPoint, Kind, Severity};
use serde::Deserialize;

#[derive(Deserialize, Debug)]
struct Alerts {
    contact_points: Vec<ContactPoint>,
}

#[test]
fn every_kind_can_be_configured() {
    let Alerts { contact_points } = toml::from_str(
        r#"
        [[contact_points]]
        name = "on-call"
        type = "webhook"
        url = "https://oncall.example/canary/hook"
        authorization = "Bearer canary"
        least_severity = "page"

        [[contact_points]]
        name = "chat"
        type = "slack"
        url = "https://hooks.slack.example/services/canary"

        [[contact_points]]
        name = "mail"
        type = "email"
        server = "smtps://mail.example"
        from = "Pizza <pizza@mail.example>"
        to = ["on-call@mail.example", "Boss <boss@mail.example>"]
        user = "pizza"
        password = "canary"
        least_severity = "none"

        [[contact_points]]
        name = "prometheus"
        type = "alertmanager"
        url = "http://alertmanager:9093"
        authorization = "Basic canary"
        "#,
    )
    .unwrap();
    let kinds: Vec<_> = contact_points.iter().map(|point| point.kind.as_str()).collect();
    assert_eq!(kinds, ["webhook", "slack", "email", "alertmanager"]);
    let wanting_tickets: Vec<_> = contact_points.iter().map(|point| point.wants(Severity::Ticket)).collect();
    assert_eq!(wanting_tickets, [false, true, true, true]);
    assert!(contact_points.iter().all(|point| point.wants(Severity::Page)));
    let repeated: Vec<_> = contact_points.iter().map(|point| point.kind.wants_repeats()).collect();
    assert_eq!(repeated, [false, false, false, true]);
    let Kind::Email { to, .. } = &contact_points[2].kind else { panic!("{:?}", contact_points[2]) };
    assert_eq!(to.len(), 2);
    let shown = format!("{contact_points:?}");
    assert!(shown.contains("https://hooks.slack.example/[redacted]"), "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn one_address_needs_no_list() {
    let mail = "type = 'email'\nserver = 'smtps://m.example'\nfrom = 'a@m.example'\nto = 'b@m.example'";
    let Kind::Email { to, .. } = point(mail).kind else { panic!("no mail") };
    assert_eq!(to[0].to_string(), "b@m.example");
}

#[test]
fn a_contact_point_is_read_through_figment_as_the_service_does() {
    use figment::{
        Figment,
        providers::{Format, Toml},
    };
    let read = |toml: &str| {
        let read = Figment::from(Toml::string(toml)).extract::<Alerts>();
        read.map_err(|error| error.to_string())
    };
    let point = "[[contact_points]]\nname = 'chat'\ntype = 'slack'\nurl = 'https://hooks.example/canary'";
    assert_eq!(read(point).unwrap().contact_points[0].name, "chat");
    for wrong in ["password = 'canary'", "url2 = ['canary']", "least_severity = 1"] {
        let shown = read(&format!("{point}\n{wrong}")).unwrap_err();
        assert!(shown.contains("contact point `chat`") && !shown.contains("canary"), "{shown}");
    }
}

/// JSON, so that no reader of TOML adds a line of the file to the error.
fn problem_of(json: serde_json::Value) -> String {
    let error = serde_json::from_value::<ContactPoint>(json).expect_err("it was accepted");
    format!("{error} {error:?}")
}

#[test]
fn what_is_wrong_is_named_and_never_quoted() {
    let url = "https://hooks.example/canary";
    let mail = serde_json::json!({
        "name": "p", "type": "email", "server": "smtps://m.example", "from": "a@m.example", "to": "b@m.example",
    });
    let with = |key: &str, value: serde_json::Value| {
        let mut mail = mail.clone();
        mail[key] = value;
        mail
    };
    for (json, problem) in [
        (serde_json::json!("canary"), "a contact point is a table"),
        (serde_json::json!(["canary"]), "a contact point is a table"),
        (serde_json::json!({"type": "slack", "url": url}), "`name` is missing"),
        (serde_json::json!({"name": " ", "type": "slack", "url": url}), "`name` must not be empty"),
        (serde_json::json!({"name": "p", "url": url}), "`type` is missing"),
        (serde_json::json!({"name": "p", "type": "canary"}), "`type` must be webhook"),
        (serde_json::json!({"name": "p", "type": "slack"}), "`url` is missing"),
        (serde_json::json!({"name": "p", "type": "slack", "url": "canary"}), "`url` must be an http"),
        (serde_json::json!({"name": "p", "type": "slack", "url": "ftp://canary"}), "`url` must be an http"),
        (
            serde_json::json!({"name": "p", "type": "slack", "url": "https://u:canary@h"}),
            "`url` must be an http",
        ),
        (
            serde_json::json!({"name": "p", "type": "slack", "url": url, "authorizatoin": "canary"}),
            "`authorizatoin`",
        ),
        (
            serde_json::json!({"name": "p", "type": "slack", "url": url, "authorization": "canary"}),
            "`authorization`",
        ),
        (serde_json::json!({"name": "p", "type": "slack", "url": ["canary"]}), "`url` must be a text"),
        (serde_json::json!({"name": "p", "type": "slack", "url": {"a": "canary"}}), "`url` must be a text"),
        (
            serde_json::json!({"name": "p", "type": "slack", "url": url, "least_severity": "canary"}),
            "`least_severity`",
        ),
        (
            serde_json::json!({"name": "p", "type": "webhook", "url": url, "authorization": 4242}),
            "`authorization` must be",
        ),
        (with("server", "smtp://u:canary@m.example".into()), "`server` must not hold a user"),
        (with("from", "canary".into()), "`from` must be an e-mail"),
        (with("to", serde_json::json!([])), "`to` must name somebody"),
        (with("to", serde_json::json!(["b@m.example", "canary"])), "`to` must be an e-mail"),
        (with("to", serde_json::json!([["canary"]])), "`to` must be a list"),
        (with("user", "u".into()), "`password` is needed"),
        (with("password", "canary".into()), "`password` is needed"),
        (with("password", serde_json::json!(4242)), "`password` must be a text"),
    ] {
        let shown = problem_of(json.clone());
        assert!(shown.contains(problem), "{json}: {shown}");
        assert!(!shown.contains("canary") && !shown.contains("4242"), "{json}: {shown}");
    }
}
