//! A connection that is kept open, for the many requests that prepare a measure.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;

use serde_json::Value;

use crate::fault::Fault;

/// A flow of the point-of-sale API.
pub(crate) const FLOW: &str = "8848372d-8457-4ca4-9da9-673f1cdd6684";

/// A connection to a server.
#[derive(Debug)]
pub(crate) struct Link {
    stream: BufReader<TcpStream>,
    host: String,
}

impl Link {
    /// Connects to the server at `url`.
    pub(crate) fn open(url: &str) -> Result<Self, Fault> {
        let host = url.strip_prefix("http://").unwrap_or(url).to_owned();
        let failed = || Fault::system(format!("connect to {url}"));
        let stream = TcpStream::connect(&host).map_err(failed())?;
        stream.set_nodelay(true).map_err(failed())?;
        Ok(Self { stream: BufReader::new(stream), host })
    }

    /// The answer to a call of the point-of-sale API by `token`; anything but 200 is a fault.
    pub(crate) fn call(&mut self, path: &str, token: &str, body: &Value) -> Result<Value, Fault> {
        let headers =
            format!("Authorization: Bearer {token}\r\nx-reference-id: {FLOW}\r\nContent-Type: application/json\r\n");
        self.post(path, &headers, &body.to_string())
    }

    /// The answer to a form; anything but 200 is a fault.
    pub(crate) fn form(&mut self, path: &str, form: &str) -> Result<Value, Fault> {
        self.post(path, "Content-Type: application/x-www-form-urlencoded\r\n", form)
    }

    fn post(&mut self, path: &str, headers: &str, body: &str) -> Result<Value, Fault> {
        let failed = || Fault::system(format!("ask {}", self.host));
        let (host, length) = (&self.host, body.len());
        let request =
            format!("POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{headers}\r\n{body}");
        self.stream.get_mut().write_all(request.as_bytes()).map_err(failed())?;
        let (mut status, mut length, mut line) = (String::new(), 0, String::new());
        loop {
            line.clear();
            self.stream.read_line(&mut line).map_err(failed())?;
            let text = line.trim_end();
            match text.split_once(':') {
                _ if status.is_empty() => text.clone_into(&mut status),
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                    length = value.trim().parse().unwrap_or(0);
                }
                _ if text.is_empty() => break,
                _ => {}
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer).map_err(failed())?;
        if !status.starts_with("HTTP/1.1 200") {
            let said = String::from_utf8_lossy(&answer);
            return Err(Fault::Load { what: format!("POST {path} was answered {status}: {said}") });
        }
        serde_json::from_slice(&answer).map_err(|error| Fault::Program {
            program: format!("POST {path}"),
            said: format!("its answer is no JSON: {error}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    #[test]
    fn several_answers_come_over_one_connection() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let mut stream = BufReader::new(stream);
            for answer in
                ["200 OK\r\ncontent-length: 7\r\n\r\n{\"a\":1}", "409 Conflict\r\nContent-Length: 2\r\n\r\n{}"]
            {
                let mut line = String::new();
                while line != "\r\n" {
                    line.clear();
                    stream.read_line(&mut line).unwrap();
                }
                let mut body = [0; 2];
                stream.read_exact(&mut body).unwrap();
                write!(stream.get_mut(), "HTTP/1.1 {answer}").unwrap();
            }
        });
        let mut link = Link::open(&url).unwrap();
        assert_eq!(link.call("/x", "token", &serde_json::json!({})).unwrap()["a"], 1);
        let refused = link.form("/x", "ab").unwrap_err().to_string();
        assert!(refused.contains("409 Conflict: {}"), "{refused}");
        server.join().unwrap();
    }
}
