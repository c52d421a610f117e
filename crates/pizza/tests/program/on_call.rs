//! `pizza alerts`, `pizza incident` and `pizza chaos windows|plan|annotate|forget`: for whoever is on call, at the
//! machine.

use crate::{demo::Demo, failing, pizza, text};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};
use store::{Clock, IncidentOpening, OperationsStore, SqliteOptions, SqliteStore};
use tempfile::TempDir;
use test_kit::Receiver;

/// A command for the installation in this folder, whose configuration tells nobody.
fn at(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = pizza(arguments);
    command.args(["--database", "pizza.db"]).current_dir(folder);
    command
}

/// What a command that must succeed printed.
fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    text(&output.stdout)
}

fn run(folder: &Path, arguments: &[&str]) -> String {
    said(&mut at(folder, arguments))
}

fn error(folder: &Path, arguments: &[&str]) -> String {
    failing(&mut at(folder, arguments))
}

#[test]
fn rules_are_listed_paused_for_a_while_and_resumed() {
    let folder = TempDir::new().unwrap();
    let list = run(folder.path(), &["alerts", "list"]);
    assert!(list.contains("factory-success-rate") && list.contains("Pizza Factory Success Rate %"), "{list}");
    let paused = run(folder.path(), &["alerts", "pause", "latency", "--for", "30m"]);
    assert!(
        paused.starts_with("latency is paused until ") && paused.contains("It ends by itself."),
        "{paused}"
    );
    let list = run(folder.path(), &["alerts", "list", "--history", "5"]);
    assert!(list.contains("PAUSED until ") && list.contains("by somebody at the machine"), "{list}");
    assert_eq!(run(folder.path(), &["alerts", "resume", "Latency"]), "latency is evaluated again.\n");
    assert!(!run(folder.path(), &["alerts", "list"]).contains("PAUSED"));
    let audit = run(folder.path(), &["admin", "audit"]);
    assert!(audit.contains("alert.pause") && audit.contains("alert.resume"), "{audit}");

    let refused = |rule: &str, length: &str| {
        error(folder.path(), &["alerts", "pause", rule, &format!("--for={length}")])
    };
    assert!(refused("latency", "25h").contains("24 hours at most"));
    for length in ["0s", "-5m"] {
        assert!(refused("latency", length).contains("must end in the future"), "{length}");
    }
    for length in ["2000000h", "99999999999h"] {
        let error = refused("latency", length);
        assert!(!error.contains("panicked"), "{error}");
    }
    assert!(refused("nothing", "5m").contains("no such alert rule"));
}

#[test]
fn rules_are_exported_for_prometheus_and_for_grafana_without_an_installation() {
    let folder = TempDir::new().unwrap();
    let export = |arguments: &[&str]| {
        let mut command = pizza(&["alerts", "export"]);
        command.args(arguments).current_dir(folder.path());
        command
    };
    let rules = said(&mut export(&["--format", "prometheus", "--runbook", "https://pizza.example/runbook"]));
    assert!(rules.contains("Pizza Factory Success Rate %"), "{rules}");
    assert!(rules.contains("https://pizza.example/runbook#factory-success-rate"), "{rules}");
    let rehearsal = said(&mut export(&["--format", "prometheus", "--speed", "60"]));
    assert_ne!(rehearsal, rules);
    assert!(said(&mut export(&["--format", "grafana"])).contains("apiVersion: 1"));
    assert!(failing(&mut export(&["--format", "grafana", "--speed", "60"])).contains("no --speed"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
}

#[tokio::test]
async fn contact_points_are_tried_and_those_that_fail_fail_the_command() {
    let folder = TempDir::new().unwrap();
    let nobody = error(folder.path(), &["alerts", "test"]);
    assert!(
        nobody.contains("there is no contact point") && nobody.contains("[[alerts.contact_points]]"),
        "{nobody}"
    );

    let receiver = Receiver::start().await;
    let point = |name: &str, url: &str| {
        format!("[[alerts.contact_points]]\nname = \"{name}\"\ntype = \"webhook\"\nurl = \"{url}\"\n")
    };
    let working = point("on-call", receiver.url("canary-path").as_str());
    let config = folder.path().join("pizza.toml");
    fs::write(&config, &working).unwrap();
    let test = || {
        let mut command = at(folder.path(), &["alerts", "test", "--config", "pizza.toml"]);
        tokio::task::spawn_blocking(move || command.output().unwrap())
    };
    let told = test().await.unwrap();
    assert!(told.status.success() && text(&told.stdout) == "on-call: told\n", "{told:?}");
    assert!(
        receiver.messages()[0]["message"]
            .as_str()
            .unwrap()
            .contains("Somebody at the machine asked for this")
    );

    fs::write(&config, working + &point("nowhere", "http://127.0.0.1:9/canary-path")).unwrap();
    let told = test().await.unwrap();
    let (out, error) = (text(&told.stdout), text(&told.stderr));
    assert!(!told.status.success() && error.contains("1 of 2 contact points were not told"), "{told:?}");
    assert!(out.contains("on-call: told\n") && out.contains("nowhere: NOT told: "), "{out}");
    assert!(!out.contains("canary") && !error.contains("canary"), "{told:?}");
}

/// An installation that has had an incident, or rather still has it.
async fn incident(folder: &Path) -> PathBuf {
    let path = folder.join("pizza.db");
    let store = SqliteStore::open(SqliteOptions { path: path.clone(), clock: Clock::system() }).unwrap();
    let at = "2025-12-02T10:10:12Z".parse().unwrap();
    let opening = IncidentOpening { cause: domain::Cause::Factory, began_at: at, opened_at: at };
    store.open_incident(opening).await.unwrap();
    path
}

#[tokio::test]
async fn an_incident_is_listed_shown_taken_on_and_reported() {
    let folder = TempDir::new().unwrap();
    assert!(run(folder.path(), &["incident", "list"]).contains("There are none. May it stay so."));
    incident(folder.path()).await;
    let list = run(folder.path(), &["incident", "list"]);
    for shown in ["factory", "2025-12-02T10:10:12Z", "not yet"] {
        assert!(list.contains(shown), "{shown} is not in {list}");
    }
    let taken = run(folder.path(), &["incident", "ack", "1", "--by", "Kai"]);
    assert!(taken.starts_with("Kai has taken incident 1 on, at "), "{taken}");
    let late = run(folder.path(), &["incident", "ack", "1", "--by", "Ada"]);
    assert!(late.starts_with("Kai has taken incident 1 on, at "), "{late}");
    let shown = run(folder.path(), &["incident", "show", "1"]);
    assert!(shown.contains("Incident 1: factory, since 2025-12-02T10:10:12Z, over not yet"), "{shown}");
    assert!(shown.contains("0 lost") && shown.contains("Kai acknowledged the incident"), "{shown}");
    let report = run(folder.path(), &["incident", "report", "1"]);
    assert_eq!(report.lines().filter(|line| line.starts_with("## ")).count(), 8, "{report}");
    assert!(error(folder.path(), &["incident", "end-chaos", "1"]).contains("no link that ends its chaos"));
    for act in ["show", "report", "ack", "end-chaos"] {
        let error = error(folder.path(), &["incident", act, "9"]);
        assert!(error.contains("there is no incident 9"), "{act}: {error}");
    }
    let audit = run(folder.path(), &["admin", "audit"]);
    assert!(audit.contains("incident.acknowledge") && audit.contains("incident.end_chaos"), "{audit}");
}

#[test]
fn chaos_windows_are_planned_written_down_listed_and_forgotten() {
    let folder = TempDir::new().unwrap();
    let (from, to) = ("2099-12-02T10:10Z", "2099-12-02T10:22Z");
    let planned = run(folder.path(), &["chaos", "plan", "--from", from, "--to", to, "--ticket"]);
    assert_eq!(planned, "Chaos window 1: fail from 2099-12-02T10:10:00Z to 2099-12-02T10:22:00Z.\n");
    let to_come = error(folder.path(), &["chaos", "annotate", "--from", from, "--to", to]);
    assert!(to_come.contains("use `pizza chaos plan` for what is to come"), "{to_come}");
    let yesterday = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24);
    let (from, to) = (yesterday.to_string(), (yesterday + jiff::SignedDuration::from_mins(12)).to_string());
    let past =
        ["chaos", "annotate", "--from", &from, "--to", &to, "--kind", " throttle ", "--reason", "a drill"];
    assert!(run(folder.path(), &past).starts_with("Chaos window 2: throttle from "));
    let windows = run(folder.path(), &["chaos", "windows"]);
    assert!(
        windows.contains("nobody") && windows.contains("as ever") && windows.contains("a drill"),
        "{windows}"
    );

    assert!(
        error(folder.path(), &["chaos", "plan", "--from", &to, "--to", &from])
            .contains("end after it begins")
    );
    assert!(
        error(folder.path(), &["chaos", "plan", "--from", "noon", "--to", &to])
            .contains("not a time such as")
    );
    assert_eq!(run(folder.path(), &["chaos", "forget", "2"]), "Chaos window 2 is gone.\n");
    assert!(error(folder.path(), &["chaos", "forget", "2"]).contains("there is no chaos window 2"));
    let audit = run(folder.path(), &["admin", "audit"]);
    assert!(audit.contains("chaos_window.plan") && audit.contains("chaos_window.delete"), "{audit}");
}

/// What is written at the machine is what the running service says.
#[tokio::test]
async fn a_running_service_sees_what_was_done_at_the_machine() {
    let folder = TempDir::new().unwrap();
    let demo = Demo::start(folder.path()).await;
    let token = demo.token("a@jwt.com", "admin").await;
    let data = folder.path().join("data");
    run(&data, &["alerts", "pause", "latency", "--for", "30m"]);
    let alerts = demo.get("/api/admin/alerts", &token).await;
    let paused =
        alerts["alerts"].as_array().unwrap().iter().find(|alert| alert["name"] == "latency").unwrap();
    assert_eq!(paused["pausedBy"], "somebody at the machine");
    demo.ends_cleanly().await;
}
