//! What is there when a test begins.

use domain::{Bitcoin, EmailAddress, Name, NewMenuItem, Role};
use service::{
    Service,
    config::{Config, PasswordPolicy},
};
use store::{FranchiseCreation, NewFranchise, NewUser, Store};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// The menu: title, image, price in units of 1e-8 bitcoin, description.
const PIZZAS: [(&str, &str, i64, &str); 5] = [
    ("Veggie", "pizza1.png", 380_000, "A garden of delight"),
    ("Pepperoni", "pizza2.png", 420_000, "Spicy treat"),
    ("Margarita", "pizza3.png", 420_000, "Essential classic"),
    ("Crusty", "pizza4.png", 280_000, "A dry mouthed favorite"),
    ("Charred Leopard", "pizza5.png", 990_000, "For those with a darker side"),
];
const ACCOUNTS: [(&str, &str, &str, Role); 3] = [
    ("常用名字", "a@jwt.com", "admin", Role::Admin),
    ("pizza diner", "d@jwt.com", "diner", Role::Diner),
    ("pizza franchisee", "f@jwt.com", "franchisee", Role::Diner),
];

/// The accounts with their passwords hashed as the service hashes them: once for all tests of this process.
pub(crate) async fn accounts() -> &'static [NewUser] {
    static HASHED: OnceCell<Vec<NewUser>> = OnceCell::const_new();
    HASHED.get_or_init(hashed).await
}

async fn hashed() -> Vec<NewUser> {
    let folder = TempDir::new().expect("a temporary folder");
    let mut config = Config::default();
    config.database.path = folder.path().join("pizza.db");
    config.auth.password_policy = PasswordPolicy::Historic;
    let service = Service::open(config).await.expect("the service opens");
    let mut accounts = Vec::new();
    for (name, email, password, role) in ACCOUNTS {
        let (name, address) =
            (Name::parse(name).expect("a name"), EmailAddress::parse(email).expect("an address"));
        let created = service.create_user(name.clone(), address.clone(), password.into(), vec![role]).await;
        created.expect("a new account");
        let kept = service.store().credentials(email).await.expect("the store answers");
        let password_hash = kept[0].password_hash.clone();
        accounts.push(NewUser { name, email: address, password_hash, roles: vec![role] });
    }
    accounts
}

/// Puts in what is missing; after a restart that is nothing.
pub(crate) async fn seed(store: &dyn Store, accounts: &[NewUser]) {
    for account in accounts {
        store.create_user(account.clone()).await.expect("the store answers");
    }
    if store.menu().await.expect("the store answers").0.is_empty() {
        for (title, image, satoshi, description) in PIZZAS {
            let [title, image, description] = [title, image, description].map(str::to_owned);
            let item = NewMenuItem { title, image, price: Bitcoin::from_satoshi(satoshi), description };
            store.add_menu_item(item).await.expect("the store answers");
        }
    }
    let admins = vec![EmailAddress::parse("f@jwt.com").expect("an address")];
    let franchise = NewFranchise { name: "pizzaPocket".to_owned(), admins };
    if let FranchiseCreation::Created { id, .. } =
        store.create_franchise(franchise).await.expect("the store answers")
    {
        store.create_store(id, "SLC").await.expect("the store answers");
    }
}
