//! That what is asked often is found by an index, however many orders there are.

#![allow(clippy::unwrap_used)]

use super::{accounts, claim, connection, migrations, notices, orders, revenue_by_day, settle, tally};

#[test]
fn nothing_that_is_asked_often_walks_a_table() {
    for (sql, index) in [
        (accounts::SESSION_USER, "auth USING PRIMARY KEY"),
        (claim::WAITING_FRANCHISE, "COVERING INDEX fulfilment_queued (franchise_id>?)"),
        (claim::LONGEST_DUE, "COVERING INDEX fulfilment_queued (franchise_id=? AND due_at<?)"),
        (settle::EXPIRED, "COVERING INDEX fulfilment_making (lease_until<?)"),
        (orders::ORDER, "diner_order USING INTEGER PRIMARY KEY"),
        (orders::HISTORY, "COVERING INDEX diner_order_history (diner_id=?)"),
        (notices::DUE, "COVERING INDEX notice_due (due_at<?)"),
        (tally::AT_OR_AFTER, "fulfilment USING INTEGER PRIMARY KEY (rowid>?)"),
        (tally::ORDERS, "fulfilment USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        (revenue_by_day::ORDERS, "fulfilment USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
        (tally::WITHOUT_A_RECORD, "diner_order USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"),
    ] {
        let plan = plan(sql);
        assert!(plan.contains(index), "{plan}");
        assert!(!plan.contains("SCAN"), "{plan}");
        assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    }
}

#[test]
fn the_queue_is_counted_in_indexes_that_hold_nothing_else() {
    for (sql, index) in [
        (orders::QUEUE, "SCAN fulfilment USING COVERING INDEX fulfilment_queued"),
        (orders::MAKING, "SCAN fulfilment USING COVERING INDEX fulfilment_making"),
        (orders::QUARANTINED, "SCAN fulfilment USING COVERING INDEX fulfilment_quarantined"),
    ] {
        assert_eq!(plan(sql), index);
    }
}

fn plan(sql: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut connection = connection::writing(&folder.path().join("pizza.db")).unwrap();
    migrations::migrate(&mut connection).unwrap();
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let parameters = vec![1; statement.parameter_count()];
    let steps = statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get(3)).unwrap();
    steps.collect::<Result<Vec<String>, _>>().unwrap().join("\n")
}
