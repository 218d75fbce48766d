//! Load on a server, made by wrk: C on epoll, so that it takes less of the two cores it shares with the server than a generator of ours
//! would. It sends the next request of a connection when the answer to the last one is there.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::books::Moved;
use crate::fault::Fault;

/// Every kind of load that a server is put under.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Work<'a> {
    /// `GET /validate` with one key.
    Validate {
        /// The key.
        key: &'a str,
    },
    /// `GET /validate` with keys at random.
    ValidateAny {
        /// A file of keys, one a line.
        keys: &'a Path,
        /// Where the random choice begins.
        seed: u32,
    },
    /// `POST /client`, a new client each time.
    Create {
        /// The provisioning token.
        token: &'a str,
        /// The body, with the marks that the script replaces.
        body: &'a str,
        /// The business codes begin behind this number.
        first: u32,
    },
    /// Pages at random.
    Pages {
        /// The key, where a line of the file has none.
        key: &'a str,
        /// A file of their addresses, one a line: path and query, and behind a space the key of that page, where it has one of its own.
        pages: &'a Path,
        /// Where the random choice begins.
        seed: u32,
    },
    /// `POST /invoice`, of another client and with another number each time.
    Invoice {
        /// A file of their keys, one a line.
        keys: &'a Path,
        /// The body, with the mark that the script replaces.
        body: &'a str,
        /// The numbers begin behind this.
        first: u32,
    },
    /// A token for a client of the point-of-sale API, or of a server that does the same.
    Token {
        /// The path of the token endpoint.
        path: &'a str,
        /// The form.
        form: &'a str,
    },
    /// The same call behind an access token again and again.
    Bearer {
        /// Its path.
        path: &'a str,
        /// The token.
        token: &'a str,
    },
    /// Purchases: an authorization, and its capture, where that is asked for, over whichever connection is free next.
    Purchases {
        /// The path of authorizations.
        path: &'a str,
        /// A file of accounts, one a line: its number, and the access token that buys on it.
        customers: &'a Path,
        /// The body of an authorization, with the mark that the script replaces.
        body: &'a str,
        /// The body of a capture, and the access token that captures; none to authorize only.
        capture: Option<(&'a str, &'a str)>,
        /// The place of the account that it begins with.
        first: u32,
        /// How many authorizations in a row are on the same account, before it is the next one's turn.
        in_a_row: u32,
    },
    /// `POST /sms`, to another recipient each time.
    Sms {
        /// The partner key.
        key: &'a str,
        /// The body, with the mark that the script replaces.
        body: &'a str,
        /// The recipients begin behind this number.
        first: u32,
    },
}

/// What came of a load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Outcome {
    /// Requests answered.
    pub(crate) requests: u64,
    /// Requests answered in a second.
    pub(crate) per_second: f64,
    /// Half of the requests took no longer, in milliseconds.
    pub(crate) median_ms: f64,
    /// 99 of 100 requests took no longer, in milliseconds.
    pub(crate) p99_ms: f64,
    /// What purchases have moved.
    pub(crate) moved: Moved,
    /// Captures answered in a second.
    pub(crate) captures_per_second: f64,
}

/// The line that the script prints at the end. Times in microseconds.
#[derive(Debug, Deserialize)]
struct Told {
    requests: u64,
    duration: f64,
    connect: u64,
    read: u64,
    write: u64,
    status: u64,
    timeout: u64,
    median: f64,
    p99: f64,
    moved: Moved,
}

/// Puts the server at `url` under load for `seconds` over `connections`.
///
/// # Errors
/// When wrk is missing, or one request failed.
pub(crate) fn run(url: &str, work: Work<'_>, connections: u32, seconds: u32) -> Result<Outcome, Fault> {
    let mut command = Command::new("wrk");
    command.args(["--threads", "1", "--connections", &connections.to_string()]);
    command.args(["--duration", &format!("{seconds}s"), "--timeout", "10s", "--script"]).arg(script());
    let partner = |route: &str| format!("/api/v1/partner/{route}");
    let path = match work {
        Work::Validate { key } => {
            command.env("BENCH_WORK", "same").env("BENCH_KEY", key);
            partner("validate")
        }
        Work::ValidateAny { keys, seed } => {
            command.env("BENCH_WORK", "any").env("BENCH_KEYS", keys).env("BENCH_SEED", seed.to_string());
            partner("validate")
        }
        Work::Create { token, body, first } => {
            command.env("BENCH_WORK", "create").env("BENCH_KEY", token).env("BENCH_BODY", body);
            command.env("BENCH_FIRST", first.to_string());
            partner("client")
        }
        Work::Pages { key, pages, seed } => {
            command.env("BENCH_WORK", "pages").env("BENCH_KEY", key).env("BENCH_PAGES", pages);
            command.env("BENCH_SEED", seed.to_string());
            // Each line has its own.
            partner("")
        }
        Work::Sms { key, body, first } => {
            command.env("BENCH_WORK", "sms").env("BENCH_KEY", key).env("BENCH_BODY", body);
            command.env("BENCH_FIRST", first.to_string());
            partner("sms")
        }
        Work::Invoice { keys, body, first } => {
            command.env("BENCH_WORK", "invoice").env("BENCH_KEYS", keys).env("BENCH_BODY", body);
            command.env("BENCH_FIRST", first.to_string());
            partner("invoice")
        }
        Work::Token { path, form } => {
            command.env("BENCH_WORK", "form").env("BENCH_BODY", form);
            path.to_owned()
        }
        Work::Purchases { path, customers, body, capture, first, in_a_row } => {
            let (capture, token) = capture.unwrap_or_default();
            command.env("BENCH_WORK", "purchases").env("BENCH_KEYS", customers).env("BENCH_BODY", body);
            command.env("BENCH_CAPTURE", capture).env("BENCH_KEY", token).env("BENCH_FIRST", first.to_string());
            command.env("BENCH_IN_A_ROW", in_a_row.to_string());
            path.to_owned()
        }
        Work::Bearer { path, token } => {
            command.env("BENCH_WORK", "bearer").env("BENCH_KEY", token);
            path.to_owned()
        }
    };
    command.arg(format!("{url}{path}"));
    let output = command.output().map_err(Fault::system("run `wrk`"))?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let said = format!("{said}{}", String::from_utf8_lossy(&output.stderr)).trim().to_owned();
        return Err(Fault::Program { program: "wrk".to_owned(), said });
    }
    Outcome::parse(&said)
}

/// Puts the server at `url` under load for a second at a time until at least `count` requests were answered, and gives how many were. `work` is
/// told the number that its requests may begin behind.
///
/// # Errors
/// Those of [`run`].
pub(crate) fn run_until<'a>(
    url: &str,
    count: u32,
    connections: u32,
    work: impl Fn(u32) -> Work<'a>,
) -> Result<u32, Fault> {
    let (mut answered, mut first) = (0_u32, 0_u32);
    while answered < count {
        let requests = u32::try_from(run(url, work(first), connections, 1)?.requests).unwrap_or(u32::MAX);
        answered = answered.saturating_add(requests);
        first = after(first, requests, connections);
    }
    Ok(answered)
}

/// The number behind those that a load used. The last request of each connection was given up, and may have been taken all the same; the
/// generator also makes one to look at before it begins.
fn after(first: u32, answered: u32, connections: u32) -> u32 {
    first.saturating_add(answered).saturating_add(connections).saturating_add(1)
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("wrk/load.lua")
}

impl Outcome {
    fn parse(said: &str) -> Result<Self, Fault> {
        let line = said.lines().find(|line| line.starts_with('{')).unwrap_or_default();
        let told: Told = serde_json::from_str(line)
            .map_err(|_| Fault::Program { program: "wrk".to_owned(), said: said.trim().to_owned() })?;
        let Told { requests, duration, connect, read, write, status, timeout, median, p99, moved } = told;
        if requests == 0 || connect + read + write + status + timeout > 0 {
            return Err(Fault::Load {
                what: format!(
                    "not every request was answered with success: {requests} answers, of them {status} refusals or failures; \
                     {connect} connections failed, {read} reads, {write} writes, {timeout} requests timed out"
                ),
            });
        }
        #[expect(clippy::cast_precision_loss, reason = "a run has fewer than 2^53 requests")]
        let [per_second, captures_per_second] =
            [requests as f64, moved.captures as f64].map(|count| count / (duration / 1e6));
        Ok(Self { requests, per_second, median_ms: median / 1e3, p99_ms: p99 / 1e3, moved, captures_per_second })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"requests":3000,"duration":2000000,"connect":0,"read":0,"write":0,"status":0,"timeout":0,"median":500,"p99":1500,"moved":{"authorizations":9,"captures":8}}"#;

    #[test]
    fn what_the_script_prints_is_read() {
        let outcome = Outcome::parse(&format!("Running 2s test\n  1 threads\n{LINE}\n")).unwrap();
        let moved = Moved { authorizations: 9, captures: 8, ..Moved::default() };
        let expected = Outcome {
            requests: 3000,
            per_second: 1500.0,
            median_ms: 0.5,
            p99_ms: 1.5,
            moved,
            captures_per_second: 4.0,
        };
        assert_eq!(outcome, expected);
    }

    #[test]
    fn one_failed_request_is_a_fault() {
        let refused = LINE.replace(r#""status":0"#, r#""status":1"#);
        assert!(matches!(Outcome::parse(&refused), Err(Fault::Load { .. })));
        assert!(matches!(Outcome::parse("unable to connect"), Err(Fault::Program { .. })));
    }

    #[test]
    fn no_number_is_used_again() {
        assert_eq!(after(100, 50, 32), 183);
    }

    #[test]
    fn the_script_is_there() {
        assert!(script().is_file());
    }
}
