//! One request and its answer, for what is not measured.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::fault::Fault;

/// The body of the answer to `GET path` of the server at `url`; anything but 200 is a fault.
pub(crate) fn get(url: &str, path: &str, key: &str) -> Result<String, Fault> {
    let address = url.strip_prefix("http://").unwrap_or(url);
    let failed = || Fault::system(format!("ask {url}"));
    let mut stream = TcpStream::connect(address).map_err(failed())?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nX-Api-Key: {key}\r\nConnection: close\r\n\r\n");
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
