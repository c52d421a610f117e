//! JWT Pizza: one program for the order service, the factory, and everything around them.

mod admin;
mod alerts;
mod chaos;
mod demo;
mod drill;
mod factory;
mod incident;
mod process;
mod serve;
mod traffic;

use clap::{Parser, Subcommand};

/// An order service that loses no order while its factory is down.
///
/// Start with `pizza demo`: it runs the whole system on this machine and says what to open and what to type.
#[derive(Parser)]
#[command(name = "pizza", version, propagate_version = true, subcommand_required = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Demo(demo::Demo),
    Serve(serve::Serve),
    Factory(factory::Factory),
    Traffic(traffic::Traffic),
    #[command(subcommand)]
    Drill(drill::Drill),
    #[command(subcommand)]
    Admin(admin::Admin),
    #[command(subcommand)]
    Chaos(chaos::Chaos),
    #[command(subcommand)]
    Alerts(alerts::Alerts),
    #[command(subcommand)]
    Incident(incident::Incident),
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Demo(demo) => process::run(demo.run()),
        Command::Serve(serve) => process::run(serve.run()),
        Command::Factory(factory) => process::run(factory.run()),
        Command::Drill(drill) => process::run(drill.run()),
        Command::Traffic(traffic) => process::run(traffic.run()),
        Command::Admin(admin) => process::run(admin.run()),
        Command::Chaos(chaos) => process::run(chaos.run()),
        Command::Alerts(alerts) => process::run(alerts.run()),
        Command::Incident(incident) => process::run(incident.run()),
    }
}
