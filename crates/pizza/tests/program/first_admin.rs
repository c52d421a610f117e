//! The first start of `pizza serve`.

use crate::pizza;
use reqwest::{Client, StatusCode};
use serde_json::json;
use std::{fs, path::Path};
use tempfile::TempDir;
use test_kit::{Process, free_port};

/// A `pizza serve` with these settings that has answered, and everything that it has said.
async fn served(
    folder: &Path,
    settings: &[(&str, &str)],
    login: Option<(&str, &str)>,
) -> (String, Option<StatusCode>) {
    let port = free_port().unwrap();
    let log = folder.join(format!("{port}.log"));
    let mut serve = pizza(&["serve", "--port", &port.to_string()]);
    serve.arg("--database").arg(folder.join("pizza.db")).envs(settings.iter().copied());
    let mut serve = Process::spawn("serve", serve, log.clone()).unwrap();
    let base = format!("http://127.0.0.1:{port}");
    serve.answers(&format!("{base}/readyz")).await.unwrap();
    let mut status = None;
    if let Some((email, password)) = login {
        let who = json!({ "email": email, "password": password });
        let http = Client::builder().no_proxy().build().unwrap();
        status = Some(http.put(format!("{base}/api/auth")).json(&who).send().await.unwrap().status());
    }
    assert!(serve.terminate().await.unwrap().success());
    (fs::read_to_string(log).unwrap(), status)
}

fn made_up(said: &str) -> Option<&str> {
    said.lines().find_map(|line| line.trim().strip_prefix("password  "))
}

#[tokio::test]
async fn the_first_start_makes_an_admin_and_says_the_password_once() {
    let folder = TempDir::new().unwrap();
    let (first, _) = served(folder.path(), &[], None).await;
    let password = made_up(&first).expect("a password");
    assert!(password.len() >= 20, "{password}");
    assert_eq!(first.matches(password).count(), 1);
    assert!(first.contains("admin@localhost"), "{first}");

    let (second, login) = served(folder.path(), &[], Some(("admin@localhost", password))).await;
    assert_eq!(login, Some(StatusCode::OK));
    assert_eq!(made_up(&second), None, "{second}");
    assert!(!second.contains(password));
}

#[tokio::test]
async fn no_log_line_has_the_password() {
    let folder = TempDir::new().unwrap();
    let (said, _) =
        served(folder.path(), &[("PIZZA_LOG__LEVEL", "trace"), ("PIZZA_LOG__FORMAT", "json")], None).await;
    let password = made_up(&said).expect("a password");
    let lines: Vec<_> = said.lines().filter(|line| line.starts_with('{')).collect();
    assert!(!lines.is_empty());
    assert!(lines.iter().all(|line| !line.contains(password)));
}

#[tokio::test]
async fn an_admin_who_is_configured_is_made_and_their_password_said_nowhere() {
    let folder = TempDir::new().unwrap();
    let settings = [
        ("PIZZA_AUTH__FIRST_ADMIN__NAME", "Ada"),
        ("PIZZA_AUTH__FIRST_ADMIN__EMAIL", "ada@example.com"),
        ("PIZZA_AUTH__FIRST_ADMIN__PASSWORD", "8675309867"),
    ];
    let (said, login) = served(folder.path(), &settings, Some(("ada@example.com", "8675309867"))).await;
    assert_eq!(login, Some(StatusCode::OK));
    assert!(!said.contains("8675309867") && made_up(&said).is_none(), "{said}");
}

#[tokio::test]
async fn whoever_was_made_admin_before_the_first_start_is_enough() {
    let folder = TempDir::new().unwrap();
    let mut create =
        pizza(&["admin", "create-user", "--name", "Ada", "--email", "ada@example.com", "--role", "admin"]);
    create
        .arg("--database")
        .arg(folder.path().join("pizza.db"))
        .env("PIZZA_NEW_PASSWORD", "correct horse battery");
    assert!(create.output().unwrap().status.success());
    let (said, login) = served(folder.path(), &[], Some(("ada@example.com", "correct horse battery"))).await;
    assert_eq!((made_up(&said), login), (None, Some(StatusCode::OK)));
}

#[tokio::test]
async fn a_configured_password_that_is_too_weak_stops_the_start_and_is_not_quoted() {
    let folder = TempDir::new().unwrap();
    let port = free_port().unwrap().to_string();
    let mut serve = pizza(&["serve", "--port", &port]);
    serve
        .arg("--database")
        .arg(folder.path().join("pizza.db"))
        .env("PIZZA_AUTH__FIRST_ADMIN__PASSWORD", "qwertyuiop");
    let error = crate::failing(&mut serve);
    assert!(error.contains("auth.first_admin") && error.contains("most common"), "{error}");
    assert!(!error.contains("qwertyuiop"));
}

#[tokio::test]
async fn an_admin_with_the_historic_password_is_an_error_in_the_log() {
    let folder = TempDir::new().unwrap();
    let create = ["admin", "create-user", "--name", "常用名字", "--email", "a@jwt.com", "--role", "admin"];
    let mut create = pizza(&create);
    create.arg("--database").arg(folder.path().join("pizza.db"));
    create.env("PIZZA_NEW_PASSWORD", "admin").env("PIZZA_AUTH__PASSWORD_POLICY", "historic");
    assert!(create.output().unwrap().status.success());
    let (said, _) = served(folder.path(), &[], None).await;
    assert!(said.contains("the historic password that everybody knows"), "{said}");
    assert_eq!(made_up(&said), None);
}
