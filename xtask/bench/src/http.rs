//! One request and its answer, for what is not measured.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::fault::Fault;

/// The body of the answer to `GET path` of the server at `url` with a key; anything but 200 is a fault.
pub(crate) fn get(url: &str, path: &str, key: &str) -> Result<String, Fault> {
    exchange(url, &format!("GET {path} HTTP/1.1\r\nX-Api-Key: {key}\r\n"), "")
}

/// The same with an access token of the point-of-sale API.
pub(crate) fn get_by_token(url: &str, path: &str, token: &str) -> Result<String, Fault> {
    let reference = "8848372d-8457-4ca4-9da9-673f1cdd6684";
    exchange(
        url,
        &format!("GET {path} HTTP/1.1\r\nAuthorization: Bearer {token}\r\nx-reference-id: {reference}\r\n"),
        "",
    )
}

/// The same of a form.
pub(crate) fn post_form(url: &str, path: &str, form: &str) -> Result<String, Fault> {
    let length = form.len();
    let kind = "application/x-www-form-urlencoded";
    exchange(url, &format!("POST {path} HTTP/1.1\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n"), form)
}

fn exchange(url: &str, head: &str, body: &str) -> Result<String, Fault> {
    let address = url.strip_prefix("http://").unwrap_or(url);
    let failed = || Fault::system(format!("ask {url}"));
    let mut stream = TcpStream::connect(address).map_err(failed())?;
    let request = format!("{head}Host: {address}\r\nConnection: close\r\n\r\n{body}");
    stream.write_all(request.as_bytes()).map_err(failed())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(failed())?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200") => Ok(body.to_owned()),
        _ => Err(Fault::Load { what: format!("a request was answered {}", answer.lines().next().unwrap_or_default()) }),
    }
}

/// The same, of JSON.
pub(crate) fn json(url: &str, path: &str, key: &str) -> Result<serde_json::Value, Fault> {
    serde_json::from_str(&get(url, path, key)?).map_err(|error| Fault::Program {
        program: format!("GET {path}"),
        said: format!("its answer is no JSON: {error}"),
    })
}
