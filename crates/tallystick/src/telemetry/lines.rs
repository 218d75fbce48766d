//! Log lines on their way to standard error.
//!
//! A thread writes what has gathered, some hundred times a second at most: a write of each line by itself costs a busy server a tenth of its
//! throughput. What has gathered is bounded: whoever logs more waits. A process that is killed loses the lines of the last two
//! milliseconds; one that ends writes them first, see [`flush`].

use std::io::{self, Write};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing_subscriber::fmt::MakeWriter;

/// How long lines gather.
const GATHER: Duration = Duration::from_millis(2);
/// The most bytes that wait. A line is never cut: the last one may go beyond.
const MOST: usize = 1 << 20;

/// The lines of this process.
static LINES: Lines = Lines { waiting: Mutex::new(Waiting::new()), filled: Condvar::new(), emptied: Condvar::new() };

struct Waiting {
    bytes: Vec<u8>,
    /// The thread is there.
    has_writer: bool,
    /// The thread is writing what it has taken.
    is_writing: bool,
}

impl Waiting {
    const fn new() -> Self {
        Self { bytes: Vec::new(), has_writer: false, is_writing: false }
    }
}

struct Lines {
    waiting: Mutex<Waiting>,
    filled: Condvar,
    emptied: Condvar,
}

impl Lines {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        // Whoever panicked while it held this has at worst written half a line.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, line: &[u8]) {
        let mut waiting = self.lock();
        while waiting.has_writer && waiting.bytes.len() >= MOST {
            waiting = self.emptied.wait(waiting).unwrap_or_else(PoisonError::into_inner);
        }
        if waiting.bytes.is_empty() {
            self.filled.notify_one();
        }
        waiting.bytes.extend_from_slice(line);
    }

    /// Writes whatever comes, for ever.
    fn write_to(&self, out: &mut impl Write) {
        let mut taken = Vec::new();
        loop {
            let waiting = self.filled.wait_while(self.lock(), |waiting| waiting.bytes.is_empty());
            drop(waiting.unwrap_or_else(PoisonError::into_inner));
            thread::sleep(GATHER);
            {
                let mut waiting = self.lock();
                std::mem::swap(&mut waiting.bytes, &mut taken);
                waiting.is_writing = true;
            }
            // Nobody is left to tell when standard error is gone.
            drop(out.write_all(&taken));
            taken.clear();
            self.lock().is_writing = false;
            self.emptied.notify_all();
        }
    }

    fn flush(&self) {
        let waiting = self
            .emptied
            .wait_while(self.lock(), |waiting| waiting.has_writer && (waiting.is_writing || !waiting.bytes.is_empty()));
        drop(waiting);
    }
}

/// Takes the lines of the log.
#[derive(Clone, Copy, Debug)]
pub(super) struct ToStandardError;

impl ToStandardError {
    /// Starts the thread that writes.
    ///
    /// # Errors
    /// When there can be no further thread.
    pub(super) fn start() -> io::Result<Self> {
        let is_new = !std::mem::replace(&mut LINES.lock().has_writer, true);
        if is_new {
            let started = thread::Builder::new().name("log".to_owned()).spawn(|| LINES.write_to(&mut io::stderr()));
            if let Err(error) = started {
                LINES.lock().has_writer = false;
                return Err(error);
            }
        }
        Ok(Self)
    }
}

impl Write for ToStandardError {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        LINES.add(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for ToStandardError {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        Self
    }
}

/// Returns once every line so far is written.
pub fn flush() {
    LINES.flush();
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// What was written, and in how many pieces.
    #[derive(Clone, Default)]
    struct Paper(Arc<Mutex<(Vec<u8>, usize)>>);

    impl Write for Paper {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let mut paper = self.0.lock().unwrap();
            paper.0.extend_from_slice(bytes);
            paper.1 += 1;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_written_whole_and_many_at_once() {
        let waiting = Waiting { has_writer: true, ..Waiting::new() };
        let lines: &'static Lines = Box::leak(Box::new(Lines {
            waiting: Mutex::new(waiting),
            filled: Condvar::new(),
            emptied: Condvar::new(),
        }));
        let paper = Paper::default();
        let mut out = paper.clone();
        thread::spawn(move || lines.write_to(&mut out));
        let long = "x".repeat(1000);
        thread::scope(|scope| {
            for number in 0..4 {
                let long = &long;
                scope.spawn(move || {
                    for _ in 0..1000 {
                        lines.add(format!("{number} {long}\n").as_bytes());
                    }
                });
            }
        });
        lines.flush();
        let (text, pieces) = paper.0.lock().unwrap().clone();
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text.lines().count(), 4000);
        assert!(text.lines().all(|line| line.len() == 1002 && line.ends_with(&long)), "a line is broken");
        assert!(pieces < 2000, "{pieces} pieces");
    }
}
