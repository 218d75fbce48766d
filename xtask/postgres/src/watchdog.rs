use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::Fault;

/// Reads the number of the running server, or an empty line when none runs, until its owner closes the pipe or is no more. Then
/// stops that server and removes the directory. The wait is bounded because an orphan that nobody reaps never disappears.
const SCRIPT: &str = r#"
server=
while read -r line; do server=$line; done
if [ -n "$server" ] && kill -QUIT "$server" 2>/dev/null; then
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
fi
rm -rf "$1"
"#;

/// A process that cleans up after its owner, however that ends.
#[derive(Debug)]
pub(crate) struct Watchdog(Child);

impl Watchdog {
    /// Watches over `directory`.
    pub(crate) fn start(directory: &Path) -> Result<Watchdog, Fault> {
        Command::new("sh")
            .args(["-c", SCRIPT, "sh"])
            .arg(directory)
            // A group of its own: Ctrl-C is for the owner.
            .process_group(0)
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .map(Watchdog)
            .map_err(Fault::system("run `sh`"))
    }

    /// Says which process is the server now.
    pub(crate) fn tell(&mut self, server: Option<u32>) -> Result<(), Fault> {
        let line = server.map_or_else(|| "\n".to_owned(), |pid| format!("{pid}\n"));
        let pipe = self.0.stdin.as_mut().expect("the pipe is closed by `finish` only");
        pipe.write_all(line.as_bytes()).map_err(Fault::system("tell the watchdog of the server"))
    }

    /// Lets it clean up now, and waits for that.
    pub(crate) fn finish(&mut self) {
        drop(self.0.stdin.take());
        // Nobody could mend a failure here; what is left is a temporary directory.
        drop(self.0.wait());
    }
}
