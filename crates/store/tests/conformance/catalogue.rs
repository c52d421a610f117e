//! The menu, franchises and stores.

use super::{Backend, HOSTILE, LEASE, new_order, place, register};
use crate::Database;
use domain::{Bitcoin, EmailAddress, Franchise, FranchiseId, MenuId, NewMenuItem, OrderState, Role, StoreId};
use store::{
    Cancellation, Finish, FranchiseCreation, FranchisePage, FranchiseQuery, Lease, NewFranchise, NewOrder,
    Settlement, Store, StoreCreation, Token,
};

#[tokio::test]
async fn the_menu_is_in_the_order_it_was_written() {
    let store = Database::fresh().await.open().await;
    assert_eq!(store.menu().await.unwrap().0.len(), 0);
    for (title, satoshi) in [("Veggie", 380_000), ("Aloo", 1), ("Dear", Database::DEAREST.satoshi())] {
        let item = NewMenuItem {
            title: title.into(),
            image: "pizza1.png".into(),
            price: Bitcoin::from_satoshi(satoshi),
            description: format!("{title}, described"),
        };
        let answered = store.add_menu_item(item).await.unwrap();
        assert_eq!(answered, store.menu().await.unwrap());
        let last = answered.0.last().unwrap();
        assert_eq!((last.title.as_str(), last.price.satoshi()), (title, satoshi));
        assert_eq!(last.description, format!("{title}, described"));
        assert_eq!(answered.item(last.id), Some(last));
    }
    let titles: Vec<_> = store.menu().await.unwrap().0.into_iter().map(|item| item.title).collect();
    assert_eq!(titles, ["Veggie", "Aloo", "Dear"]);
}

#[tokio::test]
async fn a_changed_pizza_keeps_its_place_and_what_was_ordered_its_price() {
    let store = Database::fresh().await.open().await;
    let ids = menu_of(&*store, &["Veggie", "Pepperoni", "Crusty"]).await;
    let order = place(&*store, new_order(1, 1)).await;
    let before = store.order(order).await.unwrap().unwrap().items;
    let dear = NewMenuItem { price: Database::DEAREST, ..menu_item("O'Veggie") };
    for _ in 0..2 {
        let menu = store.change_menu_item(ids[0], dear.clone()).await.unwrap().unwrap();
        assert_eq!(menu, store.menu().await.unwrap(), "a change to what it is already is one too");
        let first = &menu.0[0];
        assert_eq!((first.id, first.title.as_str(), first.price), (ids[0], "O'Veggie", Database::DEAREST));
        assert_eq!((&first.image, &first.description), (&dear.image, &dear.description));
        assert_eq!(menu.0.iter().map(|item| item.id).collect::<Vec<_>>(), ids);
    }
    assert_eq!(store.order(order).await.unwrap().unwrap().items, before);
    for id in [MenuId(4711), MenuId(Database::LARGEST_ID), MenuId(0), MenuId(-1)] {
        assert_eq!(store.change_menu_item(id, dear.clone()).await.unwrap(), None, "{id}");
    }
}

#[tokio::test]
async fn a_withdrawn_pizza_is_off_the_menu_for_good_and_what_was_ordered_is_still_made() {
    let store = Database::fresh().await.open().await;
    let ids = menu_of(&*store, &["Veggie", "Pepperoni"]).await;
    let order = place(&*store, new_order(1, 1)).await;
    let menu = store.withdraw_menu_item(ids[1]).await.unwrap().unwrap();
    assert_eq!(menu.0.iter().map(|item| item.id).collect::<Vec<_>>(), ids[..1]);
    assert_eq!(menu, store.menu().await.unwrap());
    assert_eq!(store.withdraw_menu_item(ids[1]).await.unwrap(), None, "it is gone already");
    assert_eq!(store.change_menu_item(ids[1], menu_item("Back")).await.unwrap(), None);
    let again = store.add_menu_item(menu_item("Pepperoni")).await.unwrap();
    assert_ne!(again.0[1].id, ids[1], "a new one is another one");
    let claimed = super::claim(&*store, store::Pick::FairShare, 1).await.remove(0);
    let finish = Finish::Fulfilled { jwt: "a.b.c".into() };
    assert_eq!(store.finish(order, &claimed.token, finish).await.unwrap(), Settlement::Applied);
    assert_eq!(store.order(order).await.unwrap().unwrap().items[1].description, "Pepperoni");
}

#[tokio::test]
async fn a_franchise_is_run_by_the_people_it_names() {
    let store = Database::fresh().await.open().await;
    let (a, b) = (register(&*store, "a@jwt.com").await, register(&*store, "b@jwt.com").await);
    let new = franchise("pizzaPocket", &["A@jwt.com", "b@jwt.com", "a@jwt.com"]);
    let FranchiseCreation::Created { id, admins } = store.create_franchise(new).await.unwrap() else {
        panic!("not created")
    };
    assert_eq!(admins.iter().map(|admin| admin.id).collect::<Vec<_>>(), [a.id, b.id], "each of them once");
    assert_eq!(admins[0].email.as_str(), "a@jwt.com");
    assert_eq!(admins[0].name, "somebody");
    let listed = list(&*store, "*", true).await;
    assert_eq!((listed[0].id, &listed[0].admins), (id, &admins));
    for email in ["a@jwt.com", "b@jwt.com"] {
        let user = store.credentials(email).await.unwrap().remove(0).user;
        assert!(user.runs(id));
    }
}

#[tokio::test]
async fn a_franchise_that_is_refused_leaves_nothing_behind() {
    let store = Database::fresh().await.open().await;
    register(&*store, "a@jwt.com").await;
    let refused = store.create_franchise(franchise("one", &["a@jwt.com", "nobody@jwt.com"])).await.unwrap();
    let nobody = EmailAddress::parse("nobody@jwt.com").unwrap();
    assert_eq!(refused, FranchiseCreation::UnknownAdmin(nobody));
    assert_eq!(list(&*store, "*", false).await.len(), 0);

    found(&*store, "one", &[]).await;
    for name in ["one", "ONE"] {
        let refused = store.create_franchise(franchise(name, &["a@jwt.com"])).await.unwrap();
        assert_eq!(refused, FranchiseCreation::NameTaken, "{name}");
    }
    assert_eq!(list(&*store, "*", false).await.len(), 1);
    assert_eq!(store.credentials("a@jwt.com").await.unwrap()[0].user.roles, [Role::Diner]);
}

#[tokio::test]
async fn deleting_a_franchise_takes_its_stores_and_only_its_roles() {
    let store = Database::fresh().await.open().await;
    register(&*store, "f@jwt.com").await;
    let gone = found(&*store, "gone", &["f@jwt.com"]).await;
    let stays = found(&*store, "stays", &["f@jwt.com"]).await;
    let (closed, open) = (open_store(&*store, gone, "a").await, open_store(&*store, stays, "b").await);

    assert!(store.delete_franchise(gone).await.unwrap());
    assert!(!store.delete_franchise(gone).await.unwrap());
    assert_eq!(store.franchise_of(closed).await.unwrap(), None);
    assert_eq!(store.franchise_of(open).await.unwrap(), Some(stays));
    let roles = store.credentials("f@jwt.com").await.unwrap().remove(0).user.roles;
    assert_eq!(roles, [Role::Diner, Role::Franchisee(stays)]);
    assert_eq!(list(&*store, "*", true).await.len(), 1);
}

#[tokio::test]
async fn the_ids_of_the_deleted_are_never_given_again() {
    let store = Database::fresh().await.open().await;
    let franchise = found(&*store, "one", &[]).await;
    let closed = open_store(&*store, franchise, "a").await;
    assert!(store.delete_store(franchise, closed).await.unwrap());
    assert_ne!(open_store(&*store, franchise, "a").await, closed);
    assert!(store.delete_franchise(franchise).await.unwrap());
    assert_ne!(found(&*store, "one", &[]).await, franchise);
}

#[tokio::test]
async fn a_store_belongs_to_one_franchise() {
    let store = Database::fresh().await.open().await;
    let (a, b) = (found(&*store, "a", &[]).await, found(&*store, "b", &[]).await);
    let shop = open_store(&*store, a, "shop").await;
    let nowhere = store.create_store(FranchiseId(4711), "shop").await.unwrap();
    assert_eq!(nowhere, StoreCreation::UnknownFranchise);
    assert!(!store.delete_store(b, shop).await.unwrap(), "it is not b's to close");
    assert_eq!(store.franchise_of(shop).await.unwrap(), Some(a));
    assert!(store.delete_store(a, shop).await.unwrap());
    assert!(!store.delete_store(a, shop).await.unwrap());
}

#[tokio::test]
async fn only_a_star_is_a_wildcard() {
    let store = Database::fresh().await.open().await;
    for name in ["pizzaPocket", "pizzaPlanet", "100%", "100 miles", "a_b", "axb", "back\\slash"] {
        found(&*store, name, &[]).await;
    }
    for (filter, expected) in [
        ("*", 7),
        ("pizza*", 2),
        ("PIZZA*", 2),
        ("*planet", 1),
        ("*i*o*", 1),
        ("pizza", 0),
        ("100%", 1),
        ("%", 0),
        ("*%*", 1),
        ("a_b", 1),
        ("_____", 0),
        ("*\\*", 1),
        ("", 0),
    ] {
        assert_eq!(list(&*store, filter, false).await.len(), expected, "{filter:?}");
    }
}

#[tokio::test]
async fn hostile_franchise_names_are_just_text() {
    let store = Database::fresh().await.open().await;
    for text in HOSTILE {
        let id = found(&*store, text, &[]).await;
        open_store(&*store, id, text).await;
    }
    for text in HOSTILE {
        let listed = list(&*store, text, false).await;
        assert_eq!(listed.len(), 1, "{text:?}");
        assert_eq!((listed[0].name.as_str(), listed[0].stores[0].name.as_str()), (text, text));
    }
    assert_eq!(list(&*store, &"*a".repeat(5000), false).await.len(), 0);
}

#[tokio::test]
async fn pages_follow_each_other_and_absurd_ones_are_empty() {
    let store = Database::fresh().await.open().await;
    for n in 0..5 {
        found(&*store, &format!("franchise {n}"), &[]).await;
    }
    found(&*store, "other", &[]).await;
    for (page, per_page, names, more) in [
        (0, 2, vec!["franchise 0", "franchise 1"], true),
        (1, 2, vec!["franchise 2", "franchise 3"], true),
        (2, 2, vec!["franchise 4"], false),
        (3, 2, vec![], false),
        (0, 5, vec!["franchise 0", "franchise 1", "franchise 2", "franchise 3", "franchise 4"], false),
        (u32::MAX, u32::MAX, vec![], false),
        (u32::MAX, 1, vec![], false),
        (0, 0, vec![], true),
    ] {
        let found = page_of(&*store, "franchise*", page, per_page, false).await;
        let found_names: Vec<_> = found.franchises.iter().map(|franchise| franchise.name.as_str()).collect();
        assert_eq!((found_names, found.more), (names, more), "page {page} of {per_page}");
    }
    assert_eq!(page_of(&*store, "*", 0, u32::MAX, true).await.franchises.len(), 6);
}

#[tokio::test]
async fn business_is_shown_only_when_asked_for() {
    let store = Database::fresh().await.open().await;
    register(&*store, "f@jwt.com").await;
    let id = found(&*store, "pizzaPocket", &["f@jwt.com"]).await;
    open_store(&*store, id, "SLC").await;
    let public = list(&*store, "*", false).await.remove(0);
    assert_eq!((public.admins.len(), public.stores[0].total_revenue), (0, None));
    let business = list(&*store, "*", true).await.remove(0);
    assert_eq!((business.admins.len(), business.stores[0].total_revenue), (1, Some(Bitcoin::default())));
}

#[tokio::test]
async fn somebody_is_shown_the_franchises_they_run_and_no_others() {
    let store = Database::fresh().await.open().await;
    let user = register(&*store, "f@jwt.com").await;
    register(&*store, "g@jwt.com").await;
    found(&*store, "other", &["g@jwt.com"]).await;
    let mine = [
        found(&*store, "one", &["f@jwt.com", "g@jwt.com"]).await,
        found(&*store, "two", &["f@jwt.com"]).await,
    ];
    open_store(&*store, mine[0], "SLC").await;
    let shown = store.franchises_of(user.id).await.unwrap();
    assert_eq!(shown.iter().map(|franchise| franchise.id).collect::<Vec<_>>(), mine);
    assert_eq!(shown[0].admins.len(), 2);
    assert_eq!(shown[0].stores[0].total_revenue, Some(Bitcoin::from_satoshi(0)));
    store.delete_franchise(mine[0]).await.unwrap();
    assert_eq!(store.franchises_of(user.id).await.unwrap().len(), 1);
    assert!(store.franchises_of(domain::UserId(4711)).await.unwrap().is_empty());
}

#[tokio::test]
async fn only_fulfilled_orders_are_revenue_and_to_the_satoshi() {
    let store = Database::fresh().await.open().await;
    let franchise = found(&*store, "pizzaPocket", &[]).await;
    let shop = open_store(&*store, franchise, "SLC").await;
    let other = open_store(&*store, franchise, "Provo").await;
    for state in OrderState::ALL {
        let token = Token::new();
        let is_claimed = !matches!(state, OrderState::Queued | OrderState::Cancelled);
        let claim = is_claimed.then(|| Lease { token: token.clone(), duration: LEASE });
        let order = NewOrder { franchise, store: shop, claim, ..new_order(1, 1) };
        let id = place(&*store, order).await;
        let finish = match state {
            OrderState::Fulfilled => Finish::Fulfilled { jwt: "a.b.c".into() },
            OrderState::Rejected => Finish::Rejected { reason: "no".into() },
            OrderState::Quarantined => Finish::Quarantined { reason: "odd".into() },
            OrderState::Queued | OrderState::Making => continue,
            OrderState::Cancelled => {
                assert_eq!(store.cancel_order(id).await.unwrap(), Cancellation::Cancelled);
                continue;
            }
        };
        assert_eq!(store.finish(id, &token, finish.clone()).await.unwrap(), Settlement::Applied);
        assert_eq!(store.finish(id, &token, finish).await.unwrap(), Settlement::Stale, "counted once");
    }
    assert_eq!(revenue(&*store, shop).await, Bitcoin::from_satoshi(380_000 + 420_001));
    assert_eq!(revenue(&*store, other).await, Bitcoin::default());
}

#[tokio::test]
async fn a_store_that_sold_all_the_bitcoin_there_is_can_still_be_shown() {
    let store = Database::fresh().await.open().await;
    let franchise = found(&*store, "dear", &[]).await;
    let shop = open_store(&*store, franchise, "shop").await;
    let mut items = new_order(1, 1).items;
    items[0].price = Database::DEAREST;
    items[1].price = Bitcoin::from_satoshi(1);
    for _ in 0..5 {
        let token = Token::new();
        let claim = Some(Lease { token: token.clone(), duration: LEASE });
        let order = NewOrder { franchise, store: shop, claim, items: items.clone(), ..new_order(1, 1) };
        let id = place(&*store, order).await;
        let done = store.finish(id, &token, Finish::Fulfilled { jwt: "a.b.c".into() }).await.unwrap();
        assert_eq!(done, Settlement::Applied);
    }
    assert_eq!(
        revenue(&*store, shop).await.satoshi(),
        5 * (Database::DEAREST.satoshi() + 1),
        "more than a float holds"
    );
}

#[tokio::test]
async fn an_order_outlives_the_menu_the_store_and_the_franchise() {
    let store = Database::fresh().await.open().await;
    let franchise = found(&*store, "gone", &[]).await;
    let shop = open_store(&*store, franchise, "gone").await;
    let id = place(&*store, NewOrder { franchise, store: shop, ..new_order(1, 1) }).await;
    assert!(store.delete_franchise(franchise).await.unwrap());
    let claimed = super::claim(&*store, store::Pick::FairShare, 1).await.remove(0);
    let finish = Finish::Fulfilled { jwt: "a.b.c".into() };
    assert_eq!(store.finish(id, &claimed.token, finish).await.unwrap(), Settlement::Applied);
    let order = store.order(id).await.unwrap().unwrap();
    assert_eq!((order.franchise, order.store, order.state), (franchise, shop, OrderState::Fulfilled));
    assert_eq!(order.items[0].menu_id, MenuId(1));
}

#[tokio::test]
async fn one_franchise_is_shown_with_its_business() {
    let store = Database::fresh().await.open().await;
    register(&*store, "f@jwt.com").await;
    found(&*store, "other", &[]).await;
    let id = found(&*store, "pizzaPocket", &["f@jwt.com"]).await;
    open_store(&*store, id, "SLC").await;
    let shown = store.franchise(id).await.unwrap().unwrap();
    assert_eq!(shown, list(&*store, "pizza*", true).await.remove(0));
    assert_eq!((shown.admins.len(), shown.stores[0].total_revenue), (1, Some(Bitcoin::default())));
    store.delete_franchise(id).await.unwrap();
    for id in [id, FranchiseId(Database::LARGEST_ID), FranchiseId(-1)] {
        assert_eq!(store.franchise(id).await.unwrap(), None);
    }
}

async fn menu_of(store: &dyn Store, titles: &[&str]) -> Vec<MenuId> {
    for title in titles {
        store.add_menu_item(menu_item(title)).await.unwrap();
    }
    store.menu().await.unwrap().0.iter().map(|item| item.id).collect()
}

fn menu_item(title: &str) -> NewMenuItem {
    let [title, image, description] = [title, "pizza1.png", "as ever"].map(str::to_owned);
    NewMenuItem { title, image, price: Bitcoin::from_satoshi(380_000), description }
}

pub async fn found(store: &dyn Store, name: &str, admins: &[&str]) -> FranchiseId {
    match store.create_franchise(franchise(name, admins)).await.unwrap() {
        FranchiseCreation::Created { id, .. } => id,
        other => panic!("{name:?}: {other:?}"),
    }
}

fn franchise(name: &str, admins: &[&str]) -> NewFranchise {
    let admins = admins.iter().map(|email| EmailAddress::parse(email).unwrap()).collect();
    NewFranchise { name: name.into(), admins }
}

async fn open_store(store: &dyn Store, franchise: FranchiseId, name: &str) -> StoreId {
    match store.create_store(franchise, name).await.unwrap() {
        StoreCreation::Created(id) => id,
        StoreCreation::UnknownFranchise => panic!("no franchise {franchise}"),
    }
}

async fn list(store: &dyn Store, name: &str, with_business: bool) -> Vec<Franchise> {
    page_of(store, name, 0, 100, with_business).await.franchises
}

async fn page_of(
    store: &dyn Store,
    name: &str,
    page: u32,
    per_page: u32,
    with_business: bool,
) -> FranchisePage {
    store.franchises(FranchiseQuery { page, per_page, name: name.into(), with_business }).await.unwrap()
}

async fn revenue(store: &dyn Store, shop: StoreId) -> Bitcoin {
    let franchises = list(store, "*", true).await;
    let mut stores = franchises.into_iter().flat_map(|franchise| franchise.stores);
    stores.find(|store| store.id == shop).unwrap().total_revenue.unwrap()
}
