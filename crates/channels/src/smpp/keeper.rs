//! Keeps the connection up.

use std::net::SocketAddr;
use std::sync::Arc;

use domain::Random;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsConnector;

use super::backoff::Backoff;
use super::config::SmppConfig;
use super::link::{self, End, Standing, Stream, Terms};
use crate::{ConfigFault, tls};

/// Where to connect, and how.
pub(super) struct Keeper {
    host: String,
    port: u16,
    tls: Option<Encryption>,
    connect_timeout: std::time::Duration,
    backoff: Backoff,
    random: Arc<dyn Random>,
    terms: Terms,
}

/// How the connection is encrypted, and the name that the provider's certificate must bear.
pub(super) type Encryption = (TlsConnector, ServerName<'static>);

/// Reads the certificates, where the connection is encrypted.
pub(super) fn encryption(config: &SmppConfig) -> Result<Option<Encryption>, ConfigFault> {
    let Some(settings) = &config.tls else { return Ok(None) };
    let name = settings.server_name.as_ref().unwrap_or(&config.host).clone();
    let name = ServerName::try_from(name)
        .map_err(|_| ConfigFault::new("tls.server-name", "is neither a host name nor an address"))?;
    let trusted = tls::config("tls.ca-file", settings.ca_file.as_deref())?;
    Ok(Some((TlsConnector::from(Arc::new(trusted)), name)))
}

impl Keeper {
    pub(super) fn new(config: &SmppConfig, tls: Option<Encryption>, terms: Terms, random: Arc<dyn Random>) -> Self {
        Self {
            host: config.host.clone(),
            port: config.port,
            tls,
            connect_timeout: config.connect_timeout,
            backoff: Backoff::new(config.reconnect_first, config.reconnect_longest),
            random,
            terms,
        }
    }

    /// Connects again and again until `stop` turns true.
    pub(super) async fn run(mut self, standing: watch::Sender<Standing>, mut stop: watch::Receiver<bool>) {
        loop {
            standing.send_replace(Standing::Connecting);
            let stream = tokio::select! {
                stream = self.connect() => stream,
                () = link::stopped(&mut stop) => break,
            };
            let end = match stream {
                Ok(stream) => link::run(stream, &self.terms, &standing, &mut stop).await,
                Err(why) => End { why, code: None, bound: false },
            };
            if *stop.borrow() || stop.has_changed().is_err() {
                break;
            }
            if end.bound {
                self.backoff.reset();
            }
            let wait = self.backoff.next(&*self.random);
            let pause_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(channel = %self.terms.channel, error = %end.why, pause_ms, "the SMPP connection is down");
            standing.send_replace(Standing::Down { why: end.why, code: end.code });
            tokio::select! {
                () = sleep(wait) => {}
                () = link::stopped(&mut stop) => break,
            }
        }
        standing.send_replace(Standing::Closed);
    }

    async fn connect(&self) -> Result<Box<dyn Stream>, String> {
        let (host, port) = (&self.host, self.port);
        let connected = timeout(self.connect_timeout, async {
            let stream = TcpStream::connect((host.as_str(), port)).await?;
            stream.set_nodelay(true)?;
            let peer: SocketAddr = stream.peer_addr()?;
            tracing::debug!(channel = %self.terms.channel, %peer, "connected");
            Ok(match &self.tls {
                None => Box::new(stream) as Box<dyn Stream>,
                Some((connector, name)) => Box::new(connector.connect(name.clone(), stream).await?),
            })
        });
        match connected.await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(connect_fault(host, port, &error)),
            Err(_) => Err(format!("{host}:{port} did not answer in time")),
        }
    }
}

fn connect_fault(host: &str, port: u16, error: &std::io::Error) -> String {
    format!("could not connect to {host}:{port}: {error}")
}
