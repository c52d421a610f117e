//! Two instances on one database: whoever dies, an instance, a node of the database's cluster, or the database
//! itself, nobody loses an order that was acknowledged, and no pizza is made twice.
//!
//! Each test starts the real program (`pizza factory`, and `pizza serve` twice) on real servers, and kills with
//! SIGKILL while diners order steadily from both. How it goes is in `drill`; what is promised is in `promises`.

#![allow(clippy::unwrap_used)]

mod database;
mod diner;
mod drill;
mod installation;
mod promises;

use database::Database;
use drill::Drill;
use test_mariadb::Galera;

#[tokio::test(flavor = "multi_thread")]
async fn nodes_of_the_cluster_die_under_the_instances() {
    let mut drill = Drill::begin(Database::cluster().await).await;
    // Each instance's own.
    for node in 0..2 {
        drill.kill_node_and_let_it_rejoin(node).await;
    }
    drill.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_on_the_cluster_dies_and_the_other_rescues_its_orders() {
    let mut drill = Drill::begin(Database::cluster().await).await;
    drill.kill_instance_until_the_other_has_rescued_its_orders(0).await;
    drill.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_dies_and_then_the_database_itself() {
    let mut drill = Drill::begin(Database::server().await).await;
    drill.kill_instance_until_the_other_has_rescued_its_orders(0).await;
    drill.kill_database_and_start_it_again().await;
    drill.end().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a quarter of an hour"]
async fn everybody_on_the_cluster_dies_all_night() {
    let mut drill = Drill::begin(Database::cluster().await).await;
    for round in 0..12 {
        drill.kill_node_and_let_it_rejoin(round % Galera::NODES).await;
        drill.kill_instance_until_the_other_has_rescued_its_orders(round % 2).await;
    }
    drill.end().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes minutes"]
async fn everybody_on_one_server_dies_all_night() {
    let mut drill = Drill::begin(Database::server().await).await;
    for round in 0..12 {
        drill.kill_instance_until_the_other_has_rescued_its_orders(round % 2).await;
        drill.kill_database_and_start_it_again().await;
    }
    drill.end().await;
}
