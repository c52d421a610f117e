//! Who hears of what is asked of a store.

use crate::StoreError;
use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

/// A verb that takes longer is worth a warning: it waited for a disk, a lock or a queue.
const SLOW: Duration = Duration::from_secs(1);

/// Hears of every verb that is asked of a store, once it has answered. A verb whose caller hung up is not heard of.
///
/// It is called on the thread of whoever asked, between the answer and them: it must be quick.
pub trait StoreObserver: Send + Sync + 'static {
    /// The verb's name, whether the store could do it, and how long the caller waited.
    fn verb(&self, verb: &'static str, ok: bool, took: Duration);
}

/// The observer of one store, if there is one.
#[derive(Clone, Default)]
pub(crate) struct Watch(Option<Arc<dyn StoreObserver>>);

impl Watch {
    pub(crate) fn by(observer: Arc<dyn StoreObserver>) -> Self {
        Self(Some(observer))
    }

    /// Does the work, and tells of it.
    pub(crate) async fn over<T>(
        &self,
        verb: &'static str,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        let Some(observer) = &self.0 else { return work.await };
        let start = Instant::now();
        let done = work.await;
        let took = start.elapsed();
        observer.verb(verb, done.is_ok(), took);
        if took >= SLOW {
            let duration_ms = took.as_secs_f64() * 1e3;
            tracing::warn!(target: "db", { "type" = "db", component = "store", verb, duration_ms }, "a slow answer");
        }
        done
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch").field("observed", &self.0.is_some()).finish()
    }
}

/// An implementation of a trait of verbs, each of which is told of under its name to the `watch` of the store.
macro_rules! observed {
    (impl $verbs:ident for $store:ident { $(
        async fn $verb:ident(&$this:ident $($arguments:tt)*) -> Result<$answer:ty, StoreError> { $($body:tt)* }
    )+ }) => {
        #[async_trait::async_trait]
        impl $verbs for $store { $(
            async fn $verb(&$this $($arguments)*) -> Result<$answer, StoreError> {
                $this.watch.over(stringify!($verb), async { $($body)* }).await
            }
        )+ }
    };
}

pub(crate) use observed;
