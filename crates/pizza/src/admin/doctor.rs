//! `pizza admin doctor`

use super::installation::Installation;
use anyhow::bail;
use clap::Args;
use service::{Service, examine_config, examine_factory};
use store::{Finding, Severity};

/// Look at an installation: configuration, database and its durability, clock, factory and key. Says what to do
/// about what is wrong, and fails if a promise cannot be kept.
#[derive(Args)]
pub struct Doctor {
    #[command(flatten)]
    installation: Installation,
}

impl Doctor {
    pub async fn run(self) -> anyhow::Result<()> {
        let config = self.installation.config()?;
        let mut errors = 0;
        for (part, findings) in [
            ("Configuration", examine_config(&config)),
            ("Database", Service::examine_database(&config).await),
            ("Factory", examine_factory(&config).await),
        ] {
            println!("{part}");
            findings.iter().for_each(print);
            errors += findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        }
        match errors {
            0 => Ok(()),
            1 => bail!("1 thing must be put right"),
            _ => bail!("{errors} things must be put right"),
        }
    }
}

fn print(finding: &Finding) {
    let mark = match finding.severity {
        Severity::Fine => "  ok    ",
        Severity::Warning => "  warn  ",
        Severity::Error => "  ERROR ",
    };
    println!("{mark}{}", finding.what);
    if let Some(advice) = &finding.advice {
        println!("        → {advice}");
    }
}
