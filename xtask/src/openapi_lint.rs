//! `cargo xtask openapi-lint`: a public linter on the OpenAPI document, and a public property tester on what it describes.
//!
//! What they need not find is written, with its reason, in `xtask/redocly.yaml` and `xtask/schemathesis.toml`. The property tester runs
//! four times: with the provisioning token on every operation, with the partner key and with a client's on those that only they open, and as
//! a merchant on those of the point of sale.

mod server;
mod tools;

use crate::fault::Fault;
use crate::process;

use server::Server;

/// The operations of the partner key (the table in `crates/tallystick/tests/it/authorization.rs`). The others were tested before.
const OF_THE_PARTNER_KEY: &str = "^/api/v1/partner/(creditors|distribution|sms)(/|$)";

/// The operations of a client's key.
const OF_A_CLIENT_KEY: &str = "^/api/v1/partner/invoice(/|$)";

/// The operations of a merchant, who shows an access token.
const OF_THE_MERCHANT: &str = "/client-id/";

/// What is tested, and how.
#[derive(Debug, Default, Eq, PartialEq)]
struct Request {
    /// The address of a running program; without it the built one is started.
    url: Option<String>,
    /// Headers of every request, `NAME: VALUE`.
    headers: Vec<String>,
}

pub(crate) fn run(arguments: &[String]) -> Result<(), Fault> {
    let request = Request::parse(arguments)?;
    // Before the program starts, which would wait for them.
    let redocly = tools::redocly()?;
    let schemathesis = tools::schemathesis()?;
    let started = match &request.url {
        Some(_) => None,
        None => Some(Server::start(&server::build()?)?),
    };
    let url = match (&started, &request.url) {
        (Some(server), _) => server.url(),
        (None, url) => url.as_deref().unwrap_or_default(),
    };
    let document = format!("{}/openapi.json", url.trim_end_matches('/'));

    let configuration = |file| process::workspace().join("xtask").join(file);
    process::run(
        tools::command(&redocly)?.arg("lint").arg(&document).arg("--config").arg(configuration("redocly.yaml")),
    )?;

    let test = |what: &str, headers: &[String], only: Option<&str>, environment: &[(&str, &str)]| {
        let mut command = tools::command(&schemathesis)?;
        command.envs(environment.iter().copied());
        command.env("SCHEMATHESIS_HOOKS", configuration("schemathesis_hooks.py"));
        command.arg("--config-file").arg(configuration("schemathesis.toml")).args(["--no-color", "run", &document]);
        for header in headers {
            command.args(["--header", header]);
        }
        if let Some(paths) = only {
            command.args(["--include-path-regex", paths]);
        }
        // Not the whole line: a header may hold a key.
        process::run_as(&format!("schemathesis run {document} {what}"), &mut command)
    };
    match &started {
        None => test("with the headers given", &request.headers, None, &[]),
        Some(server) => {
            let with = |header: String| [request.headers.as_slice(), &[header]].concat();
            // All, so that one run tells of every fault.
            let of_token = test("with the provisioning token", &with(server.token()), None, &[]);
            let of_partner = test("with the partner key", &with(server.partner_key()), Some(OF_THE_PARTNER_KEY), &[]);
            let of_client = test("with a client's key", &with(server.client_key()), Some(OF_A_CLIENT_KEY), &[]);
            let of_merchant = test("as a merchant", &request.headers, Some(OF_THE_MERCHANT), &server.merchant());
            of_token.and(of_partner).and(of_client).and(of_merchant)
        }
    }
}

impl Request {
    fn parse(arguments: &[String]) -> Result<Request, Fault> {
        let mut request = Request::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let value = arguments.next().cloned();
                value.ok_or_else(|| Fault::Usage(format!("openapi-lint: {argument} needs a value")))
            };
            match argument.as_str() {
                "--url" => request.url = Some(value()?),
                "--header" => request.headers.push(value()?),
                _ => return Err(Fault::Usage(format!("openapi-lint: unknown argument `{argument}`"))),
            }
        }
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Result<Request, Fault> {
        Request::parse(&arguments.iter().map(|&argument| argument.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn an_address_and_headers_are_taken() {
        let request = parse(&["--url", "http://127.0.0.1:1", "--header", "X-Api-Key: k", "--header", "A: b"]).unwrap();
        assert_eq!(request.url.as_deref(), Some("http://127.0.0.1:1"));
        assert_eq!(request.headers, ["X-Api-Key: k", "A: b"]);
        assert_eq!(parse(&[]).unwrap(), Request::default());
    }

    #[test]
    fn anything_else_is_wrong_usage() {
        for arguments in [&["--url"][..], &["http://127.0.0.1:1"], &["--header"]] {
            assert!(matches!(parse(arguments), Err(Fault::Usage(_))), "{arguments:?}");
        }
    }
}
