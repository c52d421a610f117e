//! What threads meet at, as loom has it.

// A method that takes `self: &Arc<Self>` must take the standard one; loom need not see it, for nothing waits for it.
pub(crate) use loom::sync::atomic::{AtomicU64, Ordering};
pub(crate) use loom::sync::{Arc, Mutex, MutexGuard};

pub(crate) use crate::channel::{mpsc, oneshot};

/// Threads with room for SQLite on their stacks, which loom makes small.
pub(crate) mod thread {
    pub(crate) use loom::thread::{JoinHandle, current};

    pub(crate) struct Builder(loom::thread::Builder);

    impl Builder {
        pub(crate) fn new() -> Self {
            Self(loom::thread::Builder::new().stack_size(crate::model::STACK))
        }

        pub(crate) fn name(self, name: String) -> Self {
            Self(self.0.name(name))
        }

        pub(crate) fn spawn<T: Send + 'static>(
            self,
            body: impl FnOnce() -> T + Send + 'static,
        ) -> std::io::Result<JoinHandle<T>> {
            self.0.spawn(body)
        }
    }
}
