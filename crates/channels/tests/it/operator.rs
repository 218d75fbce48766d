//! An e-invoice operator's address, against servers that take, refuse, redirect, talk nonsense, hang, and cut the link.

use std::net::SocketAddr;
use std::sync::Arc;

use channels::operator::OperatorChannel;
use channels::{Document, DocumentChannel, Fault, FaultKind};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use testkit::peer::PATIENCE;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::support::{Certificate, Noon, document};

const ID: &str = "00000000-0000-0000-0000-000000000007";

/// What a server does when it has said what it says.
#[derive(Clone, Copy)]
enum Then {
    Close,
    Hang,
    /// Goes on saying nothing of worth, for ever.
    Flood,
}

/// Takes whole requests, and answers each with the same octets.
struct Operator {
    address: SocketAddr,
    seen: mpsc::UnboundedReceiver<String>,
    server: JoinHandle<()>,
}

impl Operator {
    async fn start(answer: &str, then: Then) -> Self {
        Self::with_tls(answer, then, None).await
    }

    async fn with_tls(answer: &str, then: Then, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, seen) = mpsc::unbounded_channel();
        let answer = answer.to_owned();
        let server = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (sender, answer, tls) = (sender.clone(), answer.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &answer, then, &sender).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, &answer, then, &sender).await;
                            }
                        }
                    }
                });
            }
        });
        Self { address, seen, server }
    }

    async fn next(&mut self) -> String {
        timeout(PATIENCE, self.seen.recv()).await.expect("no request came in time").unwrap()
    }

    fn url(&self) -> String {
        format!("http://{}/finvoice", self.address)
    }

    /// A channel to it.
    fn channel(&self, extra: &str) -> OperatorChannel {
        channel(&self.url(), extra)
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: &str,
    then: Then,
    sender: &mpsc::UnboundedSender<String>,
) {
    let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
    while !is_whole(&request) {
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return,
            Ok(read) => request.extend_from_slice(&chunk[..read]),
        }
    }
    let _ = sender.send(String::from_utf8(request).unwrap());
    let _ = stream.write_all(answer.as_bytes()).await;
    match then {
        Then::Close => drop(stream.shutdown().await),
        Then::Hang => std::future::pending().await,
        Then::Flood => while stream.write_all(&[b'x'; 4096]).await.is_ok() {},
    }
}

fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

fn channel(url: &str, extra: &str) -> OperatorChannel {
    let text = format!("url = '{url}'\n{extra}");
    OperatorChannel::new("operator", &toml::from_str(&text).unwrap(), Arc::new(Noon)).unwrap()
}

fn invoice() -> Document {
    let mut invoice = document(7, &[b"<Finvoice>100 e</Finvoice>"]);
    invoice.files[0].content_type = "application/xml".to_owned();
    invoice
}

async fn refused(channel: &OperatorChannel) -> Fault {
    let fault = channel.send(&invoice()).await.unwrap_err();
    assert!(!format!("{fault:?} {channel:?}").contains("hunter22"), "{fault:?}");
    fault
}

const TAKEN: &str = "HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\nok";

#[tokio::test]
async fn an_invoice_arrives_whole_with_its_identifier_and_our_credentials() {
    for (settings, credentials) in [
        // RFC 7617, section 2, has this pair.
        ("user = 'Aladdin'\npassword = 'open sesame'", "authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ("token = 'hunter22'", "authorization: Bearer hunter22"),
        ("headers = { X-Api-Key = 'hunter22' }", "x-api-key: hunter22"),
    ] {
        let mut operator = Operator::start(TAKEN, Then::Hang).await;
        let channel = operator.channel(settings);
        assert!(!format!("{channel:?}").contains("hunter22"));
        assert_eq!(channel.send(&invoice()).await.unwrap().provider_message_ids, [ID]);
        let seen = operator.next().await;
        let id = format!("idempotency-key: {ID}");
        for line in ["POST /finvoice HTTP/1.1", "content-type: application/xml", credentials, &id] {
            assert!(seen.lines().any(|one| one == line), "{line} is not in {seen}");
        }
        assert!(seen.ends_with("\r\n\r\n<Finvoice>100 e</Finvoice>"), "{seen}");
    }
}

#[tokio::test]
async fn headers_are_called_as_the_operator_has_them() {
    let mut operator = Operator::start(TAKEN, Then::Hang).await;
    let channel = operator.channel("id-header = 'X-Request-Id'\ncontent-type = 'text/xml; charset=iso-8859-15'");
    assert_eq!(channel.send(&invoice()).await.unwrap().provider_message_ids, [ID]);
    let seen = operator.next().await;
    let id = format!("x-request-id: {ID}\r\n");
    assert!(seen.contains(&id) && seen.contains("content-type: text/xml; charset=iso-8859-15\r\n"), "{seen}");
}

#[tokio::test]
async fn the_status_decides() {
    for (answer, kind, wait, unsure) in [
        ("400 Bad\r\n", FaultKind::Permanent, None, false),
        ("404 Not Found\r\n", FaultKind::Unreachable, None, false),
        ("422 Unprocessable Content\r\n", FaultKind::Permanent, None, false),
        ("422 No\r\n", FaultKind::Permanent, None, false),
        ("401 Who\r\n", FaultKind::Unreachable, None, false),
        ("403 No\r\n", FaultKind::Unreachable, None, false),
        ("408 Slow\r\n", FaultKind::Temporary, None, false),
        ("409 Conflict\r\n", FaultKind::Temporary, None, false),
        ("425 Early\r\nretry-after: 5\r\n", FaultKind::Temporary, Some(5), false),
        ("429 Slow down\r\nretry-after: 90\r\n", FaultKind::Throttled, Some(90), false),
        ("429 Slow down\r\nretry-after: soon\r\n", FaultKind::Throttled, None, false),
        ("503 Full\r\nretry-after: Sat, 21 Nov 2026 12:00:30 GMT\r\n", FaultKind::Throttled, Some(30), false),
        ("503 Full\r\n", FaultKind::Temporary, None, false),
        ("500 Oh\r\n", FaultKind::Temporary, None, true),
        ("502 Oh\r\n", FaultKind::Temporary, None, true),
        ("504 Oh\r\n", FaultKind::Temporary, None, true),
        ("599 What\r\n", FaultKind::Temporary, None, true),
    ] {
        let whole = format!("HTTP/1.1 {answer}content-length: 0\r\n\r\n");
        let operator = Operator::start(&whole, Then::Hang).await;
        let fault = refused(&operator.channel("token = 'hunter22'")).await;
        let found = (fault.kind, fault.retry_after.map(|wait| wait.as_secs()), fault.may_have_been_accepted);
        assert_eq!((found, fault.code.as_deref()), ((kind, wait, unsure), Some(&answer[..3])), "{fault}");
        assert_eq!(fault.is_duplicate, answer.starts_with("409"), "{fault}");
    }
}

#[tokio::test]
async fn the_operators_words_are_kept_where_they_are_for_people() {
    let answer = "HTTP/1.1 422 No\r\ncontent-type: application/problem+json\r\ncontent-length: 30\r\n\r\n{\"title\":\r\n\"No such receiver\"}";
    let operator = Operator::start(answer, Then::Hang).await;
    let fault = refused(&operator.channel("")).await;
    assert_eq!(fault.to_string(), "422: the operator answered 422: {\"title\": \"No such receiver\"}");
    // The status has decided, also where the words never end.
    let endless = "HTTP/1.1 422 No\r\ncontent-type: text/plain\r\n\r\n";
    let fault = refused(&Operator::start(endless, Then::Flood).await.channel("")).await;
    assert_eq!((fault.kind, fault.to_string()), (FaultKind::Permanent, "422: the operator answered 422".to_owned()));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mut other = Operator::start(TAKEN, Then::Hang).await;
    for status in [301, 302, 307, 308] {
        let answer = format!("HTTP/1.1 {status} There\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", other.url());
        let mut operator = Operator::start(&answer, Then::Hang).await;
        let fault = refused(&operator.channel("token = 'hunter22'")).await;
        assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Unreachable, false), "{fault}");
        assert!(fault.reason.contains("redirects are not followed"), "{fault}");
        operator.next().await;
    }
    assert!(other.seen.try_recv().is_err());
}

#[tokio::test]
async fn nonsense_and_answers_without_an_end_leave_a_doubt() {
    for (answer, then) in [
        ("SSH-2.0-OpenSSH_9.6\r\n", Then::Close),
        ("HTTP/1.1 999999 What\r\n\r\n", Then::Close),
        ("", Then::Close),
        ("HTTP/1.1 200 O", Then::Close),
        ("HTTP/1.1 200 OK\r\nx: ", Then::Flood),
        ("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf of", Then::Close),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", Then::Close),
        ("HTTP/1.1 200 OK\r\n\r\n", Then::Flood),
    ] {
        let mut operator = Operator::start(answer, then).await;
        let fault = refused(&operator.channel("token = 'hunter22'")).await;
        assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Temporary, true), "{answer}: {fault}");
        operator.next().await;
    }
    for answer in ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n"] {
        let mut operator = Operator::start(answer, Then::Hang).await;
        let fault = refused(&operator.channel("timeout = '500ms'")).await;
        assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Temporary, true), "{answer}: {fault}");
        operator.next().await;
    }
}

#[tokio::test]
async fn where_nobody_is_there_is_no_doubt() {
    // Taken and given back, so that nobody listens there.
    let port = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let fault = refused(&channel(&format!("http://127.0.0.1:{port}"), "token = 'hunter22'")).await;
    assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Unreachable, false), "{fault}");
}

#[tokio::test]
async fn only_one_file_is_taken() {
    let mut operator = Operator::start(TAKEN, Then::Hang).await;
    for files in [&[][..], &[&b"one"[..], b"two"]] {
        let fault = operator.channel("").send(&document(7, files)).await.unwrap_err();
        assert_eq!(fault.kind, FaultKind::Permanent, "{fault}");
    }
    assert!(operator.seen.try_recv().is_err());
}

#[tokio::test]
async fn a_certificate_that_is_not_trusted_gets_nothing() {
    let certificate = Certificate::new();
    let chain = vec![CertificateDer::from_pem_file(certificate.certificate()).unwrap()];
    let key = PrivateKeyDer::from_pem_file(certificate.key()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let tls = Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).unwrap());
    let mut operator = Operator::with_tls(TAKEN, Then::Hang, Some(tls.into())).await;
    let url = format!("https://127.0.0.1:{}/finvoice", operator.address.port());
    let trusting = |certificate: &Certificate| {
        channel(&url, &format!("token = 'hunter22'\nca-file = '{}'", certificate.certificate().display()))
    };
    let fault = refused(&trusting(&Certificate::new())).await;
    assert_eq!((fault.kind, fault.may_have_been_accepted), (FaultKind::Unreachable, false), "{fault}");
    assert!(operator.seen.try_recv().is_err());
    trusting(&certificate).send(&invoice()).await.unwrap();
    assert!(operator.next().await.contains("hunter22"));
}

#[tokio::test]
async fn the_test_of_the_channel_asks_where_it_is_told() {
    let mut operator = Operator::start("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", Then::Hang).await;
    let with = |operator: &Operator| {
        operator.channel(&format!("token = 'hunter22'\ntest-url = 'http://{}/ping'", operator.address))
    };
    assert!(with(&operator).test().await.unwrap().contains("200"));
    let seen = operator.next().await;
    assert!(
        seen.starts_with("GET /ping HTTP/1.1\r\n") && seen.contains("authorization: Bearer hunter22\r\n"),
        "{seen}"
    );
    assert!(operator.channel("").test().await.unwrap().contains("without a test-url"));
    let wary = Operator::start("HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n", Then::Hang).await;
    let fault = with(&wary).test().await.unwrap_err();
    assert_eq!((fault.code.as_deref(), fault.may_have_been_accepted), (Some("500"), false));
}
