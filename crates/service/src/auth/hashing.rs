//! The threads that hash passwords: as many as the machine has cores, and always the same ones.
//!
//! A hash takes 20 ms and 19 MiB, which each thread keeps; the runtime's blocking threads are hundreds.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};
use tokio::sync::oneshot;

type Job = Box<dyn FnOnce() + Send>;

/// Runs what takes long beside the async threads, a few at a time and in the order of their coming.
pub struct HashingThreads {
    jobs: mpsc::Sender<Job>,
}

/// A thread panicked; its work is lost, and so may be the thread.
#[derive(Debug, thiserror::Error)]
#[error("the work was given up")]
pub struct GivenUp;

impl HashingThreads {
    /// Starts so many threads. They end when this is dropped and the queue is done.
    ///
    /// # Errors
    /// When the operating system cannot start one.
    pub fn start(threads: usize) -> io::Result<Self> {
        let (jobs, waiting) = mpsc::channel::<Job>();
        let waiting = Arc::new(Mutex::new(waiting));
        for _ in 0..threads {
            let waiting = Arc::clone(&waiting);
            thread::Builder::new().name("hashing".into()).spawn(move || {
                // The lock is held while waiting, not while working.
                while let Ok(job) = next(&waiting) {
                    // A panic is reported by the panic hook; whoever waits learns it from the channel.
                    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
                }
            })?;
        }
        Ok(Self { jobs })
    }

    /// Runs `work` when its turn comes, unless nobody waits for it any more.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, GivenUp> {
        let (answer, told) = oneshot::channel();
        let job = move || {
            if !answer.is_closed() {
                // Whoever hung up meanwhile does not want to know.
                let _ = answer.send(work());
            }
        };
        self.jobs.send(Box::new(job)).map_err(|_| GivenUp)?;
        told.await.map_err(|_| GivenUp)
    }
}

fn next(waiting: &Mutex<mpsc::Receiver<Job>>) -> Result<Job, mpsc::RecvError> {
    waiting.lock().unwrap_or_else(PoisonError::into_inner).recv()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::HashSet, time::Duration};

    #[tokio::test]
    async fn the_same_few_threads_do_all_the_work_and_survive_a_panic() {
        let threads = HashingThreads::start(2).unwrap();
        assert!(threads.run(|| panic!("on purpose")).await.is_err());
        let mut seen = HashSet::new();
        for _ in 0..20 {
            seen.insert(threads.run(|| thread::current().id()).await.unwrap());
        }
        assert!(seen.len() <= 2, "{seen:?}");
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_not_begun() {
        let threads = Arc::new(HashingThreads::start(1).unwrap());
        let (hold, held) = mpsc::channel::<()>();
        let busy = {
            let threads = Arc::clone(&threads);
            tokio::spawn(async move { threads.run(move || held.recv()).await })
        };
        tokio::task::yield_now().await;
        let (begun, beginnings) = mpsc::channel();
        let hung_up = tokio::time::timeout(Duration::ZERO, threads.run(move || begun.send(())));
        assert!(hung_up.await.is_err());
        hold.send(()).unwrap();
        busy.await.unwrap().unwrap().unwrap();
        threads.run(|| ()).await.unwrap();
        assert!(beginnings.try_recv().is_err());
    }
}
