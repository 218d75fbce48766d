//! Webhooks against receivers that hang, redirect, answer without end, or lie behind a name that leads elsewhere.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use channels::webhook::{Lookup, WebhookCall, WebhookChannel, WebhookConfig, WebhookSender};
use channels::{Fault, FaultKind};
use domain::webhook::Reach;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::support::{Certificate, Noon};

const OK: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// A receiver that answers each connection with the same octets, and keeps what it was sent.
struct Receiver {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Receiver {
    async fn at(address: &str, answer: &'static str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let kept = Arc::clone(&seen);
        let task = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let kept = Arc::clone(&kept);
                tokio::spawn(async move {
                    let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
                    while !request.ends_with(b"}") {
                        match stream.read(&mut chunk).await {
                            Ok(0) | Err(_) => return,
                            Ok(read) => request.extend_from_slice(&chunk[..read]),
                        }
                    }
                    kept.lock().unwrap().push(String::from_utf8(request).unwrap());
                    if answer.is_empty() {
                        std::future::pending::<()>().await;
                    }
                    let _ = stream.write_all(answer.as_bytes()).await;
                    // An answer without a length ends here; one that says nothing of its end goes on and on.
                    while answer.ends_with("endless") && stream.write_all(&[b'x'; 4096]).await.is_ok() {}
                    let mut drip = tokio::time::interval(Duration::from_millis(50));
                    while answer.ends_with("dripping") && stream.write_all(b"x").await.is_ok() {
                        drip.tick().await;
                    }
                });
            }
        });
        Self { address, seen, task }
    }

    async fn start(answer: &'static str) -> Self {
        Self::at("127.0.0.1:0", answer).await
    }

    fn url(&self) -> String {
        format!("http://{}/hook?token=hunter22", self.address)
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Gives one answer after the other, the last one for ever.
struct Answers {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: AtomicUsize,
}

impl Answers {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|answer| answer.iter().map(|address| address.parse().unwrap()).collect());
        Arc::new(Self { answers: Mutex::new(answers.collect()), asked: AtomicUsize::new(0) })
    }
}

impl Lookup for Answers {
    fn look_up(&self, name: String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> {
        assert_eq!(name, "receiver.example");
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() };
        async { Ok(answer) }.boxed()
    }
}

fn config(allowed: &[&str]) -> WebhookConfig {
    WebhookConfig {
        reach: Reach::new(allowed.iter().map(|network| network.parse().unwrap()).collect()),
        timeout: Duration::from_secs(20),
        ca_file: None,
    }
}

fn sender(allowed: &[&str]) -> WebhookSender {
    WebhookSender::new("webhook", config(allowed), Arc::new(Noon)).unwrap()
}

fn sender_for(timeout: Duration) -> WebhookSender {
    let config = WebhookConfig { timeout, ..config(&["127.0.0.1/32"]) };
    WebhookSender::new("webhook", config, Arc::new(Noon)).unwrap()
}

fn resolved(allowed: &[&str], lookup: &Arc<Answers>) -> WebhookSender {
    let lookup: Arc<Answers> = Arc::clone(lookup);
    WebhookSender::with_lookup("webhook", config(allowed), lookup, Arc::new(Noon)).unwrap()
}

fn call(url: &str) -> WebhookCall {
    WebhookCall {
        url: url.to_owned(),
        id: "msg_1".to_owned(),
        timestamp: 1_614_265_330,
        signatures: "v1,c2ln".to_owned(),
        body: "{\"type\":\"webhook.test\"}".to_owned(),
    }
}

/// A fault that tells nothing of the address.
async fn refused(sender: &WebhookSender, url: &str) -> Fault {
    let fault = sender.call(&call(url)).await.unwrap_err();
    assert!(!format!("{fault:?} {sender:?} {:?}", call(url)).contains("hunter22"), "{fault}");
    fault
}

#[tokio::test]
async fn a_call_arrives_with_its_headers() {
    let receiver = Receiver::start(OK).await;
    assert_eq!(sender(&["127.0.0.1/32"]).call(&call(&receiver.url())).await, Ok(204));
    let seen = receiver.seen();
    assert_eq!(seen.len(), 1);
    for line in [
        "POST /hook?token=hunter22 HTTP/1.1\r\n",
        "content-type: application/json\r\n",
        "webhook-id: msg_1\r\n",
        "webhook-timestamp: 1614265330\r\n",
        "webhook-signature: v1,c2ln\r\n",
        "\r\n\r\n{\"type\":\"webhook.test\"}",
    ] {
        assert!(seen[0].contains(line), "{line} is not in {}", seen[0]);
    }
}

#[tokio::test]
async fn the_status_decides() {
    for (answer, kind, code, wait) in [
        ("HTTP/1.1 410 Gone\r\ncontent-length: 0\r\n\r\n", FaultKind::Permanent, "410", None),
        ("HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n", FaultKind::Temporary, "500", None),
        ("HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n", FaultKind::Temporary, "404", None),
        ("HTTP/1.1 401 No\r\ncontent-length: 0\r\n\r\n", FaultKind::Temporary, "401", None),
        ("HTTP/1.1 429 Slow\r\nretry-after: 90\r\ncontent-length: 0\r\n\r\n", FaultKind::Temporary, "429", Some(90)),
    ] {
        let receiver = Receiver::start(answer).await;
        let fault = refused(&sender(&["127.0.0.1/32"]), &receiver.url()).await;
        let found = (fault.kind, fault.code.as_deref(), fault.retry_after.map(|wait| wait.as_secs()));
        assert_eq!(found, (kind, Some(code), wait), "{fault}");
    }
}

#[tokio::test]
async fn addresses_inside_are_not_called_unless_they_are_allowed() {
    let receiver = Receiver::start(OK).await;
    let port = receiver.address.port();
    for host in ["127.0.0.1", "0x7f.1", "2130706433", "[::ffff:127.0.0.1]", "localhost", "LOCALHOST"] {
        let url = format!("http://{host}:{port}/hook?token=hunter22");
        let fault = refused(&sender(&[]), &url).await;
        assert!(fault.reason.contains("operator's network"), "{url}: {fault}");
    }
    assert_eq!(receiver.seen(), [""; 0]);
    let url = format!("http://localhost:{port}/hook");
    assert_eq!(sender(&["127.0.0.0/8"]).call(&call(&url)).await, Ok(204));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let inner = Receiver::at("127.0.0.2:0", OK).await;
    let location = format!("HTTP/1.1 307 Over there\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", inner.url());
    let receiver = Receiver::start(location.leak()).await;
    // Not even to where a call may go.
    let fault = refused(&sender(&["127.0.0.0/8"]), &receiver.url()).await;
    assert_eq!((fault.kind, fault.code.as_deref()), (FaultKind::Temporary, Some("307")), "{fault}");
    assert_eq!((receiver.seen().len(), inner.seen().len()), (1, 0));
}

#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_looked_at() {
    let outer = Receiver::at("127.0.0.1:0", "HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n").await;
    let inner = Receiver::at(&format!("127.0.0.2:{}", outer.address.port()), OK).await;
    // 127.0.0.1 stands for the internet here, 127.0.0.2 for what lies inside.
    let lookup = Answers::new(&[&["127.0.0.1"], &["127.0.0.2"]]);
    let sender = resolved(&["127.0.0.1/32"], &lookup);
    let url = format!("http://receiver.example:{}/hook", outer.address.port());
    assert_eq!(sender.call(&call(&url)).await, Ok(204));
    assert_eq!(lookup.asked.load(Ordering::SeqCst), 1, "a second look may have another answer");
    let fault = refused(&sender, &url).await;
    assert!(fault.reason.contains("operator's network"), "{fault}");
    assert_eq!((outer.seen().len(), inner.seen().len()), (1, 0));
}

#[tokio::test]
async fn of_several_addresses_only_those_outside_are_called() {
    let outer = Receiver::at("127.0.0.1:0", OK).await;
    let inner = Receiver::at(&format!("127.0.0.2:{}", outer.address.port()), OK).await;
    let lookup = Answers::new(&[&["127.0.0.2", "127.0.0.1"]]);
    let url = format!("http://receiver.example:{}/hook", outer.address.port());
    assert_eq!(resolved(&["127.0.0.1/32"], &lookup).call(&call(&url)).await, Ok(204));
    assert_eq!((outer.seen().len(), inner.seen().len()), (1, 0));
    let fault = refused(&resolved(&[], &Answers::new(&[&[]])), &url).await;
    assert_eq!(fault.reason, "could not connect to the receiver");
}

#[tokio::test]
async fn silence_and_answers_without_end_are_bounded() {
    let brief = |url: String| async move {
        let config = WebhookConfig { timeout: Duration::from_millis(300), ..config(&["127.0.0.1/32"]) };
        WebhookSender::new("webhook", config, Arc::new(Noon)).unwrap().call(&call(&url)).await
    };
    let silent = Receiver::start("").await;
    let fault = brief(silent.url()).await.unwrap_err();
    assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Temporary, true), "{fault}");
    let endless = Receiver::start("HTTP/1.1 200 OK\r\n\r\nendless").await;
    assert_eq!(sender(&["127.0.0.1/32"]).call(&call(&endless.url())).await, Ok(200));
    // The status has decided: the rest is not waited for, although it comes and comes.
    let dripping = Receiver::start("HTTP/1.1 200 OK\r\n\r\ndripping").await;
    let (sender, call) = (sender_for(Duration::from_secs(600)), call(&dripping.url()));
    let answered = tokio::time::timeout(Duration::from_secs(60), sender.call(&call)).await;
    assert_eq!(answered.expect("it does not take as long as a call may"), Ok(200));
    let headers = Receiver::start("HTTP/1.1 200 OK\r\nx: endless").await;
    assert!(sender_for(Duration::from_secs(20)).call(&WebhookCall { url: headers.url(), ..call }).await.is_err());
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_is_told() {
    let certificate = Certificate::new();
    let server = {
        use rustls::ServerConfig;
        use rustls::pki_types::pem::PemObject;
        use rustls::pki_types::{CertificateDer, PrivateKeyDer};
        let chain = vec![CertificateDer::from_pem_file(certificate.certificate()).unwrap()];
        let key = PrivateKeyDer::from_pem_file(certificate.key()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        tokio_rustls::TlsAcceptor::from(Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).unwrap()))
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://127.0.0.1:{}/hook", listener.local_addr().unwrap().port());
    let task = tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            if let Ok(mut stream) = server.accept(stream).await {
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(OK.as_bytes()).await;
            }
        }
    });
    let trusting = |ca_file| {
        WebhookSender::new("webhook", WebhookConfig { ca_file, ..config(&["127.0.0.1/32"]) }, Arc::new(Noon)).unwrap()
    };
    let fault = refused(&trusting(None), &url).await;
    assert!(fault.reason.starts_with("no TLS with the receiver: invalid peer certificate"), "{fault}");
    assert_eq!(trusting(Some(certificate.certificate())).call(&call(&url)).await, Ok(204));
    task.abort();
    let config = WebhookConfig { ca_file: Some("/no/such/file".into()), ..config(&[]) };
    assert_eq!(WebhookSender::new("webhook", config, Arc::new(Noon)).unwrap_err().setting, "webhook-ca-file");
}
