//! Data that only this backend meets.

use crate::{
    Database,
    conformance::{self, Backend},
};
use domain::{EmailAddress, Name, OrderState, Role};
use store::{Cancellation, NewUser, Redrive};

#[tokio::test]
async fn an_order_without_a_fulfilment_record_is_historic() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let id = conformance::place(&*store, conformance::new_order(1, 1)).await;
    database.sql("DELETE FROM fulfilment");

    let order = store.order(id).await.unwrap().unwrap();
    assert_eq!(order.state, OrderState::Fulfilled);
    assert_eq!((order.jwt, order.attempts, order.queued_at), (None, 0, order.date));
    assert_eq!(order.fulfilled_at, None);
    let too_late = Cancellation::TooLate(OrderState::Fulfilled);
    assert_eq!(store.cancel_order(id).await.unwrap(), too_late);
    let not_quarantined = Redrive::NotQuarantined(OrderState::Fulfilled);
    assert_eq!(store.redrive_order(id).await.unwrap(), not_quarantined);
    assert!(store.status_events(id, 0).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_name_that_a_tables_character_set_lacks_is_refused_and_not_mangled() {
    let database = Database::fresh().await;
    let store = database.open().await;
    database.sql("ALTER TABLE user CONVERT TO CHARACTER SET latin1");
    let new = |name: &str| NewUser {
        name: Name::from_database(name.into()),
        email: EmailAddress::from_database(format!("{name}@jwt.com")),
        password_hash: "hash".into(),
        roles: vec![Role::Diner],
    };
    assert!(store.create_user(new("常用名字")).await.is_err());
    store.create_user(new("Zoë")).await.unwrap();
    assert_eq!(store.credentials("zoë@jwt.com").await.unwrap()[0].user.name.as_str(), "Zoë");
    let warnings = store.examine().await.unwrap();
    assert!(warnings.iter().any(|found| found.what.contains("the table user cannot keep every script")));
}

#[tokio::test]
async fn old_receipts_are_forgotten_and_young_ones_are_not() {
    let database = Database::fresh().await;
    drop(crate::open(database.options()).await);
    database.sql(
        "DELETE FROM receipt;
         INSERT INTO receipt (token, try, at) SELECT UNHEX(MD5(seq)), 1, NOW(3) - INTERVAL seq MINUTE
             FROM seq_1_to_3000",
    );
    let _store = crate::open(database.options()).await;
    let count =
        || database.sql("SELECT COUNT(*) FROM receipt WHERE try = 1 AND at < NOW(3) - INTERVAL 30 SECOND");
    for _ in 0..500 {
        if count().trim().parse::<u32>().unwrap() < 60 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(count(), "59\n");
}

#[tokio::test]
async fn a_name_that_is_too_long_to_be_told_apart_is_refused_and_not_cut() {
    let store = Database::fresh().await.open().await;
    let alert = |rule: usize, labels: usize| store::AlertRow {
        rule: "r".repeat(rule),
        labels: "l".repeat(labels),
        firing: true,
        document: "{}".into(),
    };
    let tell = async |instance: usize, row| {
        let minute = std::time::Duration::from_secs(60);
        store.record_alerts(&"i".repeat(instance), vec![row], vec![], minute).await.is_ok()
    };
    assert!(tell(255, alert(255, 2000)).await);
    for (instance, row) in [(256, alert(1, 1)), (1, alert(256, 1)), (1, alert(1, 2001))] {
        assert!(!tell(instance, row).await);
    }
    let key = |length: usize| vec![conformance::notices::notice(&"k".repeat(length))];
    assert!(store.enqueue_notices(key(1024)).await.is_ok());
    assert!(store.enqueue_notices(key(1025)).await.is_err());
}
