//! A real Alertmanager with our configuration, of which only the addresses are others, and intervals shorter in proportion.

use crate::clock::{EVALUATION, text};
use serde_json::{Value, json};
use std::{fs, path::Path};
use tempfile::TempDir;
use test_kit::{Process, command, free_port};

/// What our configuration says to the pager, so that it knows who pages.
pub const TOKEN: &str = "token-of-the-pager";

/// Dropped, it is killed.
pub struct Alertmanager {
    /// Its host and port.
    pub address: String,
    http: reqwest::Client,
    _process: Process,
    _folder: TempDir,
}

impl Alertmanager {
    /// The receiver of pages is there; everybody else's mail and webhooks lead nowhere.
    pub async fn start(pages: &str, watchdog: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("alertmanager.yml");
        fs::write(&file, configuration(pages, watchdog, folder.path()).to_string()).unwrap();
        let address = format!("127.0.0.1:{}", free_port().unwrap());
        let mut alertmanager = command("prometheus-alertmanager");
        alertmanager
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            // Alone, and on no port but that one.
            .arg("--cluster.listen-address=");
        let mut process = Process::spawn("alertmanager", alertmanager, folder.path().join("alertmanager.log")).expect(
            "it starts; it is in the Debian package `prometheus-alertmanager`, see scripts/install-test-packages",
        );
        process.answers(&format!("http://{address}/-/ready")).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { address, http, _process: process, _folder: folder }
    }

    /// What it takes for firing at this moment: the labels of each alert.
    pub async fn firing(&self) -> Vec<Value> {
        let url = format!("http://{}/api/v2/alerts", self.address);
        let alerts: Vec<Value> = self.http.get(url).send().await.unwrap().json().await.unwrap();
        alerts.into_iter().map(|alert| alert["labels"].clone()).collect()
    }
}

fn configuration(pages: &str, watchdog: &str, folder: &Path) -> Value {
    let token = folder.join("token");
    fs::write(&token, TOKEN).unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/alertmanager/alertmanager.yml");
    let mut config: Value = serde_saphyr::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    config["global"] = json!({});
    assert_eq!(config["route"]["group_wait"], "0s", "nothing waits");
    assert_eq!(config["route"]["group_interval"], "30s");
    config["route"]["group_interval"] = text(EVALUATION).into();
    for receiver in config["receivers"].as_array_mut().unwrap() {
        receiver.as_object_mut().unwrap().remove("email_configs");
        let to = if receiver["name"] == "page" { pages } else { watchdog };
        for webhook in receiver["webhook_configs"].as_array_mut().into_iter().flatten() {
            webhook["url"] = to.into();
            if let Some(authorization) = webhook.pointer_mut("/http_config/authorization") {
                authorization["credentials_file"] = token.display().to_string().into();
            }
        }
    }
    config
}
