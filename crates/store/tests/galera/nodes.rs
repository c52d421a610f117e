//! Which node is used.

use crate::{
    Database,
    conformance::{Backend, queued, state_of},
    open,
};
use domain::OrderState;
use store::MysqlOptions;
use test_mariadb::Galera;

#[tokio::test]
async fn each_store_is_on_the_node_that_it_names_first() {
    let database = Database::fresh().await;
    for node in 0..Galera::NODES {
        let _store = database.open().await;
        assert!(connections(node, &database) > 0, "node {node}");
    }
}

#[tokio::test]
async fn a_node_that_is_behind_is_passed_over_unless_it_is_the_only_one() {
    let (database, cluster) = (Database::fresh().await, Galera::shared());
    let all = MysqlOptions::from_url(&cluster.url(&database.name, 2)).unwrap();
    let alone = MysqlOptions { addresses: all.addresses[..1].to_vec(), ..all.clone() };
    // As while it gives its data to another node.
    cluster.sql(2, "", "SET GLOBAL wsrep_desync = ON");
    let elsewhere = open(all).await;
    let order = queued(&*elsewhere).await;
    assert_eq!(connections(2, &database), 0);
    let there = open(alone).await;
    assert_eq!(state_of(&*there, order).await, OrderState::Queued);
    assert!(connections(2, &database) > 0);
    cluster.sql(2, "", "SET GLOBAL wsrep_desync = OFF");
}

fn connections(node: usize, database: &Database) -> u32 {
    let name = &database.name;
    let count = format!("SELECT COUNT(*) FROM information_schema.PROCESSLIST WHERE DB = '{name}'");
    Galera::shared().sql(node, "", &count).trim().parse().unwrap()
}
