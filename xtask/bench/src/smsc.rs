//! The SMSC that messages go to: the npm module `smpp` in a process of its own, one for each turn.

use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde::Deserialize;

use crate::fault::Fault;

/// Where the modules of npm are; `cargo xtask bench` sets it.
const NODE_MODULES: &str = "TALLYSTICK_TEST_NODE_MODULES";

/// The longest that it may say nothing while a turn goes on.
const PATIENCE: Duration = Duration::from_secs(120);

/// An SMSC as a process. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Smsc {
    process: Child,
    orders: ChildStdin,
    events: Receiver<Event>,
    /// Where it listens, on 127.0.0.1.
    pub(crate) port: u16,
}

/// What an SMSC counted, on its own clock.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Served {
    /// Messages a second, from the first to the last.
    pub(crate) per_second: f64,
    /// The same, from the first message to the last receipt that was acknowledged.
    pub(crate) with_receipts: f64,
}

/// A line that it prints. Times in milliseconds.
#[derive(Clone, Debug, Deserialize)]
struct Event {
    event: String,
    at: f64,
    #[serde(default)]
    port: u16,
    #[serde(default)]
    submits: u32,
    #[serde(default)]
    why: String,
}

impl Smsc {
    pub(crate) fn start() -> Result<Self, Fault> {
        let modules = env::var_os(NODE_MODULES)
            .ok_or_else(|| Fault::Usage(format!("{NODE_MODULES} is not set; start this by `cargo xtask bench`")))?;
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/smsc.js");
        let mut command = Command::new("node");
        command.env("NODE_PATH", modules).arg(script).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().map_err(Fault::system("run `node`"))?;
        let output = process.stdout.take().expect("asked for above");
        let orders = process.stdin.take().expect("asked for above");
        let mut smsc = Self { process, orders, events: listen(output), port: 0 };
        smsc.port = smsc.event("listening")?.port;
        Ok(smsc)
    }

    /// Has it answer binds, and tell when so many messages have come.
    pub(crate) fn expect(&mut self, messages: u32) -> Result<(), Fault> {
        writeln!(self.orders, "{{\"expect\":{messages}}}").map_err(Fault::system("tell the SMSC what to expect"))
    }

    /// Waits until it has every one of `messages`, and the acknowledgements of all their receipts.
    pub(crate) fn served(&self, messages: u32) -> Result<Served, Fault> {
        let (first, last) = (self.event("first")?.at, self.event("last")?.at);
        let receipts = self.event("receipts")?;
        if receipts.submits != messages {
            return Err(Fault::Load { what: format!("{messages} messages were sent {} times", receipts.submits) });
        }
        Ok(Served { per_second: rate(messages, first, last), with_receipts: rate(messages, first, receipts.at) })
    }

    /// The next event of this name; those before it are left aside.
    fn event(&self, name: &str) -> Result<Event, Fault> {
        loop {
            let event = self.events.recv_timeout(PATIENCE).map_err(|_| Fault::Load {
                what: format!("the SMSC ended, or did not tell `{name}` within {} s", PATIENCE.as_secs()),
            })?;
            if event.event == "lost" {
                return Err(Fault::Load {
                    what: format!("the SMSC lost the connection before `{name}`: {}", event.why),
                });
            }
            if event.event == name {
                return Ok(event);
            }
        }
    }
}

/// Messages a second, when the first of them came at `from` and the end at `to`, in milliseconds: the first one starts the clock.
fn rate(messages: u32, from: f64, to: f64) -> f64 {
    f64::from(messages.saturating_sub(1)) / (to - from) * 1e3
}

/// Reads on in a thread of its own, so that it never waits for us. What is no event, such as a warning of Node's, is passed over.
fn listen(output: ChildStdout) -> Receiver<Event> {
    let (sender, events) = channel();
    thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            if let Ok(event) = serde_json::from_str(&line)
                && sender.send(event).is_err()
            {
                return;
            }
        }
    });
    events
}

impl Drop for Smsc {
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
    fn the_first_message_starts_the_clock() {
        assert!((rate(1_001, 500.0, 2_500.0) - 500.0).abs() < 1e-9);
    }

    #[test]
    fn what_the_script_prints_is_read() {
        let event: Event = serde_json::from_str(r#"{"event":"receipts","at":12.5,"submits":7}"#).unwrap();
        assert_eq!((event.event.as_str(), event.at, event.submits, event.port), ("receipts", 12.5, 7, 0));
    }
}
