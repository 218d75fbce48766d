//! A relay before a server: it writes down what passes, and loses answers and holds requests when it is told to.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::peer::{Request, message};

/// A request and its answer, whether that arrived or was lost.
#[derive(Clone, Debug)]
pub(crate) struct Passed {
    pub(crate) request: Request,
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// A running relay.
pub(crate) struct Relay {
    pub(crate) url: String,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    passed: Mutex<Vec<Passed>>,
    to_lose: AtomicUsize,
    /// How many calls are to be refused before a request for a token passes.
    to_refuse: watch::Sender<usize>,
}

impl Relay {
    /// A relay before the server at this URL.
    pub(crate) async fn before(url: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shared = Arc::<Shared>::default();
        let own = format!("http://{}", listener.local_addr().unwrap());
        let server = url.trim_start_matches("http://").to_owned();
        tokio::spawn(accept(listener, server, Arc::clone(&shared)));
        Self { url: own, shared }
    }

    /// Loses the answers to so many of the next requests.
    pub(crate) fn lose(&self, answers: usize) {
        self.shared.to_lose.store(answers, Ordering::SeqCst);
    }

    /// Holds the requests for a token until so many calls were answered 401.
    pub(crate) fn hold_tokens(&self, refused: usize) {
        self.shared.to_refuse.send_replace(refused);
    }

    /// What passed since the last look: each request in the order of its answer.
    pub(crate) fn take(&self) -> Vec<Passed> {
        std::mem::take(&mut self.shared.passed.lock().unwrap())
    }

    /// The same, as a line each: of requests to the token endpoint their grant, of others the end of their path, and the status.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.take().iter().map(line).collect()
    }
}

pub(crate) fn line(passed: &Passed) -> String {
    let path = passed.request.line.rsplit('/').next().unwrap();
    format!("{} {}", grant(&passed.request).unwrap_or(path), passed.status)
}

fn grant(request: &Request) -> Option<&str> {
    request.body.split('&').find_map(|field| field.strip_prefix("grant_type="))
}

async fn accept(listener: TcpListener, server: String, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(relay(client, server.clone(), Arc::clone(&shared)));
    }
}

async fn relay(mut client: TcpStream, server: String, shared: Arc<Shared>) -> Option<()> {
    let mut server = TcpStream::connect(server).await.ok()?;
    let (mut from_client, mut from_server) = (Vec::new(), Vec::new());
    loop {
        let bytes = message(&mut client, &mut from_client).await?;
        let request = Request::parse(&bytes);
        if grant(&request).is_some() {
            shared.to_refuse.subscribe().wait_for(|left| *left == 0).await.ok()?;
        }
        server.write_all(&bytes).await.ok()?;
        let answer = message(&mut server, &mut from_server).await?;
        let read = Request::parse(&answer);
        let status = read.line.split(' ').nth(1).unwrap().parse().unwrap();
        let passed = Passed { request, status, body: read.body };
        shared.passed.lock().unwrap().push(passed);
        let fewer = |left: usize| left.checked_sub(1);
        if shared.to_lose.fetch_update(Ordering::SeqCst, Ordering::SeqCst, fewer).is_ok() {
            return None;
        }
        client.write_all(&answer).await.ok()?;
        if status == 401 {
            shared.to_refuse.send_modify(|left| *left = left.saturating_sub(1));
        }
    }
}
