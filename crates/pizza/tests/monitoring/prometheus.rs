//! A real Prometheus with our configuration, in a hurry.

use crate::files::{in_repository, yaml};
use anyhow::{Context, ensure};
use serde_json::Value;
use std::{fs, path::Path, time::SystemTime};
use tempfile::TempDir;
use test_kit::{Process, command, free_port};

/// A Prometheus that scrapes the service every second. Dropped, it is killed and its data deleted.
pub struct Prometheus {
    url: String,
    http: reqwest::Client,
    started: SystemTime,
    process: Process,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts it with the configuration and the rules of `deploy/`, of which only targets and intervals are others.
    pub async fn start(target: &str) -> anyhow::Result<Self> {
        let folder = TempDir::new()?;
        let config = folder.path().join("prometheus.yml");
        fs::write(&config, configuration(target, folder.path())?.to_string())?;
        let port = free_port()?;
        let mut prometheus = command("prometheus");
        prometheus
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg("--log.level=warn");
        let mut process = Process::spawn("prometheus", prometheus, folder.path().join("prometheus.log"))
            .context("it is in the Debian package `prometheus`, see scripts/install-test-packages")?;
        let url = format!("http://127.0.0.1:{port}");
        process.answers(&format!("{url}/-/ready")).await?;
        let http = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { url, http, started: SystemTime::now(), process, _folder: folder })
    }

    /// The expression's value now; an error if Prometheus does not accept it.
    pub async fn now(&self, expression: &str) -> anyhow::Result<Value> {
        self.ask("query", &[("query", expression)]).await
    }

    /// Whether the expression had a value at any second since the start.
    pub async fn ever(&self, expression: &str) -> anyhow::Result<bool> {
        let unix = |time: SystemTime| {
            anyhow::Ok(time.duration_since(SystemTime::UNIX_EPOCH)?.as_secs_f64().to_string())
        };
        let (start, end) = (unix(self.started)?, unix(SystemTime::now())?);
        let parameters = [("query", expression), ("start", &start), ("end", &end), ("step", "1")];
        let series = self.ask("query_range", &parameters).await?;
        let series = series.as_array().context("a list of series")?;
        let mut values = series.iter().flat_map(|series| series["values"].as_array().into_iter().flatten());
        Ok(values.any(|value| value[1] != "NaN"))
    }

    /// All that it has logged: nothing, if all is well.
    pub fn log(&self) -> anyhow::Result<String> {
        self.process.log()
    }

    async fn ask(&self, what: &str, parameters: &[(&str, &str)]) -> anyhow::Result<Value> {
        let mut url = url::Url::parse(&format!("{}/api/v1/{what}", self.url))?;
        url.query_pairs_mut().extend_pairs(parameters);
        let answer: Value = self.http.get(url).send().await?.json().await?;
        ensure!(answer["status"] == "success", "{answer}");
        Ok(answer["data"]["result"].clone())
    }
}

fn configuration(target: &str, folder: &Path) -> anyhow::Result<Value> {
    let mut config = yaml("deploy/prometheus/prometheus.yml");
    for interval in ["scrape_interval", "scrape_timeout", "evaluation_interval"] {
        ensure!(config["global"][interval].is_string(), "{interval}");
        config["global"][interval] = "1s".into();
    }
    let [file] = config["rule_files"].as_array().context("rule files")?.as_slice() else {
        anyhow::bail!("one rule file")
    };
    let file = in_repository("deploy/prometheus").join(file.as_str().context("a path")?);
    let mut rules: Value = serde_saphyr::from_str(&fs::read_to_string(file)?)?;
    for group in rules["groups"].as_array_mut().context("groups")? {
        group["interval"] = "1s".into();
    }
    let hasty = folder.join("rules.yml");
    fs::write(&hasty, rules.to_string())?;
    config["rule_files"] = serde_json::json!([hasty]);
    config["scrape_configs"][0]["static_configs"][0]["targets"] = serde_json::json!([target]);
    config["alerting"] = serde_json::json!({});
    Ok(config)
}
