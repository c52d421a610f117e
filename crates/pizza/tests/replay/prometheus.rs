//! A real Prometheus that evaluates the rules which the program exports.

use crate::clock::{EVALUATION, SCRAPE, SPEED, text};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::{fs, path::Path};
use tempfile::TempDir;
use test_kit::{Process, command, free_port};

/// A Prometheus of our configuration, with intervals that are shorter in proportion. Dropped, it is killed.
pub struct Prometheus {
    url: String,
    http: reqwest::Client,
    process: Process,
    _folder: TempDir,
}

impl Prometheus {
    /// Scrapes the service there, and tells the Alertmanager there: each as host and port.
    pub async fn start(service: &str, alertmanager: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let config = folder.path().join("prometheus.yml");
        fs::write(&config, configuration(folder.path(), service, alertmanager).to_string()).unwrap();
        let port = free_port().unwrap();
        let mut prometheus = command("prometheus");
        prometheus
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--log.level=warn");
        let mut process = Process::spawn("prometheus", prometheus, folder.path().join("prometheus.log"))
            .expect("it starts; it is in the Debian package `prometheus`, see scripts/install-test-packages");
        let url = format!("http://127.0.0.1:{port}");
        process.answers(&format!("{url}/-/ready")).await.unwrap();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { url, http, process, _folder: folder }
    }

    /// The states in which it holds an alert at this moment; none is Normal.
    pub async fn states(&self, alert: &str) -> Vec<String> {
        let alerts = self.ask("alerts", &[]).await;
        let alerts = alerts["alerts"].as_array().unwrap();
        let of_rule = alerts.iter().filter(|known| known["labels"]["alertname"] == alert);
        of_rule.map(|alert| alert["state"].as_str().unwrap().to_owned()).collect()
    }

    /// When it evaluated an alert and found it in this state, `pending` or `firing`, in the last quarter of an hour.
    pub async fn evaluations(&self, alert: &str, state: &str) -> Vec<Timestamp> {
        let query = format!("ALERTS{{alertname={alert:?},alertstate={state:?}}}[15m]");
        let series = self.ask("query", &[("query", &query)]).await["result"].clone();
        let samples = series.as_array().unwrap().iter().flat_map(|one| one["values"].as_array().unwrap());
        let mut times: Vec<_> = samples.map(|sample| timestamp(sample[0].as_f64().unwrap())).collect();
        times.sort_unstable();
        times
    }

    /// The lowest and the highest value that an expression had in this time; none, if it had none.
    pub async fn extremes(&self, expression: &str, from: Timestamp, to: Timestamp) -> Option<(f64, f64)> {
        let [start, end] = [from, to].map(|at| (at.as_millisecond() as f64 / 1e3).to_string());
        let parameters = [("query", expression), ("start", &start), ("end", &end), ("step", "500ms")];
        let series = self.ask("query_range", &parameters).await["result"].clone();
        let samples =
            series.as_array().unwrap().iter().flat_map(|one| one["values"].as_array().unwrap().clone());
        let values: Vec<f64> = samples.filter_map(|sample| sample[1].as_str()?.parse().ok()).collect();
        let values = values.into_iter().filter(|value| !value.is_nan());
        values.fold(None, |extremes: Option<(f64, f64)>, value| {
            let (low, high) = extremes.unwrap_or((value, value));
            Some((low.min(value), high.max(value)))
        })
    }

    /// All that it has logged: nothing, if all is well.
    pub fn log(&self) -> String {
        self.process.log().unwrap()
    }

    async fn ask(&self, what: &str, parameters: &[(&str, &str)]) -> Value {
        let mut url = url::Url::parse(&format!("{}/api/v1/{what}", self.url)).unwrap();
        url.query_pairs_mut().extend_pairs(parameters);
        let answer: Value = self.http.get(url).send().await.unwrap().json().await.unwrap();
        assert_eq!(answer["status"], "success", "{answer}");
        answer["data"].clone()
    }
}

fn timestamp(seconds: f64) -> Timestamp {
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of this century")]
    Timestamp::from_millisecond((seconds * 1e3).round() as i64).unwrap()
}

fn configuration(folder: &Path, service: &str, alertmanager: &str) -> Value {
    let rules = folder.join("rules.yml");
    fs::write(&rules, exported_rules()).unwrap();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/prometheus/prometheus.yml");
    let mut config: Value = serde_saphyr::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let in_proportion = [
        ("scrape_interval", "15s", SCRAPE),
        ("scrape_timeout", "10s", SCRAPE),
        ("evaluation_interval", "30s", EVALUATION),
    ];
    for (interval, at_full_length, shorter) in in_proportion {
        assert_eq!(config["global"][interval], at_full_length, "{interval}");
        config["global"][interval] = text(shorter).into();
    }
    config["rule_files"] = json!([rules]);
    config["scrape_configs"][0]["static_configs"][0]["targets"] = json!([service]);
    config["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = json!([alertmanager]);
    config
}

fn exported_rules() -> Vec<u8> {
    let mut export = command(env!("CARGO_BIN_EXE_pizza"));
    export.args(["alerts", "export", "--format", "prometheus", "--speed", &SPEED.to_string()]);
    let output = export.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}
