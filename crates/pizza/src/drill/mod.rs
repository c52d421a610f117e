//! `pizza drill`: replays an outage against a service, and says how it did.

mod compare;
mod list;
mod run;
mod screen;
mod table;
mod view;
mod watch;

use clap::Subcommand;

/// Replay an outage, and score what diners and operators live through.
///
/// Example, the outage of 2 December 2025 in half a minute: pizza drill run 2025-12-02-factory-outage --speed 60
#[derive(Subcommand)]
pub enum Drill {
    Run(Box<run::Run>),
    List(list::List),
    Compare(compare::Compare),
}

impl Drill {
    pub async fn run(self) -> anyhow::Result<()> {
        match self {
            Self::Run(run) => run.run().await,
            Self::List(list) => list.run(),
            Self::Compare(compare) => compare.run(),
        }
    }
}

#[cfg(test)]
mod tests {
    use service::config::Config;

    /// What a faster drill shortens must be what the service has: a default that changed would be "shortened" to nonsense.
    #[test]
    fn the_durations_that_a_drill_shortens_are_the_service_s_own() {
        let Config { circuit, factory, fulfilment, orders, .. } = Config::default();
        for (key, real, least) in drill::SETTINGS {
            let own = match key {
                "circuit.open" => circuit.open,
                "circuit.open_max" => circuit.open_max,
                "circuit.window" => circuit.window,
                "circuit.slow_call" => circuit.slow_call,
                "factory.connect_timeout" => factory.connect_timeout,
                "factory.attempt_timeout" => factory.attempt_timeout,
                "fulfilment.lease" => fulfilment.lease,
                "fulfilment.backoff" => fulfilment.backoff,
                "fulfilment.backoff_max" => fulfilment.backoff_max,
                "fulfilment.retry_delay" => fulfilment.retry_delay,
                "fulfilment.poll" => fulfilment.poll,
                "fulfilment.fulfil_within" => fulfilment.fulfil_within,
                "orders.default_wait" => orders.default_wait,
                other => panic!("nobody compares {other}"),
            };
            assert_eq!(own, real, "{key}");
            assert!(least < real, "{key}");
        }
    }
}
