//! The built program as processes of their own, on real ports.

use std::fmt;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, thread};

use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::watch;

/// How many lines of a process's standard error a failed test shows.
const SHOWN: usize = 40;

/// Bounds a test in time. What it holds is dropped while the thread panics, so that each [`Process`] in it shows what it logged.
///
/// # Panics
/// When the time is up.
pub async fn within<T>(seconds: u64, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    match tokio::time::timeout(Duration::from_secs(seconds), work.as_mut()).await {
        Ok(value) => value,
        Err(_) => panic!("not done within {seconds} s"),
    }
}

/// Asks every few milliseconds until the answer is yes. [`within`] bounds it.
pub async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let mut tick = tokio::time::interval(Duration::from_millis(10));
    while !is_so().await {
        tick.tick().await;
    }
}

/// The program over one database, in a working directory of its own, which goes with this value. Rate limits are off.
#[derive(Debug)]
pub struct Installation {
    program: PathBuf,
    directory: TempDir,
    variables: Vec<(String, String)>,
}

impl Installation {
    /// The built `program` over the database at `url`. Nothing is started yet.
    ///
    /// # Panics
    /// When the directory can't be made.
    #[must_use]
    pub fn new(program: &str, url: &str) -> Self {
        let variables = [
            ("TALLYSTICK_DATABASE", url),
            ("TALLYSTICK_LISTEN", "127.0.0.1:0"),
            ("TALLYSTICK_RATE_LIMIT", "off"),
            ("TALLYSTICK_FAILURE_RATE_LIMIT", "off"),
        ];
        Self {
            program: program.into(),
            directory: tempfile::tempdir().expect("a test needs a temporary directory"),
            variables: variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into(),
        }
    }

    /// Sets a variable for every process started from here on.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Leaves a variable out from here on.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// The working directory of its processes.
    #[must_use]
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Starts the program with these arguments.
    ///
    /// # Panics
    /// When it can't be run.
    #[must_use]
    pub fn start(&self, arguments: &[&str]) -> Process {
        let mut command = Command::new(&self.program);
        // What the person who runs the tests has set is not meant for them.
        for (name, _) in env::vars_os() {
            if name.to_string_lossy().starts_with("TALLYSTICK_") {
                command.env_remove(name);
            }
        }
        command.args(arguments).envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.current_dir(self.directory()).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{}: {error}", self.program.display()));
        let stdout = Capture::of(child.stdout.take().expect("it was asked for"));
        let stderr = Capture::of(child.stderr.take().expect("it was asked for"));
        Process { command: arguments.join(" "), child, stdout, stderr }
    }

    /// Runs a command to its end.
    pub async fn run(&self, arguments: &[&str]) -> Ended {
        self.start(arguments).ended().await
    }

    /// Starts `serve` with these further arguments, and waits until it says where it listens.
    ///
    /// # Panics
    /// When it ends instead.
    pub async fn serve(&self, arguments: &[&str]) -> Server {
        let process = self.start(&[&["serve"], arguments].concat());
        let Some((url, metrics)) = process.stdout.find(announced).await else {
            panic!("`{}` did not start: {}", process.command, process.stderr());
        };
        Server { process, url, metrics }
    }

    /// Adds a partner by the command line.
    ///
    /// # Panics
    /// When that fails.
    pub async fn partner(&self, code: &str) -> Partner {
        let added = self.run(&["partner", "add", "--code", code, "--name", "Quick Software Oy", "--json"]).await;
        let added = added.done().json();
        let text = |name: &str| added[name].as_str().unwrap_or_else(|| panic!("{name} is missing")).to_owned();
        Partner {
            code: text("partnerCode"),
            provisioning: text("provisioningToken"),
            provisioning_id: text("provisioningTokenId"),
            partner: text("partnerKey"),
        }
    }
}

/// A partner's keys in clear.
#[derive(Clone, Debug)]
pub struct Partner {
    /// Its code.
    pub code: String,
    /// Its provisioning token.
    pub provisioning: String,
    /// The identifier of that token.
    pub provisioning_id: String,
    /// Its partner key.
    pub partner: String,
}

/// Reads where a server listens, and where it serves metrics, from the line it prints or from the document of `--json`.
fn announced(stdout: &str) -> Option<(String, Option<String>)> {
    if let Some(line) = stdout.split_inclusive('\n').find_map(|line| line.strip_prefix("listening on ")) {
        return line.strip_suffix('\n').map(|url| (url.to_owned(), None));
    }
    let told: Value = serde_json::from_str(stdout).ok()?;
    Some((told["listening"].as_str()?.to_owned(), told["metrics"].as_str().map(str::to_owned)))
}

/// A server that answers requests.
#[derive(Debug)]
pub struct Server {
    /// Its process.
    pub process: Process,
    /// Where it listens: `http://127.0.0.1:PORT`.
    pub url: String,
    /// Where it serves metrics; told with `--json` only.
    pub metrics: Option<String>,
}

/// A process, which is killed when this is dropped.
#[derive(Debug)]
pub struct Process {
    command: String,
    child: Child,
    stdout: Capture,
    stderr: Capture,
}

impl Process {
    /// Sends it a signal, such as `TERM`.
    ///
    /// # Panics
    /// When it is not there.
    pub fn signal(&self, name: &str) {
        // To send one takes unsafe code, or the shell.
        let mut shell = Command::new("sh");
        shell.args(["-c", r#"kill -s "$1" "$2""#, "sh", name, &self.child.id().to_string()]);
        assert!(shell.status().is_ok_and(|status| status.success()), "`{}` is not there", self.command);
    }

    /// Kills it at once (SIGKILL): it can finish nothing.
    pub fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Waits until it ends by itself.
    ///
    /// # Panics
    /// When the system does not tell how it ended.
    pub async fn ended(mut self) -> Ended {
        // Both streams end with the process, so that the wait for it blocks for an instant only.
        self.stdout.end().await;
        self.stderr.end().await;
        let status = self.child.wait().expect("the system knows how it ended");
        Ended { command: self.command.clone(), code: status.code(), stdout: self.stdout.text(), stderr: self.stderr() }
    }

    /// What it has written on standard error.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// Waits until `text` stands on standard output, and gives all that stands there.
    ///
    /// # Panics
    /// When it ends without.
    pub async fn printed(&self, text: &str) -> String {
        let found = self.stdout.find(|all| all.contains(text).then(|| all.to_owned())).await;
        found.unwrap_or_else(|| panic!("`{}` ended and did not print `{text}`: {}", self.command, self.stdout.text()))
    }

    /// Waits until `text` stands on standard error.
    ///
    /// # Panics
    /// When it ends without.
    pub async fn logged(&self, text: &str) {
        let found = self.stderr.find(|all| all.contains(text).then_some(())).await;
        assert!(found.is_some(), "`{}` ended and did not log `{text}`: {}", self.command, self.stderr());
    }
}

impl Drop for Process {
    #[expect(clippy::print_stderr, reason = "whoever reads of a failed test wants to know what the program logged")]
    fn drop(&mut self) {
        self.kill();
        if thread::panicking() {
            let log = self.stderr();
            // Of requests that went well, and of details, there may be thousands.
            let is_telling = |line: &&str| ![" TRACE ", " DEBUG ", "status=200"].iter().any(|dull| line.contains(dull));
            let mut last: Vec<&str> = log.lines().rev().filter(is_telling).take(SHOWN).collect();
            last.reverse();
            eprintln!("--- the end of what `{}` logged:\n{}\n---", self.command, last.join("\n"));
        }
    }
}

/// A process that ended.
pub struct Ended {
    command: String,
    /// Its exit status; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it wrote on standard output.
    pub stdout: String,
    /// What it wrote on standard error.
    pub stderr: String,
}

impl fmt::Debug for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` ended with {:?}\n{}\n{}", self.command, self.code, self.stdout, self.stderr)
    }
}

impl Ended {
    /// Gives it on when it succeeded.
    ///
    /// # Panics
    /// When it failed.
    #[must_use]
    pub fn done(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:?}");
        self
    }

    /// Gives it on when it failed with exit status 1, printed nothing on standard output, and said each of these on standard error.
    ///
    /// # Panics
    /// When it did not.
    #[must_use]
    pub fn failed(self, said: &[&str]) -> Self {
        assert_eq!((self.code, self.stdout.as_str()), (Some(1), ""), "{self:?}");
        for text in said {
            assert!(self.stderr.contains(text), "`{text}` is missing: {self:?}");
        }
        self
    }

    /// What it printed, as the one JSON document that it is.
    ///
    /// # Panics
    /// When it is none, or more than one.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// What a process writes on one stream, read as it comes.
#[derive(Debug)]
struct Capture(watch::Receiver<Captured>);

#[derive(Debug, Default)]
struct Captured {
    text: String,
    has_ended: bool,
}

impl Capture {
    fn of(stream: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = watch::channel(Captured::default());
        thread::spawn(move || {
            let mut stream = BufReader::new(stream);
            let mut line = Vec::new();
            while matches!(stream.read_until(b'\n', &mut line), Ok(1..)) {
                sender.send_modify(|captured| captured.text += &String::from_utf8_lossy(&line));
                line.clear();
            }
            sender.send_modify(|captured| captured.has_ended = true);
        });
        Self(receiver)
    }

    fn text(&self) -> String {
        self.0.borrow().text.clone()
    }

    /// Looks at all that came each time that more came, until something is found; `None` when the stream ended without.
    async fn find<T>(&self, mut look: impl FnMut(&str) -> Option<T>) -> Option<T> {
        let mut found = None;
        let mut receiver = self.0.clone();
        let looked = receiver.wait_for(|captured| {
            found = look(&captured.text);
            found.is_some() || captured.has_ended
        });
        drop(looked.await);
        found
    }

    async fn end(&self) {
        drop(self.0.clone().wait_for(|captured| captured.has_ended).await);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A shell in the place of the program.
    fn shell() -> Installation {
        Installation::new("sh", "sqlite:unused.db")
    }

    #[tokio::test]
    async fn tells_how_a_process_ended_and_what_it_said() {
        let ended = within(10, shell().run(&["-c", "echo '{\"a\":1}'; echo why >&2; exit 1"])).await;
        assert_eq!((ended.code, ended.stderr.as_str()), (Some(1), "why\n"));
        assert_eq!(ended.json()["a"], 1);
    }

    #[tokio::test]
    async fn a_process_sees_its_own_variables_and_gets_signals() {
        let (shell, script) =
            (shell(), "trap 'exit 7' TERM; echo $TALLYSTICK_RATE_LIMIT; while :; do sleep 0.01; done");
        let process = shell.start(&["-c", script]);
        within(10, process.printed("off\n")).await;
        process.signal("TERM");
        assert_eq!(within(10, process.ended()).await.code, Some(7));
    }

    #[test]
    fn a_server_is_announced_by_a_line_or_a_document() {
        assert_eq!(announced("listening on http://a:1"), None, "the line may be cut");
        assert_eq!(announced("listening on http://a:1\n"), Some(("http://a:1".to_owned(), None)));
        let told = announced("{\"listening\": \"http://a:1\", \"metrics\": \"http://a:2/metrics\"}\n").unwrap();
        assert_eq!(told, ("http://a:1".to_owned(), Some("http://a:2/metrics".to_owned())));
        assert_eq!(announced("{\"listening\":"), None);
    }
}
