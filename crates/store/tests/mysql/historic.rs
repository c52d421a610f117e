//! A database that the historic service made and used, with everything odd that was found in such data.

use crate::{
    Database,
    conformance::{Backend, lease, new_user},
    open,
};
use domain::{Bitcoin, Diner, FranchiseId, MenuId, OrderId, OrderItem, OrderState, Role, StoreId, UserId};
use store::{
    Finish, FranchiseQuery, NewOrder, Pick, Placed, Registration, Settlement, Store, Token, UserChange,
    UserUpdate,
};

/// The tables as the historic service makes them, in whatever character set the database has.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS auth (token VARCHAR(512) PRIMARY KEY, userId INT NOT NULL);
    CREATE TABLE IF NOT EXISTS user (
        id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(255) NOT NULL, email VARCHAR(255) NOT NULL,
        password VARCHAR(255) NOT NULL);
    CREATE TABLE IF NOT EXISTS menu (
        id INT AUTO_INCREMENT PRIMARY KEY, title VARCHAR(255) NOT NULL, image VARCHAR(1024) NOT NULL,
        price DECIMAL(10, 8) NOT NULL, description TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS franchise (id INT AUTO_INCREMENT PRIMARY KEY, name VARCHAR(255) NOT NULL UNIQUE);
    CREATE TABLE IF NOT EXISTS store (
        id INT AUTO_INCREMENT PRIMARY KEY, franchiseId INT NOT NULL, name VARCHAR(255) NOT NULL,
        FOREIGN KEY (franchiseId) REFERENCES franchise(id));
    CREATE TABLE IF NOT EXISTS userRole (
        id INT AUTO_INCREMENT PRIMARY KEY, userId INT NOT NULL, role VARCHAR(255) NOT NULL, objectId INT NOT NULL,
        FOREIGN KEY (userId) REFERENCES user(id), INDEX (objectId));
    CREATE TABLE IF NOT EXISTS dinerOrder (
        id INT AUTO_INCREMENT PRIMARY KEY, dinerId INT NOT NULL, franchiseId INT NOT NULL, storeId INT NOT NULL,
        date DATETIME NOT NULL, INDEX (dinerId), INDEX (franchiseId), INDEX (storeId));
    CREATE TABLE IF NOT EXISTS orderItem (
        id INT AUTO_INCREMENT PRIMARY KEY, orderId INT NOT NULL, menuId INT NOT NULL,
        description VARCHAR(255) NOT NULL, price DECIMAL(10, 8) NOT NULL,
        FOREIGN KEY (orderId) REFERENCES dinerOrder(id), INDEX (menuId));";

/// Passwords are those of the historic service: bcrypt, cost 10.
const DATA: &str = "
    INSERT INTO user (id, name, email, password) VALUES
        (1, '常用名字', 'a@jwt.com', '$2b$10$historic.admin'),
        (2, 'pizza diner', 'D@jwt.com', '$2b$10$historic.diner'),
        (3, 'the same diner again', 'd@jwt.com', '$2b$10$another.password'),
        (4, 'pizza franchisee', 'f@jwt.com', '$2b$10$historic.franchisee'),
        (6, 'nobody''s role', 'n@jwt.com', '');
    INSERT INTO userRole (userId, role, objectId) VALUES
        (1, 'admin', 0), (2, 'diner', 0), (2, 'diner', 0), (3, 'diner', 0),
        (4, 'diner', 0), (4, 'franchisee', 1), (4, 'franchisee', 99), (6, 'pizzaiolo', 3);
    INSERT INTO franchise (id, name) VALUES (1, 'pizzaPocket'), (7, '披萨');
    INSERT INTO store (id, franchiseId, name) VALUES (1, 1, 'SLC'), (4, 1, 'Provo');
    INSERT INTO menu (id, title, image, price, description) VALUES
        (1, 'Veggie', 'pizza1.png', 0.0038, 'A garden of delight'),
        (3, 'Pepperoni', 'pizza2.png', 0.0042, 'Spicy treat');
    INSERT INTO dinerOrder (id, dinerId, franchiseId, storeId, date) VALUES
        (1, 2, 1, 1, '2024-06-05 05:14:40'),
        (2, 2, 1, 1, '2023-01-01 00:00:00'),
        (3, 2, 99, 77, '2024-12-31 23:59:59'),
        (9, 2, 1, 4, '2024-06-05 05:14:40');
    INSERT INTO orderItem (id, orderId, menuId, description, price) VALUES
        (1, 1, 1, 'Veggie', 0.05), (2, 1, 3, 'Pepperoni', 0.00000001),
        (3, 2, 55, 'gone from the menu', 99.99999999),
        (4, 3, 1, 'Veggie', 0.0038),
        (5, 9, 1, 'a price from a client', -1.5);
    INSERT INTO auth (token, userId) VALUES ('signature-without-expiry', 2), ('of-nobody', 4711);";

const HISTORIC: [&str; 8] =
    ["auth", "user", "menu", "franchise", "store", "userRole", "dinerOrder", "orderItem"];

async fn historic() -> Database {
    let database = Database::fresh().await;
    database.sql(&format!("{TABLES}{DATA}"));
    database
}

#[tokio::test]
async fn accounts_are_found_with_their_passwords_roles_and_sessions() {
    let store = open(historic().await.options()).await;
    let admin = &store.credentials("A@JWT.com").await.unwrap()[0];
    assert_eq!(
        (admin.user.name.as_str(), admin.password_hash.as_str()),
        ("常用名字", "$2b$10$historic.admin")
    );
    assert!(admin.user.is_admin());

    let twice = store.credentials("d@jwt.com").await.unwrap();
    let passwords: Vec<_> = twice.iter().map(|found| found.password_hash.as_str()).collect();
    assert_eq!(passwords, ["$2b$10$historic.diner", "$2b$10$another.password"], "whoever has the password");
    let again = store.create_user(new_user("third", "D@JWT.COM", &[])).await.unwrap();
    assert_eq!(again, Registration::EmailTaken);

    let diner = store.session_user("signature-without-expiry").await.unwrap().unwrap();
    assert_eq!((diner.id, diner.roles), (UserId(2), vec![Role::Diner]));
    assert_eq!(store.session_user("of-nobody").await.unwrap(), None);
    assert_eq!(store.user(UserId(6)).await.unwrap().unwrap().roles, [], "a role that nobody knows");

    assert!(store.close_session("signature-without-expiry").await.unwrap());
    assert_eq!(store.session_user("signature-without-expiry").await.unwrap(), None);
}

#[tokio::test]
async fn a_new_password_ends_historic_sessions_too() {
    let store = open(historic().await.options()).await;
    let change = UserChange { password_hash: Some("new".into()), ..UserChange::default() };
    assert!(matches!(store.update_user(UserId(2), change).await.unwrap(), UserUpdate::Updated(_)));
    assert_eq!(store.session_user("signature-without-expiry").await.unwrap(), None);
}

#[tokio::test]
async fn franchises_are_shown_with_what_their_historic_orders_earned() {
    let store = open(historic().await.options()).await;
    let query = FranchiseQuery { page: 0, per_page: 10, name: "*".into(), with_business: true };
    let all = store.franchises(query).await.unwrap().franchises;
    assert_eq!(all.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), ["pizzaPocket", "披萨"]);
    let earned: Vec<_> = all[0].stores.iter().map(|store| store.total_revenue.unwrap().satoshi()).collect();
    assert_eq!(earned, [5_000_001 + 9_999_999_999, -150_000_000]);
    let of_the_franchisee = store.franchises_of(UserId(4)).await.unwrap();
    assert_eq!(of_the_franchisee.len(), 1, "the other one is no more");
    assert_eq!(of_the_franchisee[0].id, FranchiseId(1));
}

#[tokio::test]
async fn historic_orders_are_fulfilled_and_in_order_of_time() {
    let store = open(historic().await.options()).await;
    let orders = store.orders_of(UserId(2), 1, 10).await.unwrap();
    assert_eq!(orders.iter().map(|order| order.id.0).collect::<Vec<_>>(), [3, 9, 1, 2], "by time, not by id");
    for order in &orders {
        assert_eq!((order.state, &order.jwt, order.attempts), (OrderState::Fulfilled, &None, 0));
        assert_eq!(order.queued_at, order.date);
    }
    assert_eq!(orders[0].date.to_string(), "2024-12-31T23:59:59Z");
    assert_eq!((orders[0].franchise, orders[0].store), (FranchiseId(99), StoreId(77)), "they are no more");
    let item = &orders[3].items[0];
    assert_eq!((item.menu_id, item.price), (MenuId(55), Bitcoin::from_satoshi(9_999_999_999)));
    assert_eq!(store.queue_stats().await.unwrap().queued, 0);
    assert!(store.claim_due(claim()).await.unwrap().is_empty(), "nobody makes them again");
}

#[tokio::test]
async fn the_historic_tables_and_rows_stay_what_they_were() {
    let database = historic().await;
    let (tables, rows) = (definitions(&database), rows(&database));
    let store = open(database.options()).await;
    let order = order_and_fulfil(&*store).await;
    let Registration::Created(user) =
        store.create_user(new_user("new", "new@jwt.com", &[Role::Diner])).await.unwrap()
    else {
        panic!("nobody has it")
    };
    store.prune().await.unwrap();

    assert_eq!(definitions(&database), tables);
    let now = rows_of_before(&database);
    assert_eq!(now, rows);
    // What the historic service asks for finds what is new.
    let history =
        format!("SELECT id, franchiseId, storeId FROM dinerOrder WHERE dinerId=2 AND id={order} LIMIT 0,10");
    assert_eq!(database.sql(&history), format!("{order}\t1\t1\n"));
    let items = format!("SELECT menuId, description, price FROM orderItem WHERE orderId={order}");
    assert_eq!(database.sql(&items), "1\tVeggie\t0.00380000\n");
    let login = "SELECT id, name FROM user WHERE email='new@jwt.com'";
    assert_eq!(database.sql(login), format!("{}\tnew\n", user.id));
    let role = format!("SELECT role, objectId FROM userRole WHERE userId={}", user.id);
    assert_eq!(database.sql(&role), "diner\t0\n");
    let date = format!(
        "SELECT ABS(TIMESTAMPDIFF(SECOND, date, UTC_TIMESTAMP())) < 60 FROM dinerOrder WHERE id={order}"
    );
    assert_eq!(database.sql(&date), "1\n", "in UTC");
}

#[tokio::test]
async fn an_order_of_ours_counts_with_the_historic_ones() {
    let store = open(historic().await.options()).await;
    let before = revenue(&*store).await;
    order_and_fulfil(&*store).await;
    assert_eq!(revenue(&*store).await - before, 380_000);
}

#[tokio::test]
async fn what_the_historic_service_does_beside_us_is_seen() {
    let database = historic().await;
    let store = open(database.options()).await;
    let before = revenue(&*store).await;
    database.sql(
        "INSERT INTO user (name, email, password) VALUES ('beside', 'Beside@jwt.com', 'hash');
         INSERT INTO dinerOrder (dinerId, franchiseId, storeId, date) VALUES (2, 1, 1, '2025-01-01 00:00:00');
         INSERT INTO orderItem (orderId, menuId, description, price) VALUES (LAST_INSERT_ID(), 1, 'Veggie', 1);
         INSERT INTO auth (token, userId) VALUES ('beside', 1);
         UPDATE user SET email = 'moved@jwt.com' WHERE id = 4;
         DELETE FROM userRole WHERE userId = 6; DELETE FROM user WHERE id = 6",
    );
    assert_eq!(store.credentials("beside@jwt.com").await.unwrap()[0].user.name.as_str(), "beside");
    let taken = store.create_user(new_user("me too", "BESIDE@jwt.com", &[])).await.unwrap();
    assert_eq!(taken, Registration::EmailTaken);
    assert_eq!(store.orders_of(UserId(2), 1, 1).await.unwrap()[0].date.to_string(), "2025-01-01T00:00:00Z");
    assert_eq!(revenue(&*store).await - before, 100_000_000);
    assert!(store.session_user("beside").await.unwrap().unwrap().is_admin());

    assert!(store.credentials("f@jwt.com").await.unwrap().is_empty(), "they have another one now");
    store.prune().await.unwrap();
    assert_eq!(store.credentials("moved@jwt.com").await.unwrap()[0].user.id, UserId(4));
    for free in ["f@jwt.com", "n@jwt.com"] {
        let created = store.create_user(new_user("new", free, &[])).await.unwrap();
        assert!(matches!(created, Registration::Created(_)), "{free} is free again");
    }
}

#[tokio::test]
async fn what_the_historic_service_did_while_we_were_away_is_adopted() {
    let database = historic().await;
    drop(open(database.options()).await);
    database.sql(
        "UPDATE user SET email = 'moved@jwt.com' WHERE id = 4;
         INSERT INTO user (name, email, password) VALUES ('meanwhile', 'f@jwt.com', 'hash')",
    );
    let store = open(database.options()).await;
    assert_eq!(store.credentials("f@jwt.com").await.unwrap()[0].user.name.as_str(), "meanwhile");
    let mut moved = Vec::new();
    for _ in 0..100 {
        moved = store.credentials("moved@jwt.com").await.unwrap();
        if !moved.is_empty() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    assert_eq!(moved[0].user.id, UserId(4));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn several_that_start_at_once_adopt_it_once() {
    for _ in 0..5 {
        let database = historic().await;
        let starting: Vec<_> = (0..4).map(|_| tokio::spawn(open(database.options()))).collect();
        for store in starting {
            let store = store.await.unwrap();
            assert_eq!(store.credentials("d@jwt.com").await.unwrap().len(), 2);
        }
        assert_eq!(database.sql("SELECT COUNT(*), COUNT(DISTINCT userId) FROM emailClaim"), "5\t5\n");
        assert_eq!(database.sql("SELECT version FROM migration ORDER BY version"), "1\n2\n3\n");
    }
}

#[tokio::test]
async fn a_database_of_a_later_program_is_refused_and_left_alone() {
    let database = Database::fresh().await;
    drop(database.open().await);
    database.sql("INSERT INTO migration (version, at) VALUES (4711, NOW())");
    let error = store::MysqlStore::open(database.options()).await.err().unwrap();
    assert!(format!("{error:?}").contains("made by a later program"), "{error:?}");
}

async fn order_and_fulfil(store: &dyn Store) -> OrderId {
    let token = Token::new();
    let diner = Diner { id: UserId(2), name: "pizza diner".into(), email: "d@jwt.com".into() };
    let veggie = OrderItem {
        menu_id: MenuId(1),
        description: "Veggie".into(),
        price: store.menu().await.unwrap().item(MenuId(1)).unwrap().price,
    };
    let order = NewOrder {
        diner,
        franchise: FranchiseId(1),
        store: StoreId(1),
        items: vec![veggie],
        idempotency: None,
        traceparent: None,
        claim: Some(lease(&token)),
    };
    let Placed::Saved { id, .. } = store.place_order(order).await.unwrap() else { panic!("it is new") };
    let pizza = Finish::Fulfilled { jwt: "a.b.c".into() };
    assert_eq!(store.finish(id, &token, pizza).await.unwrap(), Settlement::Applied);
    id
}

/// Of the store in which all that is ordered here.
async fn revenue(store: &dyn Store) -> i64 {
    let query = FranchiseQuery { page: 0, per_page: 1, name: "pizzaPocket".into(), with_business: true };
    let franchise = store.franchises(query).await.unwrap().franchises.remove(0);
    franchise.stores[0].total_revenue.unwrap().satoshi()
}

fn claim() -> store::Claim {
    store::Claim { limit: 10, pick: Pick::Oldest, lease: lease(&Token::new()) }
}

/// But for the counter of ids, which is no definition.
fn definitions(database: &Database) -> Vec<String> {
    let definition = |table| {
        let text = database.sql(&format!("SHOW CREATE TABLE {table}"));
        let words = text.split(' ').filter(|word| !word.starts_with("AUTO_INCREMENT="));
        words.collect::<Vec<_>>().join(" ")
    };
    HISTORIC.into_iter().map(definition).collect()
}

fn rows(database: &Database) -> Vec<String> {
    HISTORIC.into_iter().map(|table| database.sql(&format!("SELECT * FROM {table} ORDER BY 1"))).collect()
}

/// The rows that were there before the first of ours.
fn rows_of_before(database: &Database) -> Vec<String> {
    let table = |table| match table {
        "user" => database.sql("SELECT * FROM user WHERE id <= 6 ORDER BY 1"),
        "userRole" => database.sql("SELECT * FROM userRole WHERE id <= 8 ORDER BY 1"),
        "dinerOrder" => database.sql("SELECT * FROM dinerOrder WHERE id <= 9 ORDER BY 1"),
        "orderItem" => database.sql("SELECT * FROM orderItem WHERE id <= 5 ORDER BY 1"),
        other => database.sql(&format!("SELECT * FROM {other} ORDER BY 1")),
    };
    HISTORIC.into_iter().map(table).collect()
}
