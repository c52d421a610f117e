//! Accounts and sessions.

use super::{Backend, HOSTILE, new_user, register};
use crate::Database;
use domain::{FranchiseId, Role, UserId};
use jiff::Timestamp;
use std::time::Duration;
use store::{Registration, Store};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn an_account_keeps_what_it_was_opened_with() {
    let store = Database::fresh().await.open().await;
    let roles = [Role::Admin, Role::Diner, Role::Franchisee(FranchiseId(7))];
    let new = new_user("常用名字", "A@jwt.com", &roles);
    let Registration::Created(user) = store.create_user(new).await.unwrap() else { panic!("taken") };
    assert_eq!((user.name.as_str(), user.email.as_str()), ("常用名字", "A@jwt.com"));
    assert_eq!(user.roles.len(), 3);
    assert!(roles.iter().all(|role| user.roles.contains(role)));

    let found = store.credentials("A@jwt.com").await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].user, user);
    assert_eq!(found[0].password_hash, "hash of 常用名字");
}

#[tokio::test]
async fn an_address_has_one_account_whatever_its_case() {
    let store = Database::fresh().await.open().await;
    let user = register(&*store, "Diner@JWT.com").await;
    for email in ["Diner@JWT.com", "diner@jwt.com", "DINER@JWT.COM"] {
        let again = store.create_user(new_user("another", email, &[])).await.unwrap();
        assert_eq!(again, Registration::EmailTaken, "{email}");
        assert_eq!(store.credentials(email).await.unwrap()[0].user.id, user.id, "{email}");
    }
    register(&*store, "Ünal@jwt.com").await;
    let again = store.create_user(new_user("another", "ünal@JWT.com", &[])).await.unwrap();
    assert_eq!(again, Registration::EmailTaken, "in any script");
    assert_eq!(store.credentials("nobody@jwt.com").await.unwrap().len(), 0);
}

#[tokio::test]
async fn hostile_names_and_addresses_are_just_text() {
    let store = Database::fresh().await.open().await;
    for text in HOSTILE {
        let new = new_user(text, &format!("{text}@jwt.com"), &[Role::Diner]);
        let Registration::Created(user) = store.create_user(new).await.unwrap() else { panic!("{text:?}") };
        let found = store.credentials(&format!("{text}@jwt.com")).await.unwrap();
        assert_eq!(found.len(), 1, "{text:?}");
        assert_eq!(found[0].user, user, "{text:?}");
        assert_eq!(user.name.as_str(), text);
        assert_eq!(store.credentials(text).await.unwrap().len(), 0, "no wildcards in {text:?}");
    }
}

#[tokio::test]
async fn a_session_lives_until_it_is_closed() {
    let store = Database::fresh().await.open().await;
    let user = register(&*store, "d@jwt.com").await;
    store.open_session("signature", user.id, in_an_hour(&*store).await).await.unwrap();
    assert_eq!(store.session_user("signature").await.unwrap(), Some(user));
    for other in ["", "Signature", "signatur", "signature ", "%"] {
        assert_eq!(store.session_user(other).await.unwrap(), None, "{other:?}");
    }
    assert!(store.close_session("signature").await.unwrap());
    assert_eq!(store.session_user("signature").await.unwrap(), None);
    assert!(!store.close_session("signature").await.unwrap(), "there is none any more");
}

#[tokio::test]
async fn a_session_expires_by_the_databases_clock() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let user = register(&*store, "d@jwt.com").await;
    store.open_session("signature", user.id, in_an_hour(&*store).await).await.unwrap();
    database.advance(HOUR - Duration::from_secs(1)).await;
    assert!(store.session_user("signature").await.unwrap().is_some());
    database.advance(Duration::from_secs(1)).await;
    assert!(store.session_user("signature").await.unwrap().is_none());
    assert!(!store.close_session("signature").await.unwrap());
}

#[tokio::test]
async fn a_session_opened_twice_is_one_session_that_lives_as_long_as_the_second() {
    let database = Database::fresh().await;
    let store = database.open().await;
    let user = register(&*store, "d@jwt.com").await;
    store.open_session("signature", user.id, in_an_hour(&*store).await).await.unwrap();
    database.advance(HOUR / 2).await;
    store.open_session("signature", user.id, in_an_hour(&*store).await).await.unwrap();
    database.advance(HOUR / 2).await;
    assert!(store.session_user("signature").await.unwrap().is_some());
    assert!(store.close_session("signature").await.unwrap());
    assert!(!store.close_session("signature").await.unwrap());
}

#[tokio::test]
async fn a_session_shows_the_roles_of_now() {
    let store = Database::fresh().await.open().await;
    let user = register(&*store, "f@jwt.com").await;
    store.open_session("signature", user.id, in_an_hour(&*store).await).await.unwrap();
    let franchise = super::catalogue::found(&*store, "pizzaPocket", &["f@jwt.com"]).await;
    let roles = store.session_user("signature").await.unwrap().unwrap().roles;
    assert!(roles.contains(&Role::Franchisee(franchise)) && roles.contains(&Role::Diner));
    store.delete_franchise(franchise).await.unwrap();
    assert_eq!(store.session_user("signature").await.unwrap().unwrap().roles, [Role::Diner]);
}

#[tokio::test]
async fn nobody_has_no_session() {
    let store = Database::fresh().await.open().await;
    let expires_at = in_an_hour(&*store).await;
    // A backend on the historic schema has no foreign key to object with.
    let _ = store.open_session("signature", UserId(4711), expires_at).await;
    assert_eq!(store.session_user("signature").await.unwrap(), None);
}

async fn in_an_hour(store: &dyn Store) -> Timestamp {
    store.queue_stats().await.unwrap().now + HOUR
}
