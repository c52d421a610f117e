//! `pizza drill run`.

use super::{table, watch::watch};
use crate::process::shutdown_signal;
use anyhow::{Context, bail};
use clap::Args;
use drill::{Drill, Live, Ran, Scenario, Speed, Subject, Theirs, chart, png};
use std::{
    fs,
    path::{Path, PathBuf},
};
use url::Url;

/// Run a drill: against a service and a factory that it starts itself, or against those that you name.
#[derive(Args)]
pub struct Run {
    /// A drill of `pizza drill list`, or the path of a TOML file.
    drill: String,
    /// How many times faster than in real life, 1 to 120.
    #[arg(long, default_value_t = 1, value_name = "FACTOR")]
    speed: u32,
    /// The folder for result.json, chart.svg and chart.png, the incident report and the logs
    /// [default: drill-results/ and the drill's name].
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Visits a second, instead of the drill's own.
    #[arg(long)]
    rate: Option<f64>,
    /// Fail unless the grade is this or better.
    #[arg(long, value_name = "LETTER", value_parser = letter)]
    at_least: Option<char>,
    #[command(flatten)]
    theirs: Target,
}

/// A service that runs already.
#[derive(Args)]
struct Target {
    /// An order service that runs already: ours, or any with the historic API.
    #[arg(long, value_name = "URL")]
    target: Option<Url>,
    /// The factory that it uses: it must be one of ours.
    #[arg(long, requires = "target", value_name = "URL")]
    factory_url: Option<Url>,
    /// The service's key as that factory's vendor.
    #[arg(
        long,
        requires = "factory_url",
        env = "PIZZA_DRILL_FACTORY_KEY",
        hide_env_values = true,
        value_name = "KEY"
    )]
    factory_admin_key: Option<String>,
    /// That factory's log, as JSON lines: with it calls to the factory are counted.
    #[arg(long, requires = "target", value_name = "FILE")]
    factory_log: Option<PathBuf>,
    /// An admin's e-mail address: with it alerts and circuit are watched. The password is read from PIZZA_DRILL_PASSWORD.
    #[arg(long, requires = "target", value_name = "E-MAIL")]
    admin: Option<String>,
    /// The loopback port at which a contact point of the service (a webhook) pages the drill.
    #[arg(long, requires = "target", value_name = "PORT")]
    pager_port: Option<u16>,
    /// Put a host under drill that is not this machine.
    #[arg(long)]
    i_own_this_host: bool,
}

impl Run {
    pub async fn run(self) -> anyhow::Result<()> {
        let mut scenario = scenario(&self.drill)?;
        if let Some(rate) = self.rate {
            scenario.traffic.rate = rate;
        }
        let speed = Speed::new(self.speed).map_err(anyhow::Error::msg)?;
        let out = self.out.unwrap_or_else(|| Path::new("drill-results").join(&scenario.name));
        fs::create_dir_all(&out).with_context(|| format!("{} cannot be made", out.display()))?;
        let drill = Drill { scenario, speed, subject: self.theirs.subject()? };

        let stop = shutdown_signal()?;
        let (tell, live) = tokio::sync::watch::channel(Live::default());
        let watching = tokio::spawn(watch(live, stop.clone()));
        let ran = drill.run(tell, stop).await;
        watching.await.context("the display failed")?;
        let ran = ran?;
        write(&out, &ran)?;
        table::show(&ran.result);
        println!("\n{}", out.join("result.json").display());
        match self.at_least {
            // Letters are the better the earlier they come.
            Some(least) if ran.result.grade.letter > least => {
                bail!("the grade is {}, and was to be {least} or better", ran.result.grade.letter)
            }
            _ => Ok(()),
        }
    }
}

impl Target {
    fn subject(self) -> anyhow::Result<Subject> {
        let Some(service) = self.target else {
            let program = std::env::current_exe().context("where this program lies is not known")?;
            return Ok(Subject::Own(program));
        };
        let password = || {
            std::env::var("PIZZA_DRILL_PASSWORD").context("set PIZZA_DRILL_PASSWORD to the admin's password")
        };
        let admin = self.admin.map(|email| anyhow::Ok((email, password()?))).transpose()?;
        Ok(Subject::Theirs(Box::new(Theirs {
            service,
            owned: self.i_own_this_host,
            factory: self.factory_url.zip(self.factory_admin_key),
            admin,
            factory_log: self.factory_log,
            pager_port: self.pager_port,
        })))
    }
}

/// A drill of ours by its name, or anybody's by its file.
fn scenario(drill: &str) -> anyhow::Result<Scenario> {
    let file = Path::new(drill);
    if file.extension().is_none_or(|extension| extension != "toml") {
        return Ok(Scenario::shipped(drill)?);
    }
    let text = fs::read_to_string(file).with_context(|| format!("{drill} cannot be read"))?;
    let name = file.file_stem().unwrap_or_default().to_string_lossy();
    Ok(Scenario::parse(&name, &text)?)
}

fn write(out: &Path, ran: &Ran) -> anyhow::Result<()> {
    let chart = chart(&ran.result);
    let mut files = vec![
        ("result.json", serde_json::to_vec_pretty(&ran.result)?),
        ("chart.png", png(&chart)?),
        ("chart.svg", chart.into_bytes()),
    ];
    if let Some(report) = &ran.incident_report {
        files.push(("incident-report.md", report.clone().into_bytes()));
    }
    files.extend(ran.logs.iter().map(|(name, log)| (name.as_str(), log.clone())));
    for (name, content) in files {
        let file = out.join(name);
        fs::write(&file, content).with_context(|| format!("{} cannot be written", file.display()))?;
    }
    Ok(())
}

fn letter(text: &str) -> Result<char, String> {
    match text.as_bytes() {
        [letter @ (b'A'..=b'D' | b'F')] => Ok(char::from(*letter)),
        _ => Err("A, B, C, D or F".to_owned()),
    }
}
