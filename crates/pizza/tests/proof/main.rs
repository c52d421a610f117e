//! Nobody loses an order, whatever breaks: the short forms of what `proof` tries at length, here because only tests of
//! this package are given the program as it is now. The long forms: `proof --help`.

#![allow(clippy::unwrap_used)]

use indicatif::ProgressBar;
use proof::{Cuts, DiskFull, FileSystem, Findings, Kills, Kind, Soak, Victim};
use std::time::Duration;

const PROGRAM: &str = env!("CARGO_BIN_EXE_pizza");
/// Orders a second: an unoptimised program on a busy machine keeps up with them.
const RATE: f64 = 15.0;
const SEED: u64 = 20_240_720;

#[tokio::test(flavor = "multi_thread")]
async fn a_service_on_sqlite_that_is_killed_again_and_again_loses_no_order() {
    let (database, victim) = (Kind::Sqlite, Victim::Service);
    let kills = Kills { program: PROGRAM.into(), database, victim, kills: 5, rate: RATE, seed: SEED };
    kept(kills.run(&ProgressBar::hidden()).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_and_its_database_server_that_are_killed_lose_no_order() {
    let (database, victim) = (Kind::Mariadb, Victim::Both);
    let kills = Kills { program: PROGRAM.into(), database, victim, kills: 6, rate: RATE, seed: SEED };
    kept(kills.run(&ProgressBar::hidden()).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_orders_and_loses_none() {
    let file_system = FileSystem::Any;
    let full = DiskFull { program: PROGRAM.into(), file_system, rounds: 2, rate: RATE, seed: SEED };
    kept(full.run(&ProgressBar::hidden()).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_is_cut_and_slowed_loses_no_order() {
    let cuts = Cuts { program: PROGRAM.into(), database: Kind::Mariadb, cuts: 8, rate: RATE, seed: SEED };
    kept(cuts.run(&ProgressBar::hidden()).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_service_takes_of_the_machine_stays_as_it_is() {
    let soak = Soak {
        program: PROGRAM.into(),
        database: Kind::Sqlite,
        length: Duration::from_secs(16),
        rate: RATE,
        every: Duration::from_millis(250),
        warm_up: 0.4,
        seed: SEED,
    };
    kept(soak.run(&ProgressBar::hidden()).await.unwrap());
}

fn kept(findings: Findings) {
    println!("{}", findings.in_words());
    assert_eq!(findings.broken, [""; 0]);
    let acknowledged = findings.figures.iter().find(|(name, _)| name == "acknowledged").unwrap();
    assert!(
        acknowledged.1.parse::<u32>().unwrap() > 30,
        "too few orders to prove anything: {acknowledged:?}"
    );
}
