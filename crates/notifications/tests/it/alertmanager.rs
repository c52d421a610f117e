//! A real Alertmanager, which passes on what we tell it.

use crate::http_receiver::{Answer, Receiver};
use crate::samples::{firing, notifier, resolved};
use notifications::{DeliveryError, Notification, Notifier, Status};
use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a real program on a busy machine may take for anything.
const PATIENCE: Duration = Duration::from_secs(60);

struct Alertmanager {
    process: Child,
    url: String,
    _folder: tempfile::TempDir,
}

impl Alertmanager {
    /// Starts one that passes everything on to a webhook, at once.
    async fn start(webhook: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("alertmanager.yml");
        let text = format!(
            "route: {{receiver: test, group_by: [alertname], group_wait: 0s, group_interval: 1s}}\n\
             receivers: [{{name: test, webhook_configs: [{{url: '{webhook}', send_resolved: true}}]}}]\n"
        );
        std::fs::write(&config, text).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let process = Command::new("prometheus-alertmanager")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--cluster.listen-address=")
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus-alertmanager runs; it is in the Debian package of this name, see scripts/install-test-packages");
        let started = Self { process, url: format!("http://127.0.0.1:{port}"), _folder: folder };
        started.is_ready().await;
        started
    }

    async fn is_ready(&self) {
        let start = Instant::now();
        while !reqwest::get(format!("{}/-/ready", self.url)).await.is_ok_and(|answer| answer.status() == 200)
        {
            assert!(start.elapsed() < PATIENCE, "Alertmanager is not ready");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Alertmanager {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The first message with this status that reaches the receiver; the alert is told again meanwhile, as callers do.
async fn arrives(
    status: &str,
    receiver: &Receiver,
    notifier: &Notifier,
    notification: &Notification,
) -> serde_json::Value {
    let start = Instant::now();
    loop {
        notifier.deliver("phone", notification).await.unwrap();
        if let Some(got) = receiver.got().iter().map(|got| got.json()).find(|got| got["status"] == status) {
            return got;
        }
        assert!(start.elapsed() < PATIENCE, "nothing that is {status} arrives");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// One alert, as of now: an Alertmanager forgets what is old.
fn of_now(mut notification: Notification, status: Status) -> Notification {
    let now = jiff::Timestamp::now();
    notification.alerts.truncate(1);
    notification.alerts[0].starts_at = now - Duration::from_secs(60);
    notification.alerts[0].ends_at = (status == Status::Resolved).then_some(now);
    notification
}

#[tokio::test]
async fn a_real_alertmanager_passes_on_what_fires_and_what_is_over() {
    let receiver = Receiver::start(Answer::Says(200, "")).await;
    let alertmanager = Alertmanager::start(&receiver.url("/hook")).await;
    let notifier = notifier(&format!("type = 'alertmanager'\nurl = '{}'", alertmanager.url));

    let got = arrives("firing", &receiver, &notifier, &of_now(firing(), Status::Firing)).await;
    let alert = &got["alerts"][0];
    assert_eq!(alert["labels"]["alertname"], "Pizza Factory Success Rate %");
    assert_eq!(alert["labels"]["severity"], "page");
    assert_eq!(alert["labels"]["service"], "jwt-pizza-service");
    assert_eq!(alert["annotations"]["runbook_url"], "https://pizza.example/runbook#factory-success-rate");
    assert!(alert["annotations"]["description"].as_str().unwrap().contains("chaos monkey"), "{alert}");
    assert_eq!(alert["generatorURL"], "https://pizza.example/operations/alerts");

    let got = arrives("resolved", &receiver, &notifier, &of_now(resolved(), Status::Resolved)).await;
    assert_eq!(got["alerts"][0]["labels"], alert["labels"], "it is the same alert");
}

#[tokio::test]
async fn a_real_alertmanager_says_what_it_does_not_like() {
    let alertmanager = Alertmanager::start("http://127.0.0.1:9/nobody").await;
    let notifier = notifier(&format!("type = 'alertmanager'\nurl = '{}'", alertmanager.url));
    let mut broken = firing();
    broken.alerts[0].labels.insert(String::new(), "a label needs a name".to_owned());
    let result = notifier.deliver("phone", &broken).await;
    assert!(
        matches!(&result, Err(DeliveryError::Permanent { why }) if why.contains("HTTP 400")),
        "{result:?}"
    );
}
