//! One listening address: HTTP/1.1 and HTTP/2 on the same port, with or without TLS.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum_server::Handle;
use axum_server::accept::DefaultAcceptor;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use hyper_util::rt::TokioTimer;
use tokio::task::JoinHandle;

use super::first_byte::FirstByte;
use super::listener::{Listener, Peer};

/// HTTP/2: how often a quiet peer is asked whether it is still there, and how long it may take to answer.
const PING_EVERY: Duration = Duration::from_secs(30);
const PING_WITHIN: Duration = Duration::from_secs(20);

/// HTTP/2: requests that one connection may have under way.
const STREAMS: u32 = 256;

/// The bounds of a server.
#[derive(Clone, Copy, Debug)]
pub struct ServerOptions {
    /// The most connections that are open at once.
    pub max_connections: usize,
    /// How long a connection may stay without a complete request head. It is also how long an idle HTTP/1.1 connection is kept.
    pub header_timeout: Duration,
}

/// A server that accepts connections.
pub struct Server {
    address: SocketAddr,
    handle: Handle<Peer>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Serves `router` on `socket`. It accepts connections when this returns.
    ///
    /// # Errors
    /// When the socket can't be used.
    pub async fn start(
        socket: std::net::TcpListener,
        router: Router,
        tls: Option<RustlsConfig>,
        options: ServerOptions,
    ) -> io::Result<Self> {
        let address = socket.local_addr()?;
        let listener = Listener::new(socket, options.max_connections)?;
        let handle = Handle::new();
        let mut server = axum_server::Server::<Peer>::from_listener(listener).handle(handle.clone());
        let builder = server.http_builder();
        builder.http1().timer(TokioTimer::new()).header_read_timeout(options.header_timeout);
        builder
            .http2()
            .timer(TokioTimer::new())
            .max_concurrent_streams(STREAMS)
            .keep_alive_interval(PING_EVERY)
            .keep_alive_timeout(PING_WITHIN);
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let task = match tls {
            Some(config) => {
                let acceptor = RustlsAcceptor::new(config).acceptor(DefaultAcceptor::new());
                let acceptor = FirstByte::new(acceptor, options.header_timeout);
                tokio::spawn(server.acceptor(acceptor).serve(service))
            }
            None => {
                let acceptor = FirstByte::new(DefaultAcceptor::new(), options.header_timeout);
                tokio::spawn(server.acceptor(acceptor).serve(service))
            }
        };
        if handle.listening().await.is_none() {
            return Err(io::Error::other("the server ended before it accepted a connection"));
        }
        Ok(Self { address, handle, task })
    }

    /// The address it listens on, with the port that was taken.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections that are open now.
    #[must_use]
    pub fn connections(&self) -> usize {
        self.handle.connection_count()
    }

    /// Accepts nothing more, and lets what is under way go on for at most `within`.
    pub fn begin_shutdown(&self, within: Duration) {
        self.handle.graceful_shutdown(Some(within));
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// When it ended by a fault.
    pub async fn ended(&mut self) -> io::Result<()> {
        (&mut self.task).await.map_err(io::Error::other)?
    }
}
