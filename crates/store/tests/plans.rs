//! No statement that a diner, a franchisee or the kitchen causes walks through a table that grows, whatever it is: all
//! verbs are used once, and the plan of every statement that the log then has is looked at. That the walks that remain
//! are the right ones, and what MySQL plans, is tested beside the statements (`src/*/plans.rs`).
#![allow(clippy::unwrap_used)]

mod log;

use domain::{
    Bitcoin, Diner, EmailAddress, FranchiseId, MenuId, Name, NewMenuItem, OrderItem, OrderState, Role,
    StoreId, UserId,
};
use jiff::Timestamp;
use log::Log;
use std::{collections::BTreeSet, path::Path, time::Duration};
use store::{
    Claim, Clock, Finish, FranchiseQuery, Idempotency, Lease, NewFranchise, NewOrder, NewUser, Pick, Release,
    SqliteOptions, SqliteStore, Store, Token,
};

/// What may be walked through: the parts of the queue, which are indexes that hold nothing else; its pages, which are
/// sorted, and only people ask for; and the admins.
const INDEXES: [&str; 3] = [
    "fulfilment USING COVERING INDEX fulfilment_",
    "fulfilment USING INDEX fulfilment_",
    "user_role USING COVERING INDEX user_role_admin",
];
/// And what grows with neither orders nor diners; CONSTANT is a row without a table.
const SMALL: [&str; 7] =
    ["CONSTANT", "menu", "franchise", "alert", "alert_instance", "alert_pause", "chaos_window"];

/// One test, because a process has one log.
#[tokio::test]
async fn nothing_walks_through_what_grows() {
    let log = Log::of_the_process(tracing::Level::DEBUG);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("pizza.db");
    let store = SqliteStore::open(SqliteOptions { path: path.clone(), clock: Clock::system() }).unwrap();
    log.told();
    let user = use_accounts(&store).await;
    use_franchises(&store, user).await;
    use_orders(&store, user).await;
    drop(store);

    let told = log.told();
    let statements = statements(&told);
    assert!(statements.len() > 40, "{statements:#?}");
    let mut walks = Vec::new();
    for sql in &statements {
        for step in plan(&path, sql) {
            let Some(what) = step.strip_prefix("SCAN ") else { continue };
            let small = SMALL.iter().any(|table| what.split(' ').next() == Some(table));
            if !small && !INDEXES.iter().any(|index| what.starts_with(index)) {
                walks.push(format!("{step}: {sql}"));
            }
        }
    }
    assert_eq!(walks, Vec::<String>::new());
}

async fn use_accounts(store: &dyn Store) -> UserId {
    let user = NewUser {
        name: Name::from_database("diner".into()),
        email: EmailAddress::from_database("d@jwt.com".into()),
        password_hash: "hash".into(),
        roles: vec![Role::Diner],
    };
    store.create_user(user).await.unwrap();
    store.credentials("d@jwt.com").await.unwrap();
    store.open_session("signature", UserId(1), Timestamp::now() + Duration::from_secs(60)).await.unwrap();
    let user = store.session_user("signature").await.unwrap().unwrap().id;
    store.user(user).await.unwrap();
    store.rehash_password(user, "hash", "other").await.unwrap();
    store.close_session("signature").await.unwrap();
    store.has_admin().await.unwrap();
    user
}

async fn use_franchises(store: &dyn Store, user: UserId) {
    let pizza = NewMenuItem {
        title: "Veggie".into(),
        image: "pizza1.png".into(),
        price: Bitcoin::from_satoshi(380_000),
        description: "A garden of delight".into(),
    };
    store.add_menu_item(pizza).await.unwrap();
    store.menu().await.unwrap();
    let admins = vec![EmailAddress::from_database("d@jwt.com".into())];
    store.create_franchise(NewFranchise { name: "pizzaPocket".into(), admins }).await.unwrap();
    store.create_store(FranchiseId(1), "SLC").await.unwrap();
    let query = FranchiseQuery { page: 0, per_page: 10, name: "*".into(), with_business: true };
    store.franchises(query).await.unwrap();
    store.franchises_of(user).await.unwrap();
    store.franchise(FranchiseId(1)).await.unwrap();
    store.franchise_of(StoreId(1)).await.unwrap();
    let now = Timestamp::now();
    store.revenue_by_day(FranchiseId(1), now - Duration::from_secs(3600), now).await.unwrap();
}

async fn use_orders(store: &dyn Store, diner: UserId) {
    let key = Idempotency { key: domain::IdempotencyKey::parse("key").unwrap(), request_hash: [0; 32] };
    let order = NewOrder {
        diner: Diner { id: diner, name: "diner".into(), email: "d@jwt.com".into() },
        franchise: FranchiseId(1),
        store: StoreId(1),
        items: vec![OrderItem {
            menu_id: MenuId(1),
            description: "Veggie".into(),
            price: Bitcoin::from_satoshi(380_000),
        }],
        idempotency: None,
        traceparent: None,
        claim: None,
    };
    for _ in 0..4 {
        store.place_order(order.clone()).await.unwrap();
    }
    store.place_order(NewOrder { idempotency: Some(key.clone()), ..order.clone() }).await.unwrap();
    store.placed_earlier(diner, &key).await.unwrap();
    let lease = Lease { token: Token::new(), duration: Duration::from_secs(60) };
    store.claim_due(Claim { limit: 2, pick: Pick::Oldest, lease: lease.clone() }).await.unwrap();
    let claimed = Claim { limit: 3, pick: Pick::FairShare, lease: lease.clone() };
    let claimed = store.claim_due(claimed).await.unwrap();
    let [one, other, third] = &claimed[..] else { panic!("{claimed:?}") };
    let _ = store.record_attempt(one.id, &lease).await.unwrap();
    let _ = store.finish(one.id, &lease.token, Finish::Fulfilled { jwt: "a.b.c".into() }).await.unwrap();
    let kept = Finish::Quarantined { reason: "r".into() };
    let _ = store.finish(other.id, &lease.token, kept).await.unwrap();
    store.redrive_order(other.id).await.unwrap();
    let _ = store.release(third.id, &lease.token, Release::default()).await.unwrap();
    store.cancel_order(third.id).await.unwrap();
    store.rescue_expired().await.unwrap();
    store.order(one.id).await.unwrap();
    store.orders_of(diner, 3, 10).await.unwrap();
    store.status_events(one.id, 1).await.unwrap();
    for state in [OrderState::Queued, OrderState::Making, OrderState::Quarantined] {
        store.orders_in(state, 1, 10).await.unwrap();
    }
    store.queue_stats().await.unwrap();
    store.prune().await.unwrap();
    store.check().await.unwrap();
}

/// What the log has of the language of tables.
fn statements(log: &str) -> BTreeSet<String> {
    let text =
        |line: &str| Some(line.split_once("statement=\"")?.1.split_once("\" duration_ms")?.0.to_owned());
    let told = log.lines().filter_map(text).map(|sql| sql.replace("\\\"", "\""));
    told.filter(|sql| {
        ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"].iter().any(|verb| sql.starts_with(verb))
    })
    .collect()
}

fn plan(path: &Path, sql: &str) -> Vec<String> {
    let db = rusqlite::Connection::open(path).unwrap();
    let mut statement = db.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let parameters = vec![1; statement.parameter_count()];
    let steps = statement.query_map(rusqlite::params_from_iter(parameters), |row| row.get(3)).unwrap();
    steps.collect::<Result<_, _>>().unwrap()
}
