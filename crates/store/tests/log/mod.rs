//! What is logged, kept to be looked at.

use std::{
    io,
    sync::{Arc, Mutex},
};

#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    /// Hears everything from this level on, of the whole process: there can be one.
    pub fn of_the_process(level: tracing::Level) -> Self {
        let log = Self::default();
        let writer = log.clone();
        let everything = tracing_subscriber::fmt().with_ansi(false).with_max_level(level);
        everything.with_writer(move || writer.clone()).init();
        log
    }

    /// What was told since the last time.
    pub fn told(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

impl io::Write for Log {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
