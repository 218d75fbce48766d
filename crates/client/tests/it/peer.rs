//! A server that answers from a script: what a real server cannot be made to do on demand.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore};

/// What the peer does with one request.
pub(crate) enum Step {
    /// Sends these bytes and closes.
    Send(Vec<u8>),
    /// Sends these bytes once it is told to, and closes.
    SendWhen(Arc<Notify>, Vec<u8>),
    /// Closes without an answer: the answer was lost.
    Lose,
    /// Stays silent, and lets the client's time limit pass.
    Hang,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `GET /api/v1/partner/validate`.
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    /// Reads a whole message; the first line is that of a request or of an answer.
    pub(crate) fn parse(message: &[u8]) -> Self {
        let text = std::str::from_utf8(message).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        let line = lines.next().unwrap().trim_end_matches(" HTTP/1.1").to_owned();
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        Self { line, headers, body: body.to_owned() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn key(&self) -> &str {
        self.header("x-api-key").unwrap_or_default()
    }
}

/// A running peer. Each connection carries one request.
pub(crate) struct Peer {
    pub(crate) url: String,
    /// Told when a request hangs, so that the test's time limit passes then and only then.
    pub(crate) hung: Arc<Notify>,
    shared: Arc<Shared>,
}

struct Shared {
    script: Mutex<VecDeque<Step>>,
    requests: Mutex<Vec<Request>>,
    arrived: Semaphore,
}

impl Peer {
    pub(crate) async fn start(script: impl IntoIterator<Item = Step>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shared = Arc::new(Shared {
            script: Mutex::new(script.into_iter().collect()),
            requests: Mutex::new(Vec::new()),
            arrived: Semaphore::new(0),
        });
        let hung = Arc::new(Notify::new());
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(accept(listener, Arc::clone(&shared), Arc::clone(&hung)));
        Self { url, hung, shared }
    }

    /// Waits until one more request has come.
    pub(crate) async fn arrival(&self) {
        self.shared.arrived.acquire().await.unwrap().forget();
    }

    /// Every request so far, in the order of arrival.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// How many requests came.
    pub(crate) fn count(&self) -> usize {
        self.requests().len()
    }

    pub(crate) fn is_done(&self) -> bool {
        self.shared.script.lock().unwrap().is_empty()
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>, hung: Arc<Notify>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve(stream, Arc::clone(&shared), Arc::clone(&hung)));
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>, hung: Arc<Notify>) {
    let Some(request) = read(&mut stream).await else { return };
    let step = {
        shared.requests.lock().unwrap().push(request);
        shared.script.lock().unwrap().pop_front()
    };
    shared.arrived.add_permits(1);
    let bytes = match step {
        Some(Step::Send(bytes)) => bytes,
        Some(Step::SendWhen(told, bytes)) => {
            told.notified().await;
            bytes
        }
        Some(Step::Lose) => return,
        Some(Step::Hang) => {
            hung.notify_one();
            let _ = stream.read(&mut [0]).await;
            return;
        }
        None => text(418, "text/plain", "", "the script has no step for this request"),
    };
    let _ = stream.write_all(&bytes).await;
}

/// Reads one request; `None` when the client closes before it is whole.
async fn read(stream: &mut TcpStream) -> Option<Request> {
    Some(Request::parse(&message(stream, &mut Vec::new()).await?))
}

/// Reads one message with its body, of a length that is told; `None` when the other side closes before it is whole. What was read beyond
/// it stays in `bytes` for the next.
pub(crate) async fn message(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<Vec<u8>> {
    loop {
        if let Some(end) = whole(bytes) {
            return Some(bytes.drain(..end).collect());
        }
        if stream.read_buf(bytes).await.ok()? == 0 {
            return None;
        }
    }
}

/// How long the first message is, when all of it is there.
fn whole(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let text = std::str::from_utf8(&bytes[..head]).unwrap().to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let end = head + 4 + length.map_or(0, |length| length.trim().parse::<usize>().unwrap());
    (bytes.len() >= end).then_some(end)
}

/// A whole answer. `headers` are further lines, each with its line end.
pub(crate) fn text(status: u16, content_type: &str, headers: &str, body: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 {status} Scripted\r\ncontent-type: {content_type}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}",
        body.len()
    )
    .into_bytes()
}

pub(crate) fn json(status: u16, body: &str) -> Step {
    Step::Send(text(status, "application/json", "", body))
}

/// A problem body, with further headers.
pub(crate) fn problem_with(status: u16, code: &str, headers: &str, extra: &str) -> Step {
    let body = format!(
        r#"{{"type":"about:blank","title":"Scripted","status":{status},"code":"{code}","message":"This is {code}","detail":"This is {code}","requestId":"01J"{extra}}}"#
    );
    Step::Send(text(status, "application/problem+json", headers, &body))
}

pub(crate) fn problem(status: u16, code: &str) -> Step {
    problem_with(status, code, "", "")
}
