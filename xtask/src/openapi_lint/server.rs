use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::{io, thread};

use crate::fault::Fault;
use crate::process;

/// How the program is started: everything, with sample data, in a database that goes with it, on a free port.
const ARGUMENTS: [&str; 3] = ["demo", "--listen", "127.0.0.1:0"];
/// What stands in front of its address when it is ready.
const ADDRESS: &str = "listening on ";
/// What stands in front of the key that may create clients, and so reaches every operation.
const KEY: &str = "provisioning token  ";

/// The program, started for the tools, which ends with this value.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    said: Said,
}

/// What the program has said of itself.
#[derive(Debug, Default, Eq, PartialEq)]
struct Said {
    url: Option<String>,
    key: Option<String>,
}

/// Builds the program and answers where it is.
pub(crate) fn build() -> Result<PathBuf, Fault> {
    process::run(process::cargo().args(["build", "--package", "tallystick"]))?;
    Ok(process::target().join("debug/tallystick"))
}

impl Server {
    /// Starts the program; returns when it has said its address and a key.
    pub(crate) fn start(program: &Path) -> Result<Server, Fault> {
        let mut process = Command::new(program)
            .args(ARGUMENTS)
            // The tester asks more often than a partner may.
            .env("TALLYSTICK_RATE_LIMIT", "off")
            .env("TALLYSTICK_FAILURE_RATE_LIMIT", "off")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| Fault::Failed(format!("could not run {}: {error}", program.display())))?;
        let output = process.stdout.take().expect("asked for above");
        let mut server = Server { process, said: Said::default() };
        let mut lines = BufReader::new(output);
        server.said = Said::listen(&mut lines)
            .map_err(|error| Fault::Failed(format!("could not read from {}: {error}", program.display())))?;
        if server.said.url.is_none() {
            return Err(Fault::Failed(format!("{} ended before it said `{ADDRESS}...`", program.display())));
        }
        swallow(lines);
        Ok(server)
    }

    /// Its address, `http://HOST:PORT`.
    pub(crate) fn url(&self) -> &str {
        self.said.url.as_deref().unwrap_or_default()
    }

    /// The header that lets a request in.
    pub(crate) fn header(&self) -> Option<String> {
        self.said.key.as_ref().map(|key| format!("X-Api-Key: {key}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Said {
    /// Reads until both are known, or the end.
    fn listen(lines: &mut impl BufRead) -> io::Result<Said> {
        let mut said = Said::default();
        let mut line = String::new();
        while said.url.is_none() || said.key.is_none() {
            line.clear();
            if lines.read_line(&mut line)? == 0 {
                break;
            }
            said.url = said.url.or_else(|| word_after(&line, ADDRESS));
            said.key = said.key.or_else(|| word_after(&line, KEY));
        }
        Ok(said)
    }
}

fn word_after(line: &str, mark: &str) -> Option<String> {
    let (_, rest) = line.split_once(mark)?;
    let end = rest.find(|c: char| c.is_whitespace() || c == '\'' || c == '"').unwrap_or(rest.len());
    Some(rest[..end].to_owned())
}

/// Goes on reading, so that the program never waits for us.
fn swallow(mut lines: BufReader<ChildStdout>) {
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while lines.read(&mut buffer).is_ok_and(|count| count > 0) {}
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_and_the_first_key_are_heard() {
        let text =
            "listening on http://127.0.0.1:80\n\npartner\n  provisioning token  11\n  partner key         22\nrest";
        let mut lines = text.as_bytes();
        let said = Said::listen(&mut lines).unwrap();
        assert_eq!(said, Said { url: Some("http://127.0.0.1:80".to_owned()), key: Some("11".to_owned()) });
        assert_eq!(lines, b"  partner key         22\nrest");
    }

    #[test]
    fn a_program_that_ends_first_is_a_fault() {
        assert_eq!(Said::listen(&mut &b"no port\n"[..]).unwrap(), Said::default());
        let fault = Server::start(Path::new("/bin/false")).unwrap_err();
        assert!(fault.to_string().contains("listening on"), "{fault}");
    }
}
