//! `pizza chaos`: makes a running factory misbehave, for a while, and says when that is planned.

mod windows;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use factory_api::{ChaosKind, ChaosRequest};
use factory_client::{FactoryClient, FactoryConfig};
use jiff::SignedDuration;
use url::Url;

/// Make a running factory misbehave, or say when it is going to. Chaos always ends by itself.
#[derive(Subcommand)]
pub enum Chaos {
    Start(Start),
    /// End the chaos there is (not `down`: nobody hears us then, and it ends by itself).
    Stop(Target),
    /// Show the chaos there is, or is to come.
    Status(Target),
    Windows(windows::Windows),
    Plan(windows::Plan),
    Annotate(windows::Annotate),
    Forget(windows::Forget),
}

/// Start a window of chaos now.
///
/// Example, the outage of 2 December 2025: pizza chaos start fail --for 12m
#[derive(Args)]
pub struct Start {
    /// How the factory misbehaves.
    #[arg(value_enum)]
    kind: Kind,
    /// How long, for example 90s or 12m.
    #[arg(long = "for", default_value = "12m", value_name = "DURATION")]
    duration: SignedDuration,
    /// How likely each order is to be touched, 0 to 1.
    #[arg(long, value_name = "SHARE")]
    probability: Option<f64>,
    /// How late `throttle` answers, in seconds.
    #[arg(long, value_name = "SECONDS")]
    delay: Option<u64>,
    /// How long `flap` stays in either mood, in seconds.
    #[arg(long, value_name = "SECONDS")]
    period: Option<u64>,
    #[command(flatten)]
    target: Target,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// Every order is answered with a 500.
    Fail,
    /// Every order waits for 32 s and then succeeds.
    Throttle,
    /// Every order is answered with a pizza that does not verify.
    Badjwt,
    /// Nobody listens: connections are refused.
    Down,
    /// Failing and healthy in turns.
    Flap,
}

/// Which factory, as which vendor.
#[derive(Args)]
pub struct Target {
    /// Where the factory is.
    #[arg(long, env = "PIZZA_FACTORY__URL", default_value = "http://127.0.0.1:3001", value_name = "URL")]
    factory: Url,
    /// The vendor's API key; the demo's is demo-key.
    #[arg(
        long,
        env = "PIZZA_FACTORY__API_KEY",
        default_value = "demo-key",
        hide_env_values = true,
        value_name = "KEY"
    )]
    api_key: String,
}

impl Chaos {
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Start(start) => start.run().await,
            Self::Stop(target) => {
                target.client()?.set_chaos(ChaosKind::None, &ChaosRequest::default()).await?;
                println!("The chaos is over.");
                Ok(())
            }
            Self::Status(target) => target.status().await,
            Self::Windows(windows) => windows.run().await,
            Self::Plan(plan) => plan.run().await,
            Self::Annotate(annotate) => annotate.run().await,
            Self::Forget(forget) => forget.run().await,
        }
    }
}

impl Start {
    async fn run(self) -> anyhow::Result<()> {
        let kind = match self.kind {
            Kind::Fail => ChaosKind::Fail,
            Kind::Throttle => ChaosKind::Throttle,
            Kind::Badjwt => ChaosKind::Badjwt,
            Kind::Down => ChaosKind::Down,
            Kind::Flap => ChaosKind::Flap,
        };
        let window = ChaosRequest {
            start_date: None,
            duration_seconds: Some(
                u64::try_from(self.duration.as_secs()).context("--for must not be negative")?,
            ),
            probability: self.probability,
            delay_seconds: self.delay,
            period_seconds: self.period,
        };
        self.target.client()?.set_chaos(kind, &window).await?;
        println!("Chaos: {kind} for {:#}. It ends by itself.", self.duration);
        Ok(())
    }
}

impl Target {
    fn client(&self) -> anyhow::Result<FactoryClient> {
        Ok(FactoryClient::new(FactoryConfig::new(self.factory.clone(), self.api_key.clone().into()))?)
    }

    async fn status(&self) -> anyhow::Result<()> {
        match self.client()?.vendor().await?.chaos {
            None => println!("No chaos."),
            Some(chaos) => {
                let when = if chaos.active { "now" } else { "planned" };
                println!("Chaos: {} ({when}), from {} to {}.", chaos.kind, chaos.start_date, chaos.end_date);
            }
        }
        Ok(())
    }
}
