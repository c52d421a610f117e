//! `pizza admin`, at the machine: accounts, backups, and the doctor.

use crate::{demo::Demo, failing, pizza, text};
use reqwest::StatusCode;
use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};
use tempfile::TempDir;

const PASSWORD: &str = "correct horse battery\n";

#[test]
fn an_administrator_opens_accounts_with_passwords_that_are_never_flags() {
    let folder = TempDir::new().unwrap();
    let created = create(folder.path(), "ada@jwt.com", PASSWORD);
    assert!(created.status.success(), "{created:?}");
    assert!(text(&created.stdout).contains("ada@jwt.com"), "{created:?}");
    for (email, password, why) in [
        ("ada@jwt.com", PASSWORD, "has an account already"),
        ("bob@jwt.com", "short\n", "at least 8 characters"),
        ("bob@jwt.com", "", "no password"),
        ("no address", PASSWORD, "--email"),
    ] {
        let refused = create(folder.path(), email, password);
        assert!(!refused.status.success(), "{refused:?}");
        assert!(text(&refused.stderr).contains(why), "{why} is not in {refused:?}");
    }
}

#[tokio::test]
async fn a_new_password_ends_the_sessions_of_the_old_one_and_is_on_record() {
    let folder = TempDir::new().unwrap();
    let demo = Demo::start(folder.path()).await;
    let token = demo.token("d@jwt.com", "diner").await;
    let data = folder.path().join("data");
    let reset = |email: &str| {
        with_input(admin(&data, &["reset-password", "--database", "pizza.db", "--email", email]), PASSWORD)
    };
    let done = reset("d@jwt.com");
    assert!(done.status.success(), "{done:?}");
    let unknown = reset("nobody@jwt.com");
    assert!(text(&unknown.stderr).contains("nobody has the address nobody@jwt.com"), "{unknown:?}");

    demo.login("d@jwt.com", PASSWORD.trim()).await;
    // The running service may have the session at hand for a second.
    let me = format!("{}/api/user/me", demo.service);
    let ended = async || {
        let answer = demo.http.get(&me).bearer_auth(&token).send().await.unwrap();
        (answer.status() == StatusCode::UNAUTHORIZED).then_some(())
    };
    test_kit::eventually("the old session has ended", ended).await;

    let log = output(admin(&data, &["audit", "--database", "pizza.db"]));
    assert!(log.contains("user.reset_password") && log.contains("at the machine"), "{log}");
    let users = output(admin(&data, &["list-users", "--database", "pizza.db", "--name", "*diner"]));
    assert!(users.contains("d@jwt.com") && !users.contains("a@jwt.com"), "{users}");
    demo.ends_cleanly().await;
}

#[tokio::test]
async fn a_backup_is_made_while_the_service_runs_and_put_back_when_it_does_not() {
    let folder = TempDir::new().unwrap();
    let demo = Demo::start(folder.path()).await;
    let data = folder.path().join("data");
    let token = demo.token("d@jwt.com", "diner").await;
    demo.order(&token).await;
    let made = output(admin(&data, &["backup", "--database", "pizza.db", "copy.db"]));
    assert!(made.contains("Copied pizza.db to copy.db"), "{made}");
    demo.order(&token).await;
    let error = failing(&mut admin(&data, &["restore", "--database", "pizza.db", "copy.db"]));
    assert!(error.contains("stop the service first"), "{error}");
    demo.ends_cleanly().await;

    let restored = output(admin(&data, &["restore", "--database", "pizza.db", "copy.db"]));
    assert!(restored.contains("pizza.db.before-restore-1"), "{restored}");
    let demo = Demo::start(folder.path()).await;
    let history = demo.get("/api/order", &token).await;
    assert_eq!(history["orders"].as_array().unwrap().len(), 1, "{history}");
    // The id of the order that was lost is given again, and the factory has made a pizza for that one.
    let (status, ordered) = demo.order(&token).await;
    assert_eq!((status, &ordered["order"]["id"]), (StatusCode::OK, &2.into()), "{ordered}");
    demo.ends_cleanly().await;
}

#[tokio::test]
async fn the_doctor_says_what_is_wrong_and_what_to_do() {
    let folder = TempDir::new().unwrap();
    let demo = Demo::start(folder.path()).await;
    let data = folder.path().join("data");
    let doctor = |url: &str, key: &str| {
        let mut doctor = admin(&data, &["doctor", "--database", "pizza.db"]);
        doctor.env("PIZZA_FACTORY__URL", url).env("PIZZA_FACTORY__API_KEY", key);
        doctor
    };
    let healthy = output(doctor(&demo.factory, "demo-key"));
    for found in ["the file is intact", "knows us as vendor demo", "clock agrees", "0 orders wait"] {
        assert!(healthy.contains(found), "{found} is not in {healthy}");
    }
    assert!(!healthy.contains("ERROR") && !healthy.contains("warn"), "{healthy}");

    let ill = doctor(&demo.factory, "wrong").output().unwrap();
    assert!(!ill.status.success(), "{ill:?}");
    assert!(text(&ill.stdout).contains("does not know our key"), "{ill:?}");
    let closed = output(doctor("http://127.0.0.1:9", "demo-key"));
    assert!(closed.contains("warn") && closed.contains("orders wait while it is down"), "{closed}");
    demo.chaos(&["start", "fail"]).await;
    let chaotic = output(doctor(&demo.factory, "demo-key"));
    assert!(chaotic.contains("pizza chaos stop"), "{chaotic}");
    demo.ends_cleanly().await;
}

fn create(folder: &Path, email: &str, password: &str) -> Output {
    let arguments = ["create-user", "--name", "Ada", "--email", email, "--role", "admin"];
    with_input(admin(folder, &arguments), password)
}

fn admin(folder: &Path, arguments: &[&str]) -> Command {
    let mut admin = pizza(&["admin"]);
    admin.args(arguments).current_dir(folder);
    admin
}

/// What a command that must succeed printed.
fn output(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    text(&output.stdout)
}

fn with_input(mut command: Command, input: &str) -> Output {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    // It may have refused before it read anything.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}
