//! A COMMIT whose outcome is unknown is found out about: what a verb answers is what happened, and it happened once.

use crate::{
    Database,
    conformance::{self, Backend, Verbs, catalogue, incidents, new_order, new_user, notices},
    open,
    proxy::{Fault, Proxy},
};
use domain::{Acknowledgement, Bitcoin, Cause, NewMenuItem, OrderState, Role, UserId};
use std::{collections::HashSet, sync::Arc};
use store::{
    Act, AlertRow, Cancellation, Claim, Finish, HostPort, MysqlOptions, NewOrder, NoticeOutcome, Pick,
    Placed, Registration, Settlement, Store, StoreCreation, Token,
};
use test_mariadb::MariaDb;

const ROUNDS: i64 = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_was_not_sent_is_done_again() {
    everything_happens_once(Fault::NotSent).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_was_not_answered_is_not_done_again() {
    everything_happens_once(Fault::NotAnswered).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_that_is_still_on_its_way_is_not_overtaken() {
    everything_happens_once(Fault::SentLate).await;
}

async fn everything_happens_once(fault: Fault) {
    let database = Database::fresh().await;
    let sure = open(database.options()).await;
    let (store, proxy) = unsure(&database, fault, 3).await;
    for round in 0..ROUNDS {
        accounts_and_catalogue(&*store, round).await;
        one_orders_life(&*store, round).await;
        at_once(&store, round).await;
        an_alert_and_its_incident(&*store, round).await;
    }
    assert!(proxy.commits() > 20 * ROUNDS as u32, "{} commits", proxy.commits());

    assert_eq!(sure.menu().await.unwrap().0.len(), ROUNDS as usize);
    assert_eq!(sure.audit_log(1, 1000).await.unwrap().len(), ROUNDS as usize);
    let users = store::UserQuery { page: 0, per_page: 1000, name: "*".into() };
    assert_eq!(sure.users(users).await.unwrap().users.len(), ROUNDS as usize);
    let orders = sure.orders_of(UserId(1), 1, 1000).await.unwrap();
    assert_eq!(orders.len(), 3 * ROUNDS as usize);
    let fulfilled = orders.iter().filter(|order| order.state == OrderState::Fulfilled);
    assert_eq!(fulfilled.count(), ROUNDS as usize);
    let earned = "SELECT SUM(satoshi) FROM (SELECT satoshi FROM storeSale UNION ALL SELECT satoshi FROM storeRevenue) AS s";
    assert_eq!(
        database.sql(earned),
        format!(
            "{}
",
            ROUNDS * 800_001
        )
    );
    assert_eq!(sure.orders_of(UserId(2), 1, 1000).await.unwrap().len(), 20 * ROUNDS as usize);
    assert_eq!(database.sql("SELECT COUNT(*) FROM orderItem"), format!("{}\n", 2 * 23 * ROUNDS));
    for order in sure.orders_of(UserId(2), 1, 1000).await.unwrap() {
        assert_eq!((order.items.len(), order.attempts), (2, 1), "claimed once");
    }
    database.assert_intact().await;
}

async fn accounts_and_catalogue(store: &dyn Store, round: i64) {
    let new = new_user("somebody", &format!("{round}@jwt.com"), &[Role::Diner, Role::Admin]);
    let created = store.create_user(new.clone()).await.unwrap();
    let Registration::Created(user) = created else { panic!("nobody else has it") };
    assert_eq!(store.create_user(new).await.unwrap(), Registration::EmailTaken);
    assert!(store.rehash_password(user.id, "hash of somebody", "other").await.unwrap());
    let expiry = store.queue_stats().await.unwrap().now + std::time::Duration::from_secs(60);
    store.open_session(&format!("session {round}"), user.id, expiry).await.unwrap();
    assert!(store.close_session(&format!("session {round}")).await.unwrap());

    let id = catalogue::found(store, &format!("franchise {round}"), &[user.email.as_str()]).await;
    let StoreCreation::Created(shop) = store.create_store(id, "shop").await.unwrap() else {
        panic!("it exists")
    };
    assert!(store.delete_store(id, shop).await.unwrap());
    assert!(store.delete_franchise(id).await.unwrap());
    let price = Bitcoin::from_satoshi(1);
    let item = NewMenuItem { title: "t".into(), image: "i".into(), price, description: "d".into() };
    assert_eq!(store.add_menu_item(item).await.unwrap().0.len() as i64, round + 1);
    let (action, subject) = ("user.delete".into(), "user 7".into());
    store.record_act(Act { actor: None, action, subject, detail: None, request_id: None }).await.unwrap();
}

async fn one_orders_life(store: &dyn Store, round: i64) {
    let token = Token::new();
    let claim = Some(conformance::lease(&token));
    let order = conformance::place(store, NewOrder { claim, ..new_order(1, round) }).await;
    let lease = conformance::lease(&token);
    assert_eq!(store.record_attempt(order, &lease).await.unwrap(), Settlement::Applied);
    let pizza = Finish::Fulfilled { jwt: "a.b.c".into() };
    assert_eq!(store.finish(order, &token, pizza.clone()).await.unwrap(), Settlement::Applied);
    assert_eq!(store.finish(order, &token, pizza).await.unwrap(), Settlement::Stale);
    assert_eq!(store.order(order).await.unwrap().unwrap().attempts, 2, "each attempt was counted once");

    let withdrawn = conformance::place(store, new_order(1, round)).await;
    assert_eq!(store.cancel_order(withdrawn).await.unwrap(), Cancellation::Cancelled);
    let (odd, _) = conformance::order_in(store, OrderState::Quarantined).await;
    assert_eq!(store.redrive_order(odd).await.unwrap(), store::Redrive::Queued);
    assert_eq!(store.cancel_order(odd).await.unwrap(), Cancellation::Cancelled);
}

/// Each answer says that it is this call that did it.
async fn an_alert_and_its_incident(store: &dyn Verbs, round: i64) {
    let tell = async |rows| {
        store.record_alerts("a", rows, vec![], std::time::Duration::from_secs(60)).await.unwrap()
    };
    let (rule, labels, document) = ("factory".into(), String::new(), "{}".into());
    let firing = AlertRow { rule, labels, firing: true, document };
    assert_eq!(tell(vec![firing]).await.began.len(), 1);
    let (incident, new) = store.open_incident(incidents::opening(Cause::Factory, round)).await.unwrap();
    assert!(new);
    let events = vec![incidents::event(round, "a"), incidents::event(round, "b")];
    assert_eq!(store.add_incident_events(incident.id, events).await.unwrap(), 2);
    let by_us = Acknowledgement { by: "us".into(), at: incident.opened_at };
    assert_eq!(store.acknowledge_incident(incident.id, by_us.clone()).await.unwrap(), Some(by_us));
    assert_eq!(store.enqueue_notices(vec![notices::notice(&round.to_string())]).await.unwrap(), 1);
    let [notice] = &notices::claim(store, 10).await[..] else { panic!("there is one") };
    assert_eq!(notice.attempts, 1);
    assert_eq!(store.settle_notice(notice, NoticeOutcome::Sent).await.unwrap(), Settlement::Applied);
    assert_eq!(tell(vec![]).await.ended.len(), 1);
    assert!(store.close_incident(incident.id, incident.opened_at).await.unwrap());
}

/// Orders of many diners at once, all of which are then claimed by two.
async fn at_once(store: &Arc<dyn Verbs>, round: i64) {
    let placed = futures::future::join_all((0..20).map(|n| {
        let key = domain::IdempotencyKey::parse(&format!("{round}-{n}")).unwrap();
        let idempotency = Some(store::Idempotency { key, request_hash: [0; 32] });
        let order = NewOrder { idempotency, ..new_order(2, n % 3) };
        async move { store.place_order(order).await.unwrap() }
    }))
    .await;
    let placed: HashSet<_> = placed
        .into_iter()
        .map(|placed| match placed {
            Placed::Saved { id, .. } => id,
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(placed.len(), 20);
    let claim = || async {
        let lease = conformance::lease(&Token::new());
        store.claim_due(Claim { limit: 20, pick: Pick::FairShare, lease }).await.unwrap()
    };
    let (a, b) = futures::future::join(claim(), claim()).await;
    let claimed: Vec<_> = a.into_iter().chain(b).map(|order| order.id).collect();
    assert_eq!(claimed.len(), 20, "each by one of them");
    assert_eq!(claimed.into_iter().collect::<HashSet<_>>(), placed);
}

/// A store whose connections suffer this fault at every n-th commit.
async fn unsure(database: &Database, fault: Fault, every: u32) -> (Arc<dyn Verbs>, Proxy) {
    let proxy = Proxy::start(MariaDb::shared().port(), fault, every).await;
    let addresses = vec![HostPort { host: "127.0.0.1".into(), port: proxy.port }];
    (open(MysqlOptions { addresses, ..database.options() }).await, proxy)
}
