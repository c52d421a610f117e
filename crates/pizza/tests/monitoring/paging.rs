//! A real Alertmanager with our configuration, of which only the addresses are others.

use crate::files::yaml;
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use test_kit::{Process, command, free_port};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::{sleep, timeout},
};

const TOKEN: &str = "token-of-the-pager";
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn a_page_goes_out_at_once_and_the_ticket_that_it_explains_does_not() {
    let pager = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = TempDir::new().unwrap();
    let config = configuration(&format!("http://{}/alerts", pager.local_addr().unwrap()), folder.path());
    let (url, _alertmanager) = start(&config, folder.path()).await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let alerts = json!([
        { "labels": { "alertname": "Pizza Factory Success Rate %", "severity": "page" } },
        { "labels": { "alertname": "Circuit open", "severity": "ticket", "instance": "a" } },
        { "labels": { "alertname": "Latency", "severity": "ticket" } },
    ]);
    let taken = http.post(format!("{url}/api/v2/alerts")).json(&alerts).send().await.unwrap();
    assert!(taken.status().is_success(), "{taken:?}");

    let page = timeout(PATIENCE, request(&pager)).await.expect("nobody was paged");
    let (head, body) = page.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("POST /alerts ") && head.contains(&format!("Bearer {TOKEN}")), "{head}");
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!((&body["receiver"], &body["status"]), (&"page".into(), &"firing".into()));
    let names: Vec<&Value> =
        body["alerts"].as_array().unwrap().iter().map(|alert| &alert["labels"]["alertname"]).collect();
    assert_eq!(names, ["Pizza Factory Success Rate %"]);

    let inhibited = inhibited(&http, &url).await;
    assert_eq!(inhibited, ["Circuit open"], "and no other ticket");
}

/// The names of the alerts that another one makes superfluous.
async fn inhibited(http: &reqwest::Client, url: &str) -> Vec<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let alerts: Value =
            http.get(format!("{url}/api/v2/alerts")).send().await.unwrap().json().await.unwrap();
        let inhibited: Vec<String> = alerts
            .as_array()
            .unwrap()
            .iter()
            .filter(|alert| !alert["status"]["inhibitedBy"].as_array().unwrap().is_empty())
            .map(|alert| alert["labels"]["alertname"].as_str().unwrap().to_owned())
            .collect();
        if !inhibited.is_empty() || Instant::now() > deadline {
            return inhibited;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Every webhook leads to `pager`, with the token in a file; there is no mail.
fn configuration(pager: &str, folder: &Path) -> Value {
    let token = folder.join("token");
    fs::write(&token, TOKEN).unwrap();
    let mut config = yaml("deploy/alertmanager/alertmanager.yml");
    config["global"] = json!({});
    for receiver in config["receivers"].as_array_mut().unwrap() {
        receiver.as_object_mut().unwrap().remove("email_configs");
        for webhook in receiver["webhook_configs"].as_array_mut().into_iter().flatten() {
            webhook["url"] = pager.into();
            if let Some(authorization) = webhook.pointer_mut("/http_config/authorization") {
                authorization["credentials_file"] = token.display().to_string().into();
            }
        }
    }
    config
}

async fn start(config: &Value, folder: &Path) -> (String, Process) {
    let file = folder.join("alertmanager.yml");
    fs::write(&file, config.to_string()).unwrap();
    let port = free_port().unwrap();
    let mut alertmanager = command("prometheus-alertmanager");
    alertmanager
        .arg(format!("--config.file={}", file.display()))
        .arg(format!("--storage.path={}", folder.join("data").display()))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        // Alone, and on no port but that one.
        .arg("--cluster.listen-address=");
    let started = Process::spawn("alertmanager", alertmanager, folder.join("alertmanager.log"));
    let mut process = started.expect(
        "it starts; it is in the Debian package `prometheus-alertmanager`, see scripts/install-test-packages",
    );
    let url = format!("http://127.0.0.1:{port}");
    process.answers(&format!("{url}/-/ready")).await.unwrap();
    (url, process)
}

/// The next request, answered with 200.
async fn request(listener: &TcpListener) -> String {
    let (mut connection, _) = listener.accept().await.unwrap();
    let mut request = Vec::new();
    loop {
        let mut more = [0; 4096];
        let read = connection.read(&mut more).await.unwrap();
        assert!(read > 0, "the connection broke in the middle of a request");
        request.extend_from_slice(&more[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: ")).unwrap();
        if body.len() >= length.parse().unwrap() {
            connection.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.unwrap();
            return text;
        }
    }
}
