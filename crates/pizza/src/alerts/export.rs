//! `pizza alerts export`

use alerting::{GrafanaOptions, Links, Pace, Rules, grafana_provisioning, prometheus_rules};
use anyhow::ensure;
use clap::{Args, ValueEnum};

/// Write the alert rules, to standard output, as a file for Prometheus or for Grafana's provisioning.
///
/// Example: pizza alerts export --format prometheus > /etc/prometheus/rules/jwt-pizza.yml
#[derive(Args)]
pub struct Export {
    /// For which engine.
    #[arg(long, value_enum)]
    format: Format,
    /// Where the runbook is; a rule's anchor is added.
    #[arg(long, value_name = "URL", default_value_t = Links::default().runbook)]
    runbook: String,
    /// Where the dashboard is.
    #[arg(long, value_name = "URL")]
    dashboard: Option<String>,
    /// How many times shorter every window and period is: for a rehearsal with Prometheus.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=3600))]
    speed: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A rule file.
    Prometheus,
    /// Rules, contact points, policies and mute timings as one file for the folder provisioning/alerting.
    Grafana,
}

impl Export {
    pub fn run(self) -> anyhow::Result<()> {
        let links = Links { runbook: self.runbook, dashboard: self.dashboard };
        let file = match self.format {
            Format::Prometheus => prometheus_rules(&Rules::all(Pace::faster(self.speed)), &links),
            Format::Grafana => {
                ensure!(
                    self.speed == 1,
                    "Grafana evaluates every 10 s at most, so there is no --speed for it"
                );
                grafana_provisioning(&GrafanaOptions { links, ..GrafanaOptions::default() })
            }
        };
        print!("{file}");
        Ok(())
    }
}
