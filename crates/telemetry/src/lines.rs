//! Log lines on their way out: gathered for a moment and written together, on a thread of their own. A system call
//! and a woken thread for each line would cost a request more than its answer does, and a slow reader of stdout
//! must not hold one up.

use std::{
    io::{self, Write},
    mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};
use tracing_subscriber::fmt::MakeWriter;

/// What waits for a slow reader, in bytes; past that, lines are dropped rather than requests held up.
const MOST_WAITING: usize = 4 << 20;
/// How long lines are gathered before they are written.
const GATHER: Duration = Duration::from_millis(10);
/// A batch this large, in bytes, is written without waiting for more.
const LARGE: usize = 256 << 10;

/// Takes lines, whole ones, from any thread. Never blocks on the reader.
#[derive(Clone)]
pub(crate) struct Lines(Arc<Shared>);

/// Writes what is left when it is dropped.
pub(crate) struct LinesGuard {
    lines: Lines,
    thread: Option<JoinHandle<()>>,
}

impl Lines {
    /// Lines that go to `out`, until the guard is dropped.
    pub(crate) fn to(out: impl Write + Send + 'static) -> io::Result<(Self, LinesGuard)> {
        let lines = Self(Arc::default());
        let shared = Arc::clone(&lines.0);
        let thread = thread::Builder::new().name("log-lines".into()).spawn(move || shared.write_to(out))?;
        Ok((lines.clone(), LinesGuard { lines, thread: Some(thread) }))
    }
}

impl Drop for LinesGuard {
    fn drop(&mut self) {
        self.lines.0.lock().closed = true;
        self.lines.0.news.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic was reported by the panic hook already.
            let _ = thread.join();
        }
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(&self.0)
    }
}

/// One line, written at once.
pub(crate) struct Line<'a>(&'a Shared);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.add(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    news: Condvar,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    closed: bool,
}

impl Waiting {
    fn is_worth_writing(&self) -> bool {
        self.closed || self.bytes.len() >= LARGE
    }
}

impl Shared {
    fn add(&self, line: &[u8]) {
        let mut waiting = self.lock();
        if waiting.bytes.len() + line.len() > MOST_WAITING {
            return;
        }
        let (was_empty, was_small) = (waiting.bytes.is_empty(), !waiting.is_worth_writing());
        waiting.bytes.extend_from_slice(line);
        let news = was_empty || (was_small && waiting.is_worth_writing());
        drop(waiting);
        if news {
            self.news.notify_one();
        }
    }

    fn write_to(&self, mut out: impl Write) {
        let mut batch = Vec::new();
        while self.gather(&mut batch) {
            // Whoever reads our lines may be gone; that is no reason to stop serving.
            let _ = out.write_all(&batch).and_then(|()| out.flush());
            batch.clear();
            batch.shrink_to(LARGE);
        }
    }

    /// Waits for lines, and a moment for more; whether there are any. There are none once it is closed.
    fn gather(&self, batch: &mut Vec<u8>) -> bool {
        let idle = |waiting: &mut Waiting| waiting.bytes.is_empty() && !waiting.closed;
        let waiting = self.news.wait_while(self.lock(), idle).unwrap_or_else(PoisonError::into_inner);
        let small = |waiting: &mut Waiting| !waiting.is_worth_writing();
        let gathered = self.news.wait_timeout_while(waiting, GATHER, small);
        let (mut waiting, _) = gathered.unwrap_or_else(PoisonError::into_inner);
        mem::swap(&mut waiting.bytes, batch);
        !batch.is_empty()
    }

    /// Bytes are whole lines after any panic.
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// Tells what was written, one message for each write.
    struct Out(mpsc::Sender<Vec<u8>>);

    impl Write for Out {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// A reader that reads nothing until it is allowed to.
    struct Stuck(mpsc::Receiver<()>, Out);

    impl Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            // Once nobody can allow it any more, it reads on.
            let _ = self.0.recv();
            self.1.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn say(lines: &Lines, line: &str) {
        lines.make_writer().write_all(line.as_bytes()).unwrap();
    }

    #[test]
    fn lines_come_out_whole_and_in_order_and_none_is_left_behind() {
        let (sender, out) = mpsc::channel();
        let (lines, guard) = Lines::to(Out(sender)).unwrap();
        let said: String = (0..1000).map(|number| format!("line {number}\n")).collect();
        said.split_inclusive('\n').for_each(|line| say(&lines, line));
        drop(guard);
        let written: Vec<u8> = out.into_iter().flatten().collect();
        assert_eq!(String::from_utf8(written).unwrap(), said);
    }

    #[test]
    fn a_line_comes_out_without_another_one_behind_it() {
        let (sender, out) = mpsc::channel();
        let (lines, _guard) = Lines::to(Out(sender)).unwrap();
        for line in ["one\n", "two\n"] {
            say(&lines, line);
            assert_eq!(out.recv_timeout(Duration::from_secs(10)).unwrap(), line.as_bytes());
        }
    }

    #[test]
    fn a_reader_that_is_stuck_costs_lines_and_a_bounded_amount_of_memory() {
        let ((allow, allowed), (sender, out)) = (mpsc::channel(), mpsc::channel());
        let (lines, guard) = Lines::to(Stuck(allowed, Out(sender))).unwrap();
        let line = "x".repeat(1023) + "\n";
        for _ in 0..4 * MOST_WAITING / line.len() {
            say(&lines, &line);
        }
        drop(allow);
        drop(guard);
        let written: Vec<u8> = out.into_iter().flatten().collect();
        // What waits, and the batch that the reader has in its hands.
        assert!(written.len() >= MOST_WAITING && written.len() <= 2 * MOST_WAITING, "{}", written.len());
        assert!(written.chunks(line.len()).all(|whole| whole == line.as_bytes()));
    }
}
