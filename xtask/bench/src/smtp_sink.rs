//! The mail server that mails go to: Postfix's `smtp-sink` in a process of its own, one for each turn. It takes every mail and keeps none.

use std::fs;
use std::io::{BufRead as _, BufReader, Read};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use std::{env, thread};

use crate::fault::Fault;
use crate::mails::Held;
use crate::stopwatch::Stopwatch;

/// Where the tree of Postfix's package begins; `cargo xtask bench` sets it.
const POSTFIX: &str = "TALLYSTICK_TEST_POSTFIX";

/// The connections that may wait to be taken.
const BACKLOG: &str = "128";

/// The longest that it may take to listen, and to take another mail.
const PATIENCE: Duration = Duration::from_secs(120);

/// A mail server as a process. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Sink {
    process: Child,
    seen: Receiver<Seen>,
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
}

/// How many mails it had taken at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Seen {
    mails: u32,
    at: Duration,
}

impl Sink {
    /// Starts one on the port that was held for it, and waits until it listens.
    pub(crate) fn start(held: Held) -> Result<Self, Fault> {
        let root = PathBuf::from(
            env::var_os(POSTFIX)
                .ok_or_else(|| Fault::Usage(format!("{POSTFIX} is not set; start this by `cargo xtask bench`")))?,
        );
        let port = held.release();
        let mut command = Command::new(root.join("usr/sbin/smtp-sink"));
        // The package may be unpacked and not installed, so that its libraries are not where it looks for them.
        command.env("LD_LIBRARY_PATH", root.join("usr/lib/postfix"));
        if is_root().map_err(Fault::system("read /proc/self"))? {
            // It refuses to run as root.
            command.args(["-u", "nobody"]);
        }
        // -c counts on standard output.
        command.arg("-c").arg(format!("127.0.0.1:{port}")).arg(BACKLOG);
        let mut process = command.stdout(Stdio::piped()).spawn().map_err(Fault::system("run `smtp-sink`"))?;
        let output = process.stdout.take().expect("asked for above");
        let mut sink = Self { process, seen: listen(output), port };
        sink.wait_until_it_listens()?;
        Ok(sink)
    }

    fn wait_until_it_listens(&mut self) -> Result<(), Fault> {
        let watch = Stopwatch::start();
        while let Err(error) = TcpStream::connect(("127.0.0.1", self.port)) {
            let has_ended = self.process.try_wait().map_err(Fault::system("look after `smtp-sink`"))?.is_some();
            if has_ended || watch.elapsed() > PATIENCE {
                return Err(Fault::system("reach `smtp-sink`")(error));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Waits until it has taken so many mails, and gives how many a second, from the first to the last.
    pub(crate) fn taken(&self, mails: u32) -> Result<f64, Fault> {
        let mut first = None;
        loop {
            let seen = self.seen.recv_timeout(PATIENCE).map_err(|_| Fault::Load {
                what: format!("the mail server ended, or took no mail for {} s", PATIENCE.as_secs()),
            })?;
            let first = *first.get_or_insert(seen);
            if seen.mails >= mails {
                return Ok(rate(first, seen));
            }
        }
    }

    /// Ends it, and fails when it has taken other than so many mails by now.
    pub(crate) fn stop(mut self, mails: u32) -> Result<(), Fault> {
        drop(self.process.kill());
        self.process.wait().map_err(Fault::system("wait for the end of `smtp-sink`"))?;
        let mut last = mails;
        while let Ok(seen) = self.seen.recv() {
            last = seen.mails;
        }
        if last == mails {
            return Ok(());
        }
        Err(Fault::Load { what: format!("{mails} invoices were mailed {last} times") })
    }
}

/// Mails a second between two counts: the first mail starts the clock.
fn rate(first: Seen, last: Seen) -> f64 {
    f64::from(last.mails - first.mails) / (last.at.saturating_sub(first.at)).as_secs_f64()
}

/// Reads on in a thread of its own, so that it never waits for us, and tells of each count but that of none.
fn listen(output: impl Read + Send + 'static) -> Receiver<Seen> {
    let (sender, seen) = channel();
    let watch = Stopwatch::start();
    thread::spawn(move || {
        // Each count ends with a carriage return.
        for line in BufReader::new(output).split(b'\r').map_while(Result::ok) {
            if let Some(mails) = mails(&String::from_utf8_lossy(&line)).filter(|mails| *mails > 0)
                && sender.send(Seen { mails, at: watch.elapsed() }).is_err()
            {
                return;
            }
        }
    });
    seen
}

/// The mails in `sess=1 quit=0 mesg=12`.
fn mails(line: &str) -> Option<u32> {
    line.split_whitespace().find_map(|word| word.strip_prefix("mesg=")?.parse().ok())
}

/// Our own entry in /proc belongs to whom we run as.
fn is_root() -> std::io::Result<bool> {
    Ok(fs::metadata("/proc/self")?.uid() == 0)
}

impl Drop for Sink {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_counts_are_read() {
        let seen =
            listen(&b"sess=1   quit=0   mesg=0   \rsess=1   quit=0   mesg=1   \rsess=2   quit=1   mesg=2   \r"[..]);
        assert_eq!(seen.iter().map(|seen| seen.mails).collect::<Vec<_>>(), [1, 2]);
        assert_eq!(mails("sess=3"), None);
    }

    #[test]
    fn the_first_mail_starts_the_clock() {
        let seen = |mails, millis| Seen { mails, at: Duration::from_millis(millis) };
        assert!((rate(seen(1, 500), seen(1_001, 2_500)) - 500.0).abs() < 1e-9);
    }
}
