//! No key, no one-time code and no fix code is in a log or an answer where it does not belong.
#![allow(clippy::unwrap_used)]

mod running;

use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use factory::Mail;
use reqwest::Method;
use running::{ADMIN_KEY, KEY, Running};
use serde_json::{Value, json};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// All lines that anybody logged at any level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Log {
    fn start() -> Self {
        let log = Self::default();
        // Not the test's own client, which may log what it likes.
        let servers = Targets::new()
            .with_target("factory", LevelFilter::TRACE)
            .with_target("http_server", LevelFilter::TRACE)
            .with_target("group_commit", LevelFilter::TRACE)
            .with_target("axum", LevelFilter::TRACE);
        let lines = tracing_subscriber::fmt::layer().with_writer(log.clone()).with_ansi(false);
        tracing_subscriber::registry().with(lines).with(servers).init();
        log
    }

    /// The lines with a code in them that belongs there, and the others.
    fn lines(&self) -> (Vec<String>, Vec<String>) {
        let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).partition(|line| line.contains(" factory::mail: "))
    }

    async fn code(&self) -> String {
        loop {
            if let Some(line) = self.lines().0.first() {
                let (_, code) = line.split_once(" code=\"").unwrap();
                return code.split('"').next().unwrap().to_owned();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// A vendor's whole life, and everything that it was answered after it had signed in.
async fn live(factory: &Running, key: &str, code: &str) -> (String, Vec<Value>) {
    let mut answers = Vec::new();
    for (method, path, key, body) in [
        (Method::POST, "/api/vendor/auth", "", json!({"id": "new", "code": code})),
        (Method::GET, "/api/vendor", key, json!({})),
        (Method::PUT, "/api/vendor", key, json!({"name": "New"})),
        (Method::PUT, "/api/vendor", ADMIN_KEY, json!({"id": "new", "name": 5, "apiKey": key})),
        (Method::POST, "/api/vendor", "", json!({"id": "new", "apiKey": key})),
        (Method::POST, "/api/vendor/connect", key, json!({"purpose": "test"})),
        (Method::POST, "/api/vendor/connect", KEY, json!({"purpose": "test"})),
        (Method::PUT, "/api/vendor/chaos/fail", key, json!({})),
        (Method::GET, "/api/vendor", key, json!({})),
        (Method::GET, "/api/admin/vendors", ADMIN_KEY, json!({})),
        (Method::PUT, "/api/admin/role", ADMIN_KEY, json!({"id": "new", "roles": ["vendor"]})),
        (Method::POST, "/api/order", "wrong", running::order(1)),
    ] {
        answers.push(factory.send(method, path, key, body).await.1);
    }
    let (_, monkey) = factory.send(Method::POST, "/api/order", key, running::order(1)).await;
    let link = reqwest::Url::parse(monkey["reportUrl"].as_str().unwrap()).unwrap().path().to_owned();
    let fix_code = link.rsplit('/').next().unwrap().to_owned();
    for path in [
        format!("{link}x"),
        format!("/api/support/{key}/report/wrong"),
        format!("/api/support/{key}/report/{fix_code}"),
        link.clone(),
        "/api/vendor/%ff".to_owned(),
    ] {
        answers.push(factory.get(&path).await.1);
    }
    (link, answers)
}

#[tokio::test]
async fn secrets_are_nowhere_but_where_they_belong() {
    let log = Log::start();
    let factory = Running::start_with(|config| config.mail = Mail::Log).await;
    factory.post("/api/vendor", json!({"id": "new"})).await;
    let (_, asked) = factory.post("/api/vendor/code", json!({"id": "new"})).await;
    let code = log.code().await;
    factory.post("/api/vendor/auth", json!({"id": "new", "code": "WRONGONE"})).await;
    let (status, signed_in) = factory.post("/api/vendor/auth", json!({"id": "new", "code": code})).await;
    assert_eq!(status, 200);
    let key = signed_in["apiKey"].as_str().unwrap();

    let (link, mut answers) = live(&factory, key, &code).await;
    answers.push(asked);
    let (token, fix_code) = link["/api/support/".len()..].split_once("/report/").unwrap();
    let secrets = [key, KEY, ADMIN_KEY, &code, "WRONGONE", token, fix_code];
    for answer in answers {
        for secret in secrets {
            assert!(!answer.to_string().contains(secret), "{answer} says {secret}");
        }
    }
    factory.stop().await;

    let (mail, others) = log.lines();
    assert_eq!(mail.len(), 1);
    assert!(mail[0].contains(" WARN ") && mail[0].contains(&code) && mail[0].contains("vendor=\"new\""));
    assert!(others.len() > 20, "hardly anything was logged");
    for line in others {
        for secret in secrets {
            assert!(!line.contains(secret), "logged: {line}");
        }
    }
}
