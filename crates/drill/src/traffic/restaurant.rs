//! The service as its diners know it: an address, a menu, a store, and their accounts.

use anyhow::{Context, ensure};
use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Client;
use serde_json::{Value, json};
use std::{
    net::IpAddr,
    sync::{
        PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use url::{Host, Url};

/// How many accounts are opened at one time: hashing passwords is hard work for who is asked to.
const OPENED_AT_ONCE: usize = 4;

/// A host that is not this machine, and that nobody said is theirs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotOurs(pub String);

impl std::fmt::Display for NotOurs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} is not this machine; if it is yours to put under load, say so with --i-own-this-host",
            self.0
        )
    }
}

impl std::error::Error for NotOurs {}

/// An order service, and the diners that this program brings along.
pub struct Restaurant {
    pub(crate) http: Client,
    /// The addresses of its instances: at least one.
    bases: Vec<String>,
    /// Whose turn it is.
    turn: AtomicUsize,
    pub(crate) menu: Vec<i64>,
    items: Vec<Value>,
    /// The franchise and its store.
    pub(crate) store: (i64, i64),
    pub(crate) diners: Vec<Diner>,
}

/// Somebody with an account.
pub struct Diner {
    pub(crate) id: i64,
    pub(crate) email: String,
    pub(crate) password: String,
    token: RwLock<String>,
}

/// A client that goes straight where it is sent, whatever proxy the machine has.
pub(crate) fn client(patience: Duration) -> anyhow::Result<Client> {
    let builder = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    Ok(builder.timeout(patience).pool_max_idle_per_host(256).build()?)
}

impl Restaurant {
    /// Checks that the service may be visited.
    ///
    /// # Errors
    /// When its host is not the loopback and nobody owns it.
    pub fn allowed(target: &Url, owned: bool) -> Result<(), NotOurs> {
        let here = match target.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
            Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
            None => false,
        };
        if here || owned { Ok(()) } else { Err(NotOurs(target.host_str().unwrap_or("that").to_owned())) }
    }

    /// Reads the menu and the stores, and opens an account for each diner. Visits go to all addresses in turn.
    ///
    /// # Errors
    /// When the service cannot be reached, has nothing to sell, or opens no accounts.
    pub async fn open(targets: &[Url], diners: usize, patience: Duration) -> anyhow::Result<Self> {
        let http = client(patience)?;
        let bases: Vec<String> =
            targets.iter().map(|target| target.as_str().trim_end_matches('/').to_owned()).collect();
        let base = bases.first().context("there is no address to visit")?;
        let get = async |path: &str| -> anyhow::Result<Value> {
            let answer = http.get(format!("{base}{path}")).send().await;
            let answer = answer.with_context(|| format!("{base} does not answer"))?;
            ensure!(answer.status().is_success(), "GET {path} is answered with {}", answer.status());
            Ok(answer.json().await?)
        };
        let Value::Array(items) = get("/api/order/menu").await? else {
            anyhow::bail!("its menu is none");
        };
        let menu: Vec<i64> = items.iter().filter_map(|item| item["id"].as_i64()).collect();
        ensure!(!menu.is_empty(), "its menu is empty: there is nothing to order");
        let franchises = get("/api/franchise?page=0&limit=20&name=*").await?;
        let store = first_store(&franchises).context("it has no store to order at")?;
        let run = format!("{:08x}", fastrand::u32(..));
        let opened = stream::iter(0..diners).map(|number| register(&http, base, &run, number));
        let diners = opened.buffered(OPENED_AT_ONCE).try_collect().await?;
        Ok(Self { http, bases, turn: AtomicUsize::new(0), menu, items, store, diners })
    }

    /// A path at the instance whose turn it is.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.addresses()[0])
    }

    /// Every address once, as somebody tries them: each begins with another.
    pub(crate) fn addresses(&self) -> Vec<&str> {
        let first = self.turn.fetch_add(1, Ordering::Relaxed) % self.bases.len();
        let (later, sooner) = self.bases.split_at(first);
        sooner.iter().chain(later).map(String::as_str).collect()
    }

    /// An item as clients send it: the historic service believes title and price.
    pub(crate) fn item(&self, id: i64) -> Value {
        let item = self.items.iter().find(|item| item["id"] == id);
        item.map_or_else(
            || json!({ "menuId": id }),
            |item| json!({ "menuId": id, "description": item["title"], "price": item["price"] }),
        )
    }

    /// Takes an item off the diners' minds, and gives its number: nobody orders it by chance.
    pub(crate) fn reserve(&mut self, title: &str) -> Option<i64> {
        let id = self.items.iter().find(|item| item["title"] == title)?["id"].as_i64()?;
        self.menu.retain(|other| *other != id);
        Some(id)
    }
}

impl Diner {
    pub(crate) fn token(&self) -> String {
        self.token.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn take_token(&self, token: &str) {
        token.clone_into(&mut self.token.write().unwrap_or_else(PoisonError::into_inner));
    }
}

fn first_store(franchises: &Value) -> Option<(i64, i64)> {
    franchises["franchises"].as_array()?.iter().find_map(|franchise| {
        let store = franchise["stores"].as_array()?.first()?;
        Some((franchise["id"].as_i64()?, store["id"].as_i64()?))
    })
}

async fn register(http: &Client, base: &str, run: &str, number: usize) -> anyhow::Result<Diner> {
    let email = format!("diner-{number}-{run}@drill.example");
    let password = format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
    let person = json!({ "name": format!("Diner {number}"), "email": email, "password": password });
    let answer = http.post(format!("{base}/api/auth")).json(&person).send().await?;
    ensure!(answer.status().is_success(), "no account is opened: {}", answer.status());
    let body: Value = answer.json().await?;
    let token = body["token"].as_str().context("an account without a session")?.to_owned();
    let id = body["user"]["id"].as_i64().context("an account without a number")?;
    Ok(Diner { id, email, password, token: RwLock::new(token) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_this_machine_may_be_put_under_load_unless_somebody_owns_the_other() {
        let allowed = |url: &str, owned| Restaurant::allowed(&url.parse().unwrap(), owned).is_ok();
        for here in ["http://localhost:3000", "http://127.0.0.1", "http://127.9.9.9:1", "http://[::1]:3000"] {
            assert!(allowed(here, false), "{here}");
        }
        for elsewhere in
            ["http://10.0.0.1", "https://pizza.example", "http://localhost.example", "http://0.0.0.0"]
        {
            assert!(!allowed(elsewhere, false), "{elsewhere}");
            assert!(allowed(elsewhere, true), "{elsewhere}");
        }
    }
}
