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
/// What stands in front of the key that may create clients.
const TOKEN: &str = "provisioning token  ";
/// What stands in front of the key that opens the partner's own operations, which the other does not.
const PARTNER_KEY: &str = "partner key         ";
/// What stands in front of the key of a client, which sends invoices.
const CLIENT_KEY: &str = "API access token    ";
/// What stands in front of the client of the merchant, of its secret, and of one of its customers' accounts.
const MERCHANT: [&str; 3] = ["client id           ", "client secret       ", "account             "];
/// The names by which `schemathesis_hooks.py` knows them, in the same order.
const MERCHANT_NAMES: [&str; 3] = ["TALLYSTICK_MERCHANT", "TALLYSTICK_MERCHANT_SECRET", "TALLYSTICK_ACCOUNT"];

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
    token: Option<String>,
    partner_key: Option<String>,
    client_key: Option<String>,
    merchant: [Option<String>; 3],
}

/// Builds the program and answers where it is.
pub(crate) fn build() -> Result<PathBuf, Fault> {
    process::run(process::cargo().args(["build", "--package", "tallystick"]))?;
    Ok(process::target().join("debug/tallystick"))
}

impl Server {
    /// Starts the program; returns when it has said its address and its keys.
    pub(crate) fn start(program: &Path) -> Result<Server, Fault> {
        let mut process = Command::new(program)
            .args(ARGUMENTS)
            // The tester asks more often than a partner may.
            .env("TALLYSTICK_RATE_LIMIT", "off")
            .env("TALLYSTICK_FAILURE_RATE_LIMIT", "off")
            .env("TALLYSTICK_CREDENTIALS_RATE_LIMIT", "off")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| Fault::Failed(format!("could not run {}: {error}", program.display())))?;
        let output = process.stdout.take().expect("asked for above");
        let mut server = Server { process, said: Said::default() };
        let mut lines = BufReader::new(output);
        server.said = Said::listen(&mut lines)
            .map_err(|error| Fault::Failed(format!("could not read from {}: {error}", program.display())))?;
        if let Some(mark) = server.said.lacks() {
            return Err(Fault::Failed(format!("{} ended before it said `{mark}...`", program.display())));
        }
        swallow(lines);
        Ok(server)
    }

    /// Its address, `http://HOST:PORT`.
    pub(crate) fn url(&self) -> &str {
        self.said.url.as_deref().unwrap_or_default()
    }

    /// The header of the provisioning token.
    pub(crate) fn token(&self) -> String {
        header(self.said.token.as_deref())
    }

    /// The header of the partner key.
    pub(crate) fn partner_key(&self) -> String {
        header(self.said.partner_key.as_deref())
    }

    /// The header of a client's key.
    pub(crate) fn client_key(&self) -> String {
        header(self.said.client_key.as_deref())
    }

    /// What the merchant's operations are tested with, by name.
    pub(crate) fn merchant(&self) -> [(&'static str, &str); 3] {
        std::array::from_fn(|at| (MERCHANT_NAMES[at], self.said.merchant[at].as_deref().unwrap_or_default()))
    }
}

fn header(key: Option<&str>) -> String {
    format!("X-Api-Key: {}", key.unwrap_or_default())
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Said {
    /// Reads until all is known, or the end.
    fn listen(lines: &mut impl BufRead) -> io::Result<Said> {
        let mut said = Said::default();
        let mut line = String::new();
        while said.lacks().is_some() {
            line.clear();
            if lines.read_line(&mut line)? == 0 {
                break;
            }
            said.url = said.url.or_else(|| word_after(&line, ADDRESS));
            said.token = said.token.or_else(|| word_after(&line, TOKEN));
            said.partner_key = said.partner_key.or_else(|| word_after(&line, PARTNER_KEY));
            said.client_key = said.client_key.or_else(|| word_after(&line, CLIENT_KEY));
            for (value, mark) in said.merchant.iter_mut().zip(MERCHANT) {
                *value = value.take().or_else(|| word_after(&line, mark));
            }
        }
        Ok(said)
    }

    /// What stands in front of the first thing that is not known yet.
    fn lacks(&self) -> Option<&'static str> {
        let Said { url, token, partner_key, client_key, .. } = self;
        let known = [(url, ADDRESS), (token, TOKEN), (partner_key, PARTNER_KEY), (client_key, CLIENT_KEY)];
        let of_merchant = self.merchant.iter().zip(MERCHANT);
        known.into_iter().chain(of_merchant).find_map(|(value, mark)| value.is_none().then_some(mark))
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
    fn the_address_and_all_keys_are_heard() {
        let text = "listening on http://127.0.0.1:80\n\npartner\n  provisioning token  11\n  partner key         22\n\
                    client 1 A\n  API access token    66\nclient 2 B\n  API access token    77\nmerchant\n  client id           33\n  client secret       44\n  account             55 Marie\nrest";
        let mut lines = text.as_bytes();
        let said = Said::listen(&mut lines).unwrap();
        let some = |text: &str| Some(text.to_owned());
        let merchant = ["33", "44", "55"].map(some);
        let url = some("http://127.0.0.1:80");
        assert_eq!(said, Said { url, token: some("11"), partner_key: some("22"), client_key: some("66"), merchant });
        assert_eq!(lines, b"rest");
        assert_eq!(header(said.partner_key.as_deref()), "X-Api-Key: 22");
    }

    #[test]
    fn what_was_not_said_is_named() {
        let said = Said::listen(&mut &b"listening on http://127.0.0.1:80\n  provisioning token  11\n"[..]).unwrap();
        assert_eq!(said.lacks(), Some(PARTNER_KEY));
    }

    #[test]
    fn a_program_that_ends_first_is_a_fault() {
        assert_eq!(Said::listen(&mut &b"no port\n"[..]).unwrap(), Said::default());
        let fault = Server::start(Path::new("/bin/false")).unwrap_err();
        assert!(fault.to_string().contains("listening on"), "{fault}");
    }
}
