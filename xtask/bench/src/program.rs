//! The program under test: its commands, and its server as a process.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

use crate::fault::Fault;
use crate::sample::Sample;
use crate::stopwatch::Stopwatch;

/// What stands in front of the address when a server is ready.
const READY: &str = "listening on ";

/// The `client_id` of the one merchant.
pub(crate) const MERCHANT: &str = "benchmerchant";

/// How often memory is read.
pub(crate) const LOOK: Duration = Duration::from_millis(100);

/// The built program, and the directory that it works in.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) path: PathBuf,
    pub(crate) directory: PathBuf,
}

/// A partner that was added.
#[derive(Clone, Debug)]
pub(crate) struct Partner {
    pub(crate) code: String,
    /// What it creates clients with.
    pub(crate) token: String,
    /// What it uses partner services with.
    pub(crate) key: String,
}

impl Program {
    /// A command of the program. Settings of whoever measures do not reach it: only those that the measure names.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.path);
        command.args(arguments).current_dir(&self.directory).stdin(Stdio::null());
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(|name| name.starts_with("TALLYSTICK_")) {
                command.env_remove(name);
            }
        }
        command
    }

    /// Runs a command to its end and gives the JSON document that it prints.
    pub(crate) fn json(&self, arguments: &[&str]) -> Result<serde_json::Value, Fault> {
        let name = format!("tallystick {}", arguments.iter().take(2).copied().collect::<Vec<_>>().join(" "));
        let output = self.command(arguments).arg("--json").output().map_err(Fault::system(format!("run `{name}`")))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(Fault::Program { program: name, said });
        }
        serde_json::from_slice(&output.stdout)
            .map_err(|error| Fault::Program { program: name, said: format!("its output is no JSON: {error}") })
    }

    /// Adds a partner; the database is made when there is none.
    pub(crate) fn add_partner(&self, database: &str, code: &str) -> Result<Partner, Fault> {
        let added =
            self.json(&["partner", "add", "--database", database, "--code", code, "--name", "Quick Software Oy"])?;
        let text = |name: &str| added.get(name).and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
        Ok(Partner { code: code.to_owned(), token: text("provisioningToken"), key: text("partnerKey") })
    }

    /// Adds the merchant [`MERCHANT`], and gives the form by which it asks for a token.
    pub(crate) fn add_merchant(&self, database: &str) -> Result<String, Fault> {
        let named = ["--client-id", MERCHANT, "--name", "Bench Merchant"];
        let added = self.json(&[&["merchant", "add", "--database", database], &named[..]].concat())?;
        let secret = added.get("clientSecret").and_then(serde_json::Value::as_str).unwrap_or_default();
        // Neither has a character that a form would write otherwise.
        Ok(format!("grant_type=client_credentials&client_id={MERCHANT}&client_secret={secret}"))
    }

    /// How many clients a partner has.
    pub(crate) fn clients(&self, database: &str, code: &str) -> Result<u64, Fault> {
        let partners = self.json(&["partner", "list", "--database", database])?;
        let items = partners.get("items").and_then(serde_json::Value::as_array).cloned().unwrap_or_default();
        let partner = items.iter().find(|partner| partner.get("partnerCode").is_some_and(|found| found == code));
        Ok(partner.and_then(|partner| partner.get("clients")?.as_u64()).unwrap_or(0))
    }

    /// Starts a server on `database`, with no rate limit and otherwise as it comes, but for `settings`: names and values of
    /// `TALLYSTICK_…` variables. Returns when it says that it is ready.
    pub(crate) fn serve(&self, database: &str, settings: &[(&str, &str)]) -> Result<Server, Fault> {
        let mut command = self.command(&["serve", "--listen", "127.0.0.1:0", "--database", database]);
        command.env("TALLYSTICK_RATE_LIMIT", "off").envs(settings.iter().copied());
        // Into a file, where a service manager would put it as well.
        let log = File::create(self.directory.join("server.log")).map_err(Fault::system("make server.log"))?;
        Server::start(command.stderr(log))
    }
}

/// A server as a process. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    url: String,
    ready_after: Duration,
}

/// Resident memory of a process in MiB, as the kernel tells it (proc(5)).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Memory {
    /// Now (`VmRSS`).
    pub(crate) resident: f64,
    /// At the highest since it started (`VmHWM`).
    pub(crate) peak: f64,
}

impl Server {
    /// Starts a command that prints `listening on URL` once it is ready.
    pub(crate) fn start(command: &mut Command) -> Result<Self, Fault> {
        let started = Stopwatch::start();
        let mut process = command.stdout(Stdio::piped()).spawn().map_err(Fault::system("start a server"))?;
        let output = process.stdout.take().expect("asked for above");
        let mut server = Self { process, url: String::new(), ready_after: Duration::ZERO };
        let mut lines = BufReader::new(output);
        let mut line = String::new();
        while lines.read_line(&mut line).map_err(Fault::system("read what a server says"))? > 0 {
            if let Some(url) = line.trim_end().strip_prefix(READY) {
                server.ready_after = started.elapsed();
                server.url = url.to_owned();
                // Read on, so that it never waits for us.
                thread::spawn(move || drop(lines.read_to_end(&mut Vec::new())));
                return Ok(server);
            }
            line.clear();
        }
        let said = format!("it ended before it said `{READY}…`; see server.log in the directory of the benchmark");
        Err(Fault::Program { program: "a server".to_owned(), said })
    }

    /// Its address: `http://127.0.0.1:8080`.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// From its start to the line that says it is ready.
    pub(crate) const fn ready_after(&self) -> Duration {
        self.ready_after
    }

    pub(crate) fn memory(&self) -> Result<Memory, Fault> {
        let path = format!("/proc/{}/status", self.process.id());
        let status = fs::read_to_string(&path).map_err(Fault::system(format!("read {path}")))?;
        Memory::parse(&status)
            .ok_or_else(|| Fault::Program { program: path, said: "it has no VmRSS and VmHWM".to_owned() })
    }

    /// What is resident at each look, in MiB, for so long.
    pub(crate) fn watch(&self, time: Duration) -> Result<Sample, Fault> {
        let watch = Stopwatch::start();
        let mut sample = Sample::default();
        loop {
            sample.add(self.memory()?.resident);
            if watch.elapsed() >= time {
                return Ok(sample);
            }
            thread::sleep(LOOK);
        }
    }

    /// Ends it in order, and waits for that.
    pub(crate) fn stop(mut self) -> Result<(), Fault> {
        // Sending a signal takes unsafe code, or the shell.
        let mut kill = Command::new("sh");
        kill.args(["-c", "kill -TERM \"$1\"", "sh", &self.process.id().to_string()]);
        kill.status().map_err(Fault::system("run `sh`"))?;
        let status = self.process.wait().map_err(Fault::system("wait for the end of a server"))?;
        if status.success() {
            return Ok(());
        }
        Err(Fault::Program { program: "a server".to_owned(), said: format!("at its shut-down: {status}") })
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Memory {
    fn parse(status: &str) -> Option<Self> {
        let mebibytes = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            let kibibytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
            Some(kibibytes / 1024.0)
        };
        Some(Self { resident: mebibytes("VmRSS")?, peak: mebibytes("VmHWM")? })
    }
}

/// The address of a SQLite file.
pub(crate) fn sqlite(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_the_kernel_writes_it() {
        let status = "Name:\tx\nVmHWM:\t   20480 kB\nVmRSS:\t   10240 kB\nRssAnon:\t 1 kB\n";
        assert_eq!(Memory::parse(status), Some(Memory { resident: 10.0, peak: 20.0 }));
        assert_eq!(Memory::parse("Name:\tx\n"), None);
    }

    #[test]
    fn a_server_that_is_ready_is_heard_and_ended() {
        let script = "trap 'exit 0' TERM; echo starting; echo listening on http://127.0.0.1:1; read word";
        let server = Server::start(Command::new("sh").args(["-c", script]).stdin(Stdio::piped())).unwrap();
        assert_eq!(server.url(), "http://127.0.0.1:1");
        assert!(server.memory().unwrap().peak > 0.0);
        server.stop().unwrap();
    }

    #[test]
    fn a_server_that_ends_first_is_a_fault() {
        assert!(matches!(Server::start(Command::new("sh").args(["-c", "echo no"])), Err(Fault::Program { .. })));
    }
}
