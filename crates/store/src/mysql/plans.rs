//! That what is asked often is found by an index, however many orders there are.

#![allow(clippy::unwrap_used)]

use super::{
    accounts, alerts, claim, connection::Connection, housekeeping, migrations, notices,
    options::MysqlOptions, orders, place, revenue, revenue_by_day, sessions, settle, tally,
};
use test_mariadb::MariaDb;

/// Enough rows that an index pays, in the shares that they have after a while: most orders are fulfilled.
const ROWS: &str = "
    INSERT INTO user (name, email, password) SELECT 'n', CONCAT(seq, '@jwt.com'), 'h' FROM seq_1_to_2000;
    INSERT INTO userRole (userId, role, objectId) SELECT seq, 'diner', 0 FROM seq_1_to_2000;
    INSERT INTO auth (token, userId) SELECT seq, seq FROM seq_1_to_2000;
    INSERT INTO sessionExpiry (token, expiresAt) SELECT seq, NOW() + INTERVAL 1 DAY FROM seq_1_to_2000;
    INSERT INTO dinerOrder (dinerId, franchiseId, storeId, date)
        SELECT seq % 100, seq % 5, seq % 50, NOW() FROM seq_1_to_20000;
    INSERT INTO orderItem (orderId, menuId, description, price) SELECT seq, 1, 'Veggie', 0.0038 FROM seq_1_to_20000;
    INSERT INTO fulfilment (orderId, state, franchiseId, queuedAt, dueAt, dinerName, dinerEmail, leaseUntil, token)
        SELECT seq,
            CASE WHEN seq % 10 = 0 THEN 'queued' WHEN seq % 999 = 0 THEN 'making' WHEN seq % 1111 = 0 THEN 'quarantined'
                ELSE 'fulfilled' END,
            seq % 5, NOW(), NOW(), 'n', 'e', NOW(), UNHEX(MD5(seq)) FROM seq_1_to_20000;
    INSERT INTO orderEvent (orderId, number, state, at) SELECT seq, 1, 'queued', NOW() FROM seq_1_to_20000;
    INSERT INTO pizza (orderId, jwt) SELECT seq, 'a.b.c' FROM seq_1_to_20000;
    INSERT INTO storeSale (storeId, satoshi) SELECT seq % 50, 1 FROM seq_1_to_20000;
    INSERT INTO storeRevenue (storeId, satoshi) SELECT seq, 1 FROM seq_1_to_50;
    INSERT INTO idempotency (userId, name, requestHash, orderId, expiresAt)
        SELECT seq % 100, seq, REPEAT('h', 32), seq, NOW() FROM seq_1_to_2000;
    INSERT INTO notice (name, contactPoint, payload, queuedAt, dueAt, settledAt)
        SELECT seq, 'c', 'p', NOW(), IF(seq % 100 = 0, NOW(), NULL), IF(seq % 100 = 0, NULL, NOW())
        FROM seq_1_to_2000;
    INSERT INTO alertChange (at, instance, rule, labels, fromState, toState, value)
        SELECT NOW(), 'i', 'r', '', 'Normal', 'Pending', '1.0' FROM seq_1_to_2000;
    INSERT INTO auditLog (at, action, subject) SELECT NOW(), 'a', 's' FROM seq_1_to_2000;
    ANALYZE TABLE user, userRole, auth, sessionExpiry, dinerOrder, orderItem, fulfilment, orderEvent, pizza, storeSale,
        idempotency, auditLog, notice, alertChange PERSISTENT FOR ALL;";

#[tokio::test]
async fn nothing_that_is_asked_often_walks_a_table() {
    let mut db = filled().await;
    for (sql, expected) in [
        (
            sessions::SESSION_USER,
            ["auth const PRIMARY", "sessionExpiry const PRIMARY", "userRole ref userId"],
        ),
        (place::KEPT, ["idempotency const PRIMARY", "", ""]),
        (orders::ORDERS, ["dinerOrder range PRIMARY", "fulfilment eq_ref PRIMARY", "pizza eq_ref PRIMARY"]),
        (orders::ITEMS, ["orderItem range orderId", "", ""]),
        (orders::HISTORY, ["dinerOrder ref dinerId", "", ""]),
        (settle::EXPIRED, ["fulfilment ref queue", "", ""]),
        (housekeeping::AUDIT_LOG, ["auditLog index age", "", ""]),
        (accounts::ROLES, ["userRole ref userId", "", ""]),
        (notices::DUE, ["notice range due", "", ""]),
        (alerts::ALERT_HISTORY, ["alertChange index history", "", ""]),
        (tally::AT_OR_AFTER, ["fulfilment range PRIMARY", "", ""]),
        (tally::ORDERS, ["fulfilment range PRIMARY", "dinerOrder eq_ref PRIMARY", "pizza eq_ref PRIMARY"]),
        (tally::WITHOUT_A_RECORD, ["dinerOrder range PRIMARY", "fulfilment eq_ref PRIMARY", ""]),
    ] {
        let plan = plan(&mut db, sql).await;
        assert!(!plan.contains(" ALL "), "{sql}\n{plan}");
        for expected in expected {
            assert!(plan.contains(expected), "{expected} of {sql}\n{plan}");
        }
    }
}

#[tokio::test]
async fn the_queue_is_asked_in_an_index_alone() {
    let mut db = filled().await;
    for sql in [claim::DUE_FRANCHISES, orders::QUEUE, &claim::lane(1, 10), orders::IN_STATE] {
        let plan = plan(&mut db, sql).await;
        let of_the_table: Vec<_> = plan.lines().filter(|step| step.starts_with("fulfilment ")).collect();
        assert_eq!(of_the_table.len(), 1, "{sql}\n{plan}");
        assert!(of_the_table[0].contains(" queue "), "{sql}\n{plan}");
        assert!(of_the_table[0].contains("Using index"), "{sql}\n{plan}");
    }
    // It jumps from franchise to franchise.
    assert!(plan(&mut db, claim::DUE_FRANCHISES).await.contains("Using index for group-by"));
    let lane = plan(&mut db, &claim::lane(1, 10)).await;
    assert!(lane.contains(" range ") && !lane.contains("filesort"), "{lane}");
}

#[tokio::test]
async fn revenue_is_summed_in_an_index_alone() {
    let mut db = filled().await;
    let ours = plan(&mut db, revenue::OURS).await;
    assert!(ours.contains("storeSale range revenue") && ours.contains("Using index"), "{ours}");
    assert!(ours.contains("storeRevenue range PRIMARY"), "{ours}");
    let young = plan(&mut db, &revenue::YOUNG_HISTORIC.replace("> ?", "> 19990")).await;
    assert!(young.contains("dinerOrder range") && young.contains("fulfilment eq_ref PRIMARY"), "{young}");
    assert!(young.contains("orderItem ref orderId") && !young.contains(" ALL "), "{young}");
}

#[tokio::test]
async fn revenue_by_day_is_found_in_the_queue_s_index() {
    let mut db = filled().await;
    let dates = "dueAt >= '2020-01-01' AND dueAt < '2999-01-01'
         AND queuedAt >= '2020-01-01' AND queuedAt < '2999-01-01'";
    let sql = revenue_by_day::BY_DAY
        .replace("dueAt >= ? AND dueAt < ?\n         AND queuedAt >= ? AND queuedAt < ?", dates);
    let plan = plan(&mut db, &sql).await;
    assert!(plan.contains("fulfilment range queue") && plan.contains("Using index"), "{plan}");
    assert!(plan.contains("orderItem ref orderId") && !plan.contains(" ALL "), "{plan}");
}

/// A step a line: its table, how it is read, by which index, and what else there is to say.
async fn plan(db: &mut Connection, sql: &str) -> String {
    let sql = sql
        .replace("(IDS)", "(1, 2, 3)")
        .replace("state = ?", "state = 'queued'")
        .replace("LIMIT ?", "LIMIT 10");
    let sql = sql
        .replace("OFFSET ?", "OFFSET 0")
        .replace("d < ?", "d < 19")
        .replace("date >= ? AND date < ?", "date >= '2020-01-01' AND date < '2999-01-01'")
        .replace('?', "'7'");
    let rows = db.command(&format!("EXPLAIN {sql}")).await.unwrap();
    let text =
        |row: &mysql_async::Row, name: &str| row.get::<Option<String>, _>(name).flatten().unwrap_or_default();
    let step = |row| ["table", "type", "key", "Extra"].map(|name| text(row, name)).join(" ");
    rows.iter().map(step).collect::<Vec<_>>().join("\n")
}

async fn filled() -> Connection {
    let (server, database) = tokio::task::spawn_blocking(|| {
        let server = MariaDb::shared();
        (server, server.fresh_database())
    })
    .await
    .unwrap();
    let options = MysqlOptions::from_url(&server.url(&database)).unwrap();
    let mut db = Connection::open(&options, &options.addresses[0]).await.unwrap();
    migrations::migrate(&mut db).await.unwrap();
    server.sql(&database, ROWS);
    db
}
