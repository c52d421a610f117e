//! The two channels of the writer as models: what tokio's promise, no more, out of loom's mutex. Tokio proves its own
//! with loom; here they are only what the writer's threads meet at.

/// A bounded queue: a sender waits for room, the receiver for something to take.
pub(crate) mod mpsc {
    use loom::sync::{Arc, Condvar, Mutex};
    use std::collections::VecDeque;
    use std::future::poll_fn;
    use std::task::{Poll, Waker};

    pub(crate) struct Sender<T>(Arc<Queue<T>>);
    pub(crate) struct Receiver<T>(Arc<Queue<T>>);

    struct Queue<T> {
        state: Mutex<State<T>>,
        arrived: Condvar,
    }

    struct State<T> {
        waiting: VecDeque<T>,
        room: usize,
        senders_wait: Vec<Waker>,
        sender_gone: bool,
        receiver_gone: bool,
    }

    pub(crate) fn channel<T>(room: usize) -> (Sender<T>, Receiver<T>) {
        let (waiting, senders_wait) = (VecDeque::new(), Vec::new());
        let state = State { waiting, room, senders_wait, sender_gone: false, receiver_gone: false };
        let queue = Arc::new(Queue { state: Mutex::new(state), arrived: Condvar::new() });
        (Sender(Arc::clone(&queue)), Receiver(queue))
    }

    impl<T> Sender<T> {
        /// Gives it back when nobody will receive it.
        pub(crate) async fn send(&self, item: T) -> Result<(), T> {
            let mut item = Some(item);
            poll_fn(|context| {
                let mut state = self.0.lock();
                if state.receiver_gone {
                    return Poll::Ready(item.take().map_or(Ok(()), Err));
                }
                if state.waiting.len() < state.room {
                    state.waiting.extend(item.take());
                    self.0.arrived.notify_one();
                    return Poll::Ready(Ok(()));
                }
                state.senders_wait.push(context.waker().clone());
                Poll::Pending
            })
            .await
        }
    }

    impl<T> Receiver<T> {
        /// Waits for something and takes what is there, up to `limit`; 0 when nothing can come any more.
        pub(crate) fn blocking_recv_many(&mut self, batch: &mut Vec<T>, limit: usize) -> usize {
            let mut state = self.0.lock();
            while state.waiting.is_empty() && !state.sender_gone {
                state = self.0.arrived.wait(state).expect("nobody panics with the lock");
            }
            let taken = state.waiting.len().min(limit);
            batch.extend(state.waiting.drain(..taken));
            let wakers = std::mem::take(&mut state.senders_wait);
            drop(state);
            wakers.into_iter().for_each(Waker::wake);
            taken
        }
    }

    impl<T> Queue<T> {
        fn lock(&self) -> loom::sync::MutexGuard<'_, State<T>> {
            self.state.lock().expect("nobody panics with the lock")
        }
    }

    impl<T> std::fmt::Debug for Sender<T> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("Sender")
        }
    }

    impl<T> Drop for Sender<T> {
        fn drop(&mut self) {
            self.0.lock().sender_gone = true;
            self.0.arrived.notify_one();
        }
    }

    impl<T> Drop for Receiver<T> {
        fn drop(&mut self) {
            let mut state = self.0.lock();
            state.receiver_gone = true;
            let (left, wakers) =
                (std::mem::take(&mut state.waiting), std::mem::take(&mut state.senders_wait));
            drop(state);
            drop(left);
            wakers.into_iter().for_each(Waker::wake);
        }
    }
}

/// One value, once.
pub(crate) mod oneshot {
    use loom::sync::{Arc, Mutex, MutexGuard};
    use std::future::Future;
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    pub(crate) struct Sender<T>(Arc<Mutex<State<T>>>);
    pub(crate) struct Receiver<T>(Arc<Mutex<State<T>>>);

    /// The sender went away without a value.
    pub(crate) struct Gone;

    struct State<T> {
        value: Option<T>,
        receiver_waits: Option<Waker>,
        sender_gone: bool,
        receiver_gone: bool,
    }

    pub(crate) fn channel<T>() -> (Sender<T>, Receiver<T>) {
        let state = State { value: None, receiver_waits: None, sender_gone: false, receiver_gone: false };
        let shared = Arc::new(Mutex::new(state));
        (Sender(Arc::clone(&shared)), Receiver(shared))
    }

    impl<T> Sender<T> {
        /// Gives it back when nobody will receive it.
        pub(crate) fn send(self, value: T) -> Result<(), T> {
            let mut state = lock(&self.0);
            if state.receiver_gone {
                return Err(value);
            }
            state.value = Some(value);
            Ok(())
        }
    }

    impl<T> Future for Receiver<T> {
        type Output = Result<T, Gone>;

        fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
            let mut state = lock(&self.0);
            match state.value.take() {
                Some(value) => Poll::Ready(Ok(value)),
                None if state.sender_gone => Poll::Ready(Err(Gone)),
                None => {
                    state.receiver_waits = Some(context.waker().clone());
                    Poll::Pending
                }
            }
        }
    }

    fn lock<T>(state: &Mutex<State<T>>) -> MutexGuard<'_, State<T>> {
        state.lock().expect("nobody panics with the lock")
    }

    impl<T> Drop for Sender<T> {
        fn drop(&mut self) {
            let mut state = lock(&self.0);
            state.sender_gone = true;
            let waker = state.receiver_waits.take();
            drop(state);
            waker.into_iter().for_each(Waker::wake);
        }
    }

    impl<T> Drop for Receiver<T> {
        fn drop(&mut self) {
            let mut state = lock(&self.0);
            state.receiver_gone = true;
            let unread = state.value.take();
            drop(state);
            drop(unread);
        }
    }
}
