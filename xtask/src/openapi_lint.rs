//! `cargo xtask openapi-lint`: a public linter on the OpenAPI document, and a public property tester on what it describes.
//!
//! What they need not find is written, with its reason, in `xtask/redocly.yaml` and `xtask/schemathesis.toml`.

mod server;
mod tools;

use crate::fault::Fault;
use crate::process;

use server::Server;

/// What is tested, and how.
#[derive(Debug, Default, Eq, PartialEq)]
struct Request {
    /// The address of a running program; without it the built one is started.
    url: Option<String>,
    /// Headers of every request, `NAME: VALUE`.
    headers: Vec<String>,
}

pub(crate) fn run(arguments: &[String]) -> Result<(), Fault> {
    let mut request = Request::parse(arguments)?;
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
    if let Some(header) = started.as_ref().and_then(Server::header) {
        request.headers.push(header);
    }
    let document = format!("{}/openapi.json", url.trim_end_matches('/'));

    let configuration = |file| process::workspace().join("xtask").join(file);
    process::run(
        tools::command(&redocly)?.arg("lint").arg(&document).arg("--config").arg(configuration("redocly.yaml")),
    )?;

    let mut command = tools::command(&schemathesis)?;
    command.arg("--config-file").arg(configuration("schemathesis.toml")).args(["--no-color", "run", &document]);
    for header in &request.headers {
        command.args(["--header", header]);
    }
    // Not the whole line: a header may hold a key.
    process::run_as(&format!("schemathesis run {document}"), &mut command)
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
