//! A peer: a process of one test, which tells what it sees as lines of JSON and takes its orders in the same way.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

/// Where the modules of npm are; `cargo xtask test` sets it.
const NODE_MODULES: &str = "TALLYSTICK_TEST_NODE_MODULES";

/// A Python that has aiosmtpd; `cargo xtask test` sets it.
const PYTHON: &str = "TALLYSTICK_TEST_PYTHON";

/// A Python that has standardwebhooks; `cargo xtask test` sets it.
const WEBHOOKS_PYTHON: &str = "TALLYSTICK_TEST_WEBHOOKS_PYTHON";

/// Where openid-client of npm is; `cargo xtask test` sets it.
const OAUTH_NODE_MODULES: &str = "TALLYSTICK_TEST_OAUTH_NODE_MODULES";

/// A Python that has Authlib; `cargo xtask test` sets it.
const OAUTH_PYTHON: &str = "TALLYSTICK_TEST_OAUTH_PYTHON";

/// The longest that anything in a test may take.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A peer of one test. Ended, by its id, when it is dropped.
pub struct Peer {
    _child: Child,
    orders: ChildStdin,
    lines: Lines<BufReader<ChildStdout>>,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
}

impl Peer {
    /// An SMSC.
    ///
    /// # Panics
    /// When the peer is not there, or tells nothing in time.
    pub async fn smsc(options: Value) -> Peer {
        let mut command = Command::new("node");
        command.env("NODE_PATH", variable(NODE_MODULES)).arg(script("smsc.js")).arg(options.to_string());
        Self::start(command).await
    }

    /// A mail server.
    ///
    /// # Panics
    /// When the peer is not there, or tells nothing in time.
    pub async fn mail_server(options: Value) -> Peer {
        let mut command = Command::new(variable(PYTHON));
        command.arg("-u").arg(script("mail_server.py")).arg(options.to_string());
        Self::start(command).await
    }

    /// A receiver of webhooks.
    ///
    /// # Panics
    /// When the peer is not there, or tells nothing in time.
    pub async fn webhook_receiver() -> Peer {
        let mut command = Command::new(variable(WEBHOOKS_PYTHON));
        command.arg("-u").arg(script("webhook_receiver.py"));
        Self::start(command).await
    }

    /// What a client of the token endpoint over Authlib tells, from its beginning to its end.
    ///
    /// # Panics
    /// When it is not there, or fails, or does not end in time.
    pub async fn authlib_client(options: Value) -> Vec<Value> {
        let mut command = Command::new(variable(OAUTH_PYTHON));
        command.arg("-u").arg(script("oauth_client.py")).arg(options.to_string());
        Self::run(command).await
    }

    /// What a client of the token endpoint over openid-client tells, from its beginning to its end.
    ///
    /// # Panics
    /// When it is not there, or fails, or does not end in time.
    pub async fn openid_client(options: Value) -> Vec<Value> {
        let mut command = Command::new("node");
        command.env("NODE_PATH", variable(OAUTH_NODE_MODULES)).arg(script("oauth_client.js")).arg(options.to_string());
        Self::run(command).await
    }

    async fn run(mut command: Command) -> Vec<Value> {
        command.stdin(Stdio::null()).kill_on_drop(true);
        let output = timeout(PATIENCE, command.output()).await.expect("the peer did not end in time");
        let output = output.unwrap_or_else(|error| panic!("{command:?}: {error}; run `cargo xtask test`"));
        let (told, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "the peer failed: {said}{told}");
        told.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{line}: {error}"))).collect()
    }

    async fn start(mut command: Command) -> Peer {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}; run `cargo xtask test`"));
        let lines = BufReader::new(child.stdout.take().expect("it was asked for")).lines();
        let mut peer = Peer { orders: child.stdin.take().expect("it was asked for"), lines, _child: child, port: 0 };
        peer.port = u16::try_from(peer.event("listening").await["port"].as_u64().expect("a number")).expect("a port");
        peer
    }

    /// The next event of this name; others before it are left aside.
    ///
    /// # Panics
    /// When the peer is not there, or tells nothing in time.
    pub async fn event(&mut self, name: &str) -> Value {
        loop {
            let event = self.next().await.unwrap_or_else(|| panic!("the peer ended while `{name}` was awaited"));
            if event["event"] == name {
                return event;
            }
        }
    }

    /// The next event, whatever it is; `None` when the peer has ended.
    ///
    /// # Panics
    /// When the peer is not there, or tells nothing in time.
    pub async fn next(&mut self) -> Option<Value> {
        let line = timeout(PATIENCE, self.lines.next_line()).await.expect("the peer told nothing in time");
        line.expect("the peer can be read")
            .map(|line| serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}")))
    }

    /// The events of this name up to the next one of the name `until`.
    ///
    /// # Panics
    /// When the peer is not there, or tells nothing in time.
    pub async fn events_until(&mut self, name: &str, until: &str) -> Vec<Value> {
        let mut events = Vec::new();
        loop {
            let event = self.next().await.expect("the peer ended");
            if event["event"] == until {
                return events;
            }
            if event["event"] == name {
                events.push(event);
            }
        }
    }

    /// Orders something, and goes on when the peer has done it; the events before that are left aside.
    ///
    /// # Panics
    /// When the peer is not there, or tells nothing in time.
    pub async fn order(&mut self, what: &str, more: Value) {
        self.ask(what, more).await;
        self.event("done").await;
    }

    /// Orders something; the event `done` is still to come.
    ///
    /// # Panics
    /// When the peer is not there, or tells nothing in time.
    pub async fn ask(&mut self, what: &str, more: Value) {
        let mut order = json!({ "do": what });
        order
            .as_object_mut()
            .expect("it is one")
            .extend(more.as_object().expect("what is ordered is an object").clone());
        self.orders.write_all(format!("{order}\n").as_bytes()).await.expect("the peer takes orders");
        self.orders.flush().await.expect("the peer takes orders");
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers").join(name)
}

pub(crate) fn variable(name: &str) -> OsString {
    std::env::var_os(name)
        .unwrap_or_else(|| panic!("{name} is not set: run `cargo xtask test`, which installs the peers"))
}
