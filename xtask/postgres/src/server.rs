use std::fs::{self, File, OpenOptions};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use crate::account::Account;
use crate::directory::Directory;
use crate::watchdog::Watchdog;
use crate::{Fault, Programs, port, signal};

/// How often, and how many times, the state of a server is looked at: for a minute.
const LOOK: Duration = Duration::from_millis(10);
const LOOKS: u32 = 6_000;

/// What a throwaway server does differently. Its files need not outlive the machine, so nothing waits for the disk; yet what it
/// has committed outlives the server itself, for the tests that kill it.
const SETTINGS: [&str; 6] = [
    "listen_addresses=127.0.0.1",
    "fsync=off",
    "full_page_writes=off",
    "max_connections=200",
    // Files in the cluster: a killed server leaves nothing in /dev/shm.
    "dynamic_shared_memory_type=mmap",
    "log_min_messages=warning",
];

/// A running PostgreSQL server of one's own, which ends with this value. Its only user is `postgres`, without a password.
#[derive(Debug)]
pub struct Server {
    programs: Programs,
    account: Account,
    directory: Directory,
    port: u16,
    process: Option<Child>,
    watchdog: Watchdog,
}

impl Server {
    /// Makes an empty database cluster and starts a server on it; returns when it takes connections.
    ///
    /// # Errors
    /// A [`Fault`] when PostgreSQL is not installed, or does not start.
    pub fn start() -> Result<Server, Fault> {
        let programs = Programs::find().ok_or(Fault::NoPrograms)?;
        let port = port::free()?;
        let directory = Directory::create().map_err(Fault::system("make a temporary directory"))?;
        let watchdog = Watchdog::start(directory.path())?;
        let account = Account::choose(directory.path())?;
        let mut server = Server { programs, account, directory, port, process: None, watchdog };
        server.account.own(server.directory.path())?;
        server.make_cluster()?;
        server.start_again()?;
        Ok(server)
    }

    /// The address of the database `postgres`.
    pub fn url(&self) -> String {
        self.url_of("postgres")
    }

    /// The address of a database of this server.
    pub fn url_of(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Where its files are.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Kills the server with all its processes, as a lost machine would: connections end without a word. What was committed
    /// stays. Does nothing when it is stopped. A server that is dropped like this leaves 56 bytes of shared memory in the system,
    /// which starting it again would give back.
    ///
    /// # Errors
    /// A [`Fault`] when the processes cannot be killed.
    pub fn stop_at_once(&mut self) -> Result<(), Fault> {
        let Some(mut process) = self.process.take() else { return Ok(()) };
        let children = signal::kill_all(process.id())?;
        process.wait().map_err(Fault::system("wait for the end of the server"))?;
        self.watchdog.tell(None)?;
        // The next start refuses while one of them holds the shared memory.
        look_until(|| children.iter().all(|child| signal::is_gone(*child)));
        Ok(())
    }

    /// Starts a stopped server on the same port and files; returns when it takes connections. Does nothing when it runs.
    ///
    /// # Errors
    /// A [`Fault`] when it does not start.
    pub fn start_again(&mut self) -> Result<(), Fault> {
        if self.process.is_some() {
            return Ok(());
        }
        let mut command = self.command("postgres")?;
        command.arg("-D").arg(self.directory.data()).arg("-p").arg(self.port.to_string());
        command.arg("-k").arg(self.directory.path());
        for setting in SETTINGS {
            command.args(["-c", setting]);
        }
        // A group of its own: Ctrl-C is for the owner.
        let mut process = command.process_group(0).spawn().map_err(Fault::system("run `postgres`"))?;
        let pid = process.id();
        self.watchdog.tell(Some(pid))?;
        let mut ended = false;
        let ready = look_until(|| {
            ended = !matches!(process.try_wait(), Ok(None));
            ended || self.is_ready(pid)
        });
        if ended {
            self.watchdog.tell(None)?;
            return Err(Fault::Ended { program: "postgres", log: self.log() });
        }
        // Kept in either case, so that dropping this ends it.
        self.process = Some(process);
        if ready { Ok(()) } else { Err(Fault::NotReady { log: self.log() }) }
    }

    fn make_cluster(&self) -> Result<(), Fault> {
        let status = self
            .command("initdb")?
            .arg("-D")
            .arg(self.directory.data())
            .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
            .status()
            .map_err(Fault::system("run `initdb`"))?;
        if status.success() { Ok(()) } else { Err(Fault::Ended { program: "initdb", log: self.log() }) }
    }

    /// A program of PostgreSQL, which prints into the log.
    fn command(&self, program: &str) -> Result<Command, Fault> {
        let log = open_log(&self.directory).map_err(Fault::system("open the log"))?;
        let copy = log.try_clone().map_err(Fault::system("open the log"))?;
        let mut command = self.account.command(&self.programs.path(program));
        // Ours may be one that the account must not enter.
        command.current_dir(self.directory.path()).stdin(Stdio::null()).stdout(log).stderr(copy);
        Ok(command)
    }

    /// Whether the server `pid` takes connections: it writes that into the last line of its lock file, as `pg_ctl` reads it.
    fn is_ready(&self, pid: u32) -> bool {
        fs::read_to_string(self.directory.data().join("postmaster.pid")).is_ok_and(|text| lock_says_ready(&text, pid))
    }

    fn log(&self) -> String {
        fs::read_to_string(self.directory.log()).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // An orderly end gives its shared memory back. Failing that, the watchdog tries once more.
            if signal::immediate_shutdown(process.id()).is_ok() && process.wait().is_ok() {
                drop(self.watchdog.tell(None));
            }
        }
        self.watchdog.finish();
    }
}

fn open_log(directory: &Directory) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).open(directory.log())
}

/// The first line of `postmaster.pid` is the server's number, the eighth its state. A killed server leaves an old file.
fn lock_says_ready(text: &str, pid: u32) -> bool {
    let mut lines = text.lines();
    lines.next().is_some_and(|line| line.trim() == pid.to_string())
        && lines.nth(6).is_some_and(|line| line.trim() == "ready")
}

/// Looks again and again, a minute at most, until `done`; answers whether it came to that.
fn look_until(mut done: impl FnMut() -> bool) -> bool {
    for _ in 0..LOOKS {
        if done() {
            return true;
        }
        thread::sleep(LOOK);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_of_another_server_says_nothing() {
        let lock = "77\n/data\n1700000000\n21000\n/socket\n127.0.0.1\n  5 6\nready   \n";
        assert!(lock_says_ready(lock, 77));
        assert!(!lock_says_ready(lock, 78));
        assert!(!lock_says_ready(&lock.replace("ready", "starting"), 77));
        assert!(!lock_says_ready("77\n/data\n", 77));
        assert!(!lock_says_ready("", 77));
    }
}
