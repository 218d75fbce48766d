//! HTTPS with ring alone: what is trusted works, what is not is refused at once.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::thread::JoinHandle;

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ClientConfig, RootCertStore, ServerConfig, ServerConnection, StreamOwned};
use tallystick_client::{Error, TransportFault};
use tokio::sync::Notify;

use crate::peer::Step;
use crate::support::{Still, builder, valid_until};

fn client_config(roots: RootCertStore) -> ClientConfig {
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}

/// Serves one connection over TLS, and tells whether a request came through it.
fn serve_one(listener: TcpListener, certified: &CertifiedKey<rcgen::KeyPair>) -> JoinHandle<bool> {
    let key = PrivateKeyDer::Pkcs8(certified.signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    std::thread::spawn(move || {
        let (tcp, _) = listener.accept().unwrap();
        let mut stream = BufReader::new(StreamOwned::new(ServerConnection::new(Arc::new(config)).unwrap(), tcp));
        let mut line = String::new();
        while line != "\r\n" {
            line.clear();
            if !matches!(stream.read_line(&mut line), Ok(1..)) {
                return false;
            }
        }
        let Step::Send(answer) = valid_until("2027-01-01T00:00:00Z") else { return false };
        let stream = stream.get_mut();
        stream.write_all(&answer).unwrap();
        stream.conn.send_close_notify();
        stream.flush().unwrap();
        true
    })
}

#[tokio::test]
async fn a_certificate_authority_of_ones_own_is_trusted_when_handed_in() {
    let certified = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let mut roots = RootCertStore::empty();
    roots.add(certified.cert.der().clone()).unwrap();
    let server = serve_one(listener, &certified);

    let still = Still::new(Notify::new().into());
    let client = builder(&url, &still).tls(client_config(roots)).build().unwrap();
    assert!(client.validate().await.unwrap().is_valid());
    assert!(server.join().unwrap());
}

#[tokio::test]
async fn an_untrusted_certificate_gets_no_key_and_no_second_try() {
    let certified = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let other = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let mut roots = RootCertStore::empty();
    roots.add(other.cert.der().clone()).unwrap();
    let server = serve_one(listener, &certified);

    let still = Still::new(Notify::new().into());
    let client = builder(&url, &still).tls(client_config(roots)).build().unwrap();
    let error = client.validate().await.unwrap_err();
    assert!(matches!(error, Error::Transport { fault: TransportFault::Tls, .. }), "{error:?}");
    assert!(!error.is_transient());
    assert!(still.pauses().is_empty());
    assert!(!server.join().unwrap());
}
