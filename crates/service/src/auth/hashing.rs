//! The threads that hash passwords: as many as the machine has cores, always the same ones, and behind everything else.
//!
//! A hash takes 20 ms and 19 MiB, which each thread keeps; the runtime's blocking threads are hundreds. The threads take
//! what time others leave, because they could take all of it, and orders have the same cores. Their queue is short:
//! whoever would wait longer is told so at once.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
};
use tokio::sync::oneshot;

/// How many may wait for each thread: three seconds of work, and as much longer as others need the cores.
pub const WAITING: usize = 128;
/// Others get nine tenths of a core that both want. Further behind, logins would starve on a machine that is busy with
/// something else.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

type Job = Box<dyn FnOnce() + Send>;

/// Runs what takes long beside the async threads, a few at a time and in the order of their coming.
pub struct HashingThreads {
    jobs: mpsc::SyncSender<Job>,
}

/// Why work was not done.
#[derive(Debug, thiserror::Error)]
pub enum NotDone {
    /// Too many wait already.
    #[error("too many wait already")]
    Busy,
    /// A thread panicked; its work is lost, and so may be the thread.
    #[error("the work was given up")]
    GivenUp,
}

impl HashingThreads {
    /// Starts so many threads, for each of which so many jobs may wait. They end when this is dropped and the queue is
    /// done.
    ///
    /// # Errors
    /// When the operating system cannot start one.
    pub fn start(threads: usize, waiting: usize) -> io::Result<Self> {
        let (jobs, queue) = mpsc::sync_channel::<Job>(threads * waiting);
        let queue = Arc::new(Mutex::new(queue));
        for _ in 0..threads {
            let queue = Arc::clone(&queue);
            thread::Builder::new().name("hashing".into()).spawn(move || {
                step_back();
                // The lock is held while waiting, not while working.
                while let Ok(job) = next(&queue) {
                    // A panic is reported by the panic hook; whoever waits learns it from the channel.
                    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job));
                }
            })?;
        }
        Ok(Self { jobs })
    }

    /// Runs `work` when its turn comes, unless nobody waits for it any more.
    ///
    /// # Errors
    /// When too many wait already, or the work panics.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, NotDone> {
        let (answer, told) = oneshot::channel();
        let job = move || {
            if !answer.is_closed() {
                // Whoever hung up meanwhile does not want to know.
                let _ = answer.send(work());
            }
        };
        self.jobs.try_send(Box::new(job)).map_err(|error| match error {
            mpsc::TrySendError::Full(_) => NotDone::Busy,
            mpsc::TrySendError::Disconnected(_) => NotDone::GivenUp,
        })?;
        told.await.map_err(|_| NotDone::GivenUp)
    }
}

/// Lets every other thread go first. On Linux a thread has a niceness of its own; elsewhere it would be the process's.
fn step_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "the hashing threads are as important as all others");
    }
}

fn next(queue: &Mutex<mpsc::Receiver<Job>>) -> Result<Job, mpsc::RecvError> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{collections::HashSet, time::Duration};

    #[tokio::test]
    async fn the_same_few_threads_do_all_the_work_and_survive_a_panic() {
        let threads = HashingThreads::start(2, 8).unwrap();
        assert!(threads.run(|| panic!("on purpose")).await.is_err());
        let mut seen = HashSet::new();
        for _ in 0..20 {
            seen.insert(threads.run(|| thread::current().id()).await.unwrap());
        }
        assert!(seen.len() <= 2, "{seen:?}");
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_is_not_begun() {
        let threads = Arc::new(HashingThreads::start(1, 8).unwrap());
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

    #[tokio::test]
    async fn what_would_wait_too_long_is_refused_at_once() {
        let threads = Arc::new(HashingThreads::start(1, 2).unwrap());
        let (hold, held) = mpsc::channel::<()>();
        let (begin, begun) = mpsc::channel::<()>();
        let run = |work: Box<dyn FnOnce() + Send>| {
            let threads = Arc::clone(&threads);
            tokio::spawn(async move { threads.run(work).await })
        };
        let busy = run(Box::new(move || {
            begin.send(()).unwrap();
            held.recv().unwrap();
        }));
        tokio::task::yield_now().await;
        begun.recv().unwrap();
        let waiting = [run(Box::new(|| ())), run(Box::new(|| ()))];
        tokio::task::yield_now().await;
        assert!(matches!(threads.run(|| ()).await, Err(NotDone::Busy)));
        hold.send(()).unwrap();
        busy.await.unwrap().unwrap();
        for waiting in waiting {
            waiting.await.unwrap().unwrap();
        }
        threads.run(|| ()).await.unwrap();
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn the_threads_step_back_and_nobody_else_does() {
        let niceness = || rustix::process::getpriority_process(None).unwrap();
        let threads = HashingThreads::start(1, 1).unwrap();
        assert_eq!(threads.run(niceness).await.unwrap(), NICE);
        assert_ne!(niceness(), NICE);
    }
}
