//! What diners wanted and what they were told, kept outside of the service that is to be proved.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Instant,
};
use tokio::sync::watch;

/// An order that somebody wants, known by its idempotency key.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub key: String,
    /// By their place among the diners.
    pub diner: usize,
    pub pizza: i64,
    /// Every acknowledgement: of a request that is sent again there may be several.
    pub acknowledged: Vec<Acknowledged>,
}

/// An answer by which the service took responsibility for an order.
#[derive(Clone, Debug)]
pub(crate) struct Acknowledged {
    pub order: i64,
    /// The pizza, if it was in the answer.
    pub jwt: Option<String>,
}

/// The book that every diner writes into.
pub(crate) struct Ledger {
    pages: Mutex<Pages>,
    /// When the request was sent, and when it was answered, of the acknowledged one that was sent last.
    news: watch::Sender<Option<(Instant, Instant)>>,
}

#[derive(Clone, Default)]
pub(crate) struct Pages {
    pub wishes: Vec<Wish>,
    pub sent: u64,
    /// Requests whose connection broke, or that were not answered in time.
    pub broken: u64,
    /// Refusals that promise nothing (503).
    pub refused: u64,
    /// What nobody expects, with how often it was said.
    pub odd: BTreeMap<String, u64>,
}

impl Ledger {
    pub fn new() -> Self {
        Self { pages: Mutex::default(), news: watch::Sender::new(None) }
    }

    /// Writes down who wants what, and answers its number.
    pub fn wish(&self, key: String, diner: usize, pizza: i64) -> usize {
        let mut pages = self.pages();
        pages.wishes.push(Wish { key, diner, pizza, acknowledged: Vec::new() });
        pages.wishes.len() - 1
    }

    pub fn wanted(&self, wish: usize) -> Wish {
        self.pages().wishes[wish].clone()
    }

    pub fn sends(&self) {
        self.pages().sent += 1;
    }

    pub fn acknowledged(&self, wish: usize, acknowledged: Acknowledged, sent: Instant) {
        self.pages().wishes[wish].acknowledged.push(acknowledged);
        self.news.send_if_modified(|latest| {
            let newer = latest.is_none_or(|(latest, _)| latest < sent);
            if newer {
                *latest = Some((sent, Instant::now()));
            }
            newer
        });
    }

    pub fn broken(&self) {
        self.pages().broken += 1;
    }

    pub fn refused(&self) {
        self.pages().refused += 1;
    }

    pub fn odd(&self, said: String) {
        *self.pages().odd.entry(said).or_default() += 1;
    }

    /// Waits until an order is acknowledged that was sent after this, and answers when it was.
    pub async fn next_acknowledgement(&self, after: Instant) -> Instant {
        let mut news = self.news.subscribe();
        let newer = |latest: &Option<(Instant, Instant)>| latest.is_some_and(|(sent, _)| sent > after);
        match news.wait_for(newer).await {
            Ok(latest) => latest.map_or(after, |(_, answered)| answered),
            // The sender is ours.
            Err(_) => std::future::pending().await,
        }
    }

    /// When the last acknowledged request was answered.
    pub fn last_acknowledgement(&self) -> Option<Instant> {
        self.news.borrow().map(|(_, answered)| answered)
    }

    pub fn pages(&self) -> MutexGuard<'_, Pages> {
        // A book is as good after a panic as before.
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    pub fn acknowledged(&self) -> usize {
        self.wishes.iter().filter(|wish| !wish.acknowledged.is_empty()).count()
    }
}
