//! What was answered is still there after SIGKILL.

use super::{Backend, claim, new_order, place};
use crate::Database;
use domain::{OrderId, OrderState};
use std::{
    env,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::Arc,
};
use store::{Finish, Pick, Settlement};

const KILLS: usize = 10;
const LOCATION: &str = "STORE_UNDER_FIRE";

#[tokio::test]
async fn what_was_answered_survives_sigkill() {
    let database = Database::fresh().await;
    let mut placed = Vec::new();
    let mut fulfilled = Vec::new();
    for kill in 0..KILLS {
        for line in acknowledged_until_killed(&database.location(), 20 + 30 * kill) {
            match line {
                Acknowledged::Placed(order) => placed.push(order),
                Acknowledged::Fulfilled(order) => fulfilled.push(order),
            }
        }
        let store = database.open().await;
        for &order in &placed {
            let order = store.order(order).await.unwrap().expect("it was acknowledged");
            assert_eq!(order.items.len(), 2);
            assert!(!store.status_events(order.id, 0).await.unwrap().is_empty());
        }
        for &order in &fulfilled {
            let order = store.order(order).await.unwrap().expect("it was acknowledged");
            assert_eq!((order.state, order.jwt), (OrderState::Fulfilled, Some(pizza(order.id))));
        }
        drop(store);
        database.assert_intact().await;
    }
    assert!(placed.len() > KILLS * 10 && !fulfilled.is_empty(), "{} {}", placed.len(), fulfilled.len());
}

enum Acknowledged {
    Placed(OrderId),
    Fulfilled(OrderId),
}

/// Runs the victim below until it has told of so many orders, kills it, and answers all it told.
fn acknowledged_until_killed(location: &str, orders: usize) -> Vec<Acknowledged> {
    let mut victim = Command::new(env::current_exe().unwrap())
        .args(["--exact", "conformance::durability::victim", "--ignored", "--nocapture"])
        .env(LOCATION, location)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = Vec::new();
    for line in BufReader::new(victim.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        match line.split_once(' ').map(|(what, id)| (what, id.parse())) {
            Some(("placed", Ok(id))) => told.push(Acknowledged::Placed(OrderId(id))),
            Some(("fulfilled", Ok(id))) => told.push(Acknowledged::Fulfilled(OrderId(id))),
            _ => continue,
        }
        if told.len() == orders {
            // What it told between this and its death is still read.
            victim.kill().unwrap();
        }
    }
    assert!(!victim.wait().unwrap().success());
    told
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "never ends by itself: the test above runs and kills it"]
async fn victim() {
    let location = env::var(LOCATION).expect("run by the test above");
    let store = Database::open_at(&location).await;
    let mut diners = tokio::task::JoinSet::new();
    for diner in 0..8 {
        let store = Arc::clone(&store);
        diners.spawn(async move {
            loop {
                let order = place(&*store, new_order(diner, diner)).await;
                println!("placed {order}");
            }
        });
    }
    loop {
        for order in claim(&*store, Pick::FairShare, 2).await {
            let finish = Finish::Fulfilled { jwt: pizza(order.id) };
            assert_eq!(store.finish(order.id, &order.token, finish).await.unwrap(), Settlement::Applied);
            println!("fulfilled {}", order.id);
        }
    }
}

fn pizza(order: OrderId) -> String {
    format!("the pizza of order {order}")
}
