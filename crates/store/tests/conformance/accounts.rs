//! Accounts and sessions.

use super::{Backend, HOSTILE, new_user, register};
use crate::Database;
use domain::{EmailAddress, FranchiseId, Name, Role, User, UserId};
use jiff::Timestamp;
use std::time::Duration;
use store::{Registration, Store, UserChange, UserDeletion, UserPage, UserQuery, UserUpdate};

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

#[tokio::test]
async fn accounts_are_listed_by_pages_and_by_name() {
    let store = Database::fresh().await.open().await;
    let mut all = Vec::new();
    for name in ["Ada", "Bob", "adam", "常用名字", "100%"] {
        let new = new_user(name, &format!("{name}@jwt.com"), &[Role::Diner]);
        let Registration::Created(user) = store.create_user(new).await.unwrap() else { panic!("{name}") };
        all.push(user);
    }
    let page = users(&*store, 0, 3, "*").await;
    assert_eq!((page.users.as_slice(), page.more), (&all[..3], true));
    let page = users(&*store, 1, 3, "*").await;
    assert_eq!((page.users.as_slice(), page.more), (&all[3..], false));
    for (pattern, expected) in [("ada*", vec![0, 2]), ("*名*", vec![3]), ("%", vec![]), ("100%", vec![4])] {
        let expected: Vec<User> = expected.into_iter().map(|at: usize| all[at].clone()).collect();
        assert_eq!(users(&*store, 0, 10, pattern).await.users, expected, "{pattern}");
    }
    assert_eq!(users(&*store, u32::MAX, u32::MAX, "*").await.users, []);
}

#[tokio::test]
async fn an_account_is_found_by_its_identity() {
    let store = Database::fresh().await.open().await;
    let user = register(&*store, "d@jwt.com").await;
    assert_eq!(store.user(user.id).await.unwrap(), Some(user));
    assert_eq!(store.user(UserId(4711)).await.unwrap(), None);
}

#[tokio::test]
async fn a_change_changes_what_it_says_and_nothing_else() {
    let store = Database::fresh().await.open().await;
    let user = register(&*store, "d@jwt.com").await;
    let other = register(&*store, "other@jwt.com").await;
    for text in HOSTILE {
        let change = UserChange { name: Some(Name::from_database(text.into())), ..UserChange::default() };
        let expected = User { name: Name::from_database(text.into()), ..user.clone() };
        assert_eq!(
            store.update_user(user.id, change).await.unwrap(),
            UserUpdate::Updated(expected),
            "{text:?}"
        );
    }
    let change =
        UserChange { email: Some(EmailAddress::from_database("D2@jwt.com".into())), ..UserChange::default() };
    let UserUpdate::Updated(changed) = store.update_user(user.id, change).await.unwrap() else {
        panic!("free")
    };
    assert_eq!(changed.email.as_str(), "D2@jwt.com");
    assert_eq!(store.credentials("d2@jwt.com").await.unwrap()[0].user, changed);
    assert!(store.credentials("d@jwt.com").await.unwrap().is_empty());
    assert_eq!(store.credentials("d2@jwt.com").await.unwrap()[0].password_hash, "hash of somebody");
    assert_eq!(store.user(other.id).await.unwrap(), Some(other));
    assert_eq!(store.update_user(UserId(4711), UserChange::default()).await.unwrap(), UserUpdate::Unknown);
    register(&*store, "d@jwt.com").await;
}

#[tokio::test]
async fn nobody_takes_an_address_that_somebody_else_has() {
    let store = Database::fresh().await.open().await;
    let user = register(&*store, "d@jwt.com").await;
    register(&*store, "Other@jwt.com").await;
    let change = |email: &str| UserChange {
        name: Some(Name::from_database("changed".into())),
        email: Some(EmailAddress::from_database(email.into())),
        password_hash: None,
    };
    assert_eq!(store.update_user(user.id, change("oTHER@jwt.com")).await.unwrap(), UserUpdate::EmailTaken);
    assert_eq!(store.user(user.id).await.unwrap(), Some(user.clone()), "nothing changed");
    let own = store.update_user(user.id, change("D@JWT.com")).await.unwrap();
    assert!(matches!(own, UserUpdate::Updated(_)), "their own, written in another way");
}

#[tokio::test]
async fn a_new_password_ends_all_sessions_of_its_owner_and_of_nobody_else() {
    let store = Database::fresh().await.open().await;
    let (user, other) = (register(&*store, "d@jwt.com").await, register(&*store, "o@jwt.com").await);
    for (signature, id) in [("one", user.id), ("two", user.id), ("other", other.id)] {
        store.open_session(signature, id, in_an_hour(&*store).await).await.unwrap();
    }
    let renamed = UserChange { name: Some(Name::from_database("n".into())), ..UserChange::default() };
    store.update_user(user.id, renamed).await.unwrap();
    assert!(store.session_user("one").await.unwrap().is_some(), "a new name ends nothing");
    let change = UserChange { password_hash: Some("new".into()), ..UserChange::default() };
    store.update_user(user.id, change).await.unwrap();
    assert_eq!(store.credentials("d@jwt.com").await.unwrap()[0].password_hash, "new");
    assert_eq!(store.session_user("one").await.unwrap(), None);
    assert_eq!(store.session_user("two").await.unwrap(), None);
    assert!(store.session_user("other").await.unwrap().is_some());
}

#[tokio::test]
async fn a_hash_is_replaced_only_while_it_is_what_it_was_thought_to_be() {
    let store = Database::fresh().await.open().await;
    let user = register(&*store, "d@jwt.com").await;
    store.open_session("signature", user.id, in_an_hour(&*store).await).await.unwrap();
    assert!(store.rehash_password(user.id, "hash of somebody", "better").await.unwrap());
    assert!(!store.rehash_password(user.id, "hash of somebody", "worse").await.unwrap());
    assert_eq!(store.credentials("d@jwt.com").await.unwrap()[0].password_hash, "better");
    assert!(store.session_user("signature").await.unwrap().is_some(), "it is the same password");
}

#[tokio::test]
async fn a_deleted_account_is_gone_with_its_sessions_and_roles() {
    let store = Database::fresh().await.open().await;
    let user = register(&*store, "f@jwt.com").await;
    let franchise = super::catalogue::found(&*store, "pizzaPocket", &["f@jwt.com"]).await;
    store.open_session("signature", user.id, in_an_hour(&*store).await).await.unwrap();
    assert_eq!(store.delete_user(user.id).await.unwrap(), UserDeletion::Deleted);
    assert_eq!(store.user(user.id).await.unwrap(), None);
    assert_eq!(store.session_user("signature").await.unwrap(), None);
    assert!(store.credentials("f@jwt.com").await.unwrap().is_empty());
    assert_eq!(store.delete_user(user.id).await.unwrap(), UserDeletion::Unknown);
    let again = register(&*store, "f@jwt.com").await;
    assert_ne!(again.id, user.id, "an identity is never given twice");
    assert_eq!(again.roles, [Role::Diner]);
    assert!(store.franchises_of(again.id).await.unwrap().is_empty(), "{franchise} is nobody's now");
}

#[tokio::test]
async fn the_last_admin_stays() {
    let store = Database::fresh().await.open().await;
    let admin = async |email: &str| {
        let new = new_user("admin", email, &[Role::Admin]);
        let Registration::Created(user) = store.create_user(new).await.unwrap() else { panic!("{email}") };
        user.id
    };
    assert!(!store.has_admin().await.unwrap());
    let (first, second) = (admin("a@jwt.com").await, admin("b@jwt.com").await);
    assert!(store.has_admin().await.unwrap());
    assert_eq!(store.delete_user(first).await.unwrap(), UserDeletion::Deleted);
    assert_eq!(store.delete_user(second).await.unwrap(), UserDeletion::LastAdmin);
    assert!(store.user(second).await.unwrap().is_some_and(|user| user.is_admin()));
}

async fn users(store: &dyn Store, page: u32, per_page: u32, name: &str) -> UserPage {
    store.users(UserQuery { page, per_page, name: name.into() }).await.unwrap()
}

async fn in_an_hour(store: &dyn Store) -> Timestamp {
    store.queue_stats().await.unwrap().now + HOUR
}
