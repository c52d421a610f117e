//! Who wants to know when something happens to an order: diners who wait, and event streams.

use domain::OrderId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::watch;

/// Everybody who watches, by order. Only this instance's news arrives here; who must not miss another
/// instance's looks at the store from time to time.
#[derive(Clone, Default)]
pub(super) struct Watchers {
    orders: Arc<Mutex<HashMap<OrderId, watch::Sender<()>>>>,
}

/// Watches one order.
pub struct Watcher {
    order: OrderId,
    news: watch::Receiver<()>,
    watchers: Watchers,
}

impl Watchers {
    pub(super) fn watch(&self, order: OrderId) -> Watcher {
        let news = self.lock().entry(order).or_insert_with(|| watch::channel(()).0).subscribe();
        Watcher { order, news, watchers: self.clone() }
    }

    pub(super) fn tell(&self, order: OrderId) {
        if let Some(sender) = self.lock().get(&order) {
            sender.send_replace(());
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<OrderId, watch::Sender<()>>> {
        // A map of senders is whole after any panic.
        self.orders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watcher {
    /// Waits for news of the order, at most this long; whether there was any.
    pub async fn news_within(&mut self, patience: Duration) -> bool {
        tokio::time::timeout(patience, self.news.changed()).await.is_ok_and(|news| news.is_ok())
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut orders = self.watchers.lock();
        if orders.get(&self.order).is_some_and(|sender| sender.receiver_count() <= 1) {
            orders.remove(&self.order);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn news_reaches_the_order_s_watchers_and_nobody_else() {
        let watchers = Watchers::default();
        let [mut one, mut two] = [watchers.watch(OrderId(1)), watchers.watch(OrderId(2))];
        watchers.tell(OrderId(1));
        assert!(one.news_within(Duration::from_secs(5)).await);
        assert!(!two.news_within(Duration::from_millis(10)).await);
    }

    #[tokio::test]
    async fn nothing_is_kept_of_orders_that_nobody_watches() {
        let watchers = Watchers::default();
        let [one, again] = [watchers.watch(OrderId(1)), watchers.watch(OrderId(1))];
        drop(one);
        assert_eq!(watchers.lock().len(), 1);
        drop(again);
        assert_eq!(watchers.lock().len(), 0);
    }
}
