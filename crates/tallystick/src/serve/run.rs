//! The life of the server: start, ready, shut-down.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use service::Core;

use super::files::{connections_within, open_file_limit};
use super::http::{Server, ServerOptions};
use super::signals::Signals;
use super::tls::{Certificate, TlsError};
use crate::app;
use crate::config::Settings;
use crate::providers::{self, ChannelError};
use crate::secret_file::SecretFileError;
use crate::telemetry::Metrics;

/// What a started server tells.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Where it listens: `http://127.0.0.1:8080`.
    pub url: String,
    /// Where it serves metrics, when they have an address of their own.
    pub metrics: Option<SocketAddr>,
}

/// Why serving failed.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address can't be listened on.
    #[error("{address} can't be listened on: {source}. Choose another with --{setting}; port 0 takes a free one")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The setting that names it.
        setting: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The certificate can't be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A channel can't be made.
    #[error(transparent)]
    Channel(#[from] ChannelError),
    /// The token of the metrics can't be read.
    #[error("the metrics token: {0}")]
    MetricsToken(#[from] SecretFileError),
    /// The system refuses what a server needs.
    #[error("the server failed: {0}")]
    Io(#[from] io::Error),
    /// A second signal came during the shut-down.
    #[error("ended at once by a second signal; requests that were under way may have been cut off")]
    CutShort,
}

/// The sockets of a server, taken before anything else so that a wrong address shows at once.
pub struct Sockets {
    main: TcpListener,
    metrics: Option<TcpListener>,
}

impl Sockets {
    /// Listens on the addresses of the settings. Connections wait until the server accepts them.
    ///
    /// # Errors
    /// When one can't be listened on.
    pub fn bind(settings: &Settings) -> Result<Self, ServeError> {
        Ok(Self {
            main: bind(settings.server.listen, "listen")?,
            metrics: settings.telemetry.metrics_listen.map(|address| bind(address, "metrics-listen")).transpose()?,
        })
    }
}

fn bind(address: SocketAddr, setting: &'static str) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).map_err(|source| ServeError::Listen { address, setting, source })
}

/// Serves until a signal asks for the end, and then ends in order: no new connections, what is under way is finished, background
/// work stops, the database is closed. `ready` is called once requests are answered.
///
/// # Errors
/// When it can't start, fails, or is cut short.
pub async fn run(
    core: Core,
    settings: &Settings,
    sockets: Sockets,
    metrics: Metrics,
    ready: impl AsyncFnOnce(&Core, &Ready),
) -> Result<(), ServeError> {
    let mut signals = Signals::new(settings.tls.files().is_some())?;
    let certificate = match settings.tls.files() {
        Some((certificate, key)) => Some(Certificate::read(certificate, key).await?),
        None => None,
    };
    let scheme = if certificate.is_some() { "https" } else { "http" };
    let token = app::metrics_token(settings)?;
    let max_connections = connections_within(open_file_limit(), settings.server.max_connections);
    if max_connections < settings.server.max_connections {
        tracing::warn!(
            max_connections,
            "fewer connections are taken than configured: the system's limit of open files is low"
        );
    }
    if settings.is_behind_unnamed_proxy() {
        tracing::warn!(
            "trusted-proxies is set and public-url is not: OAuth clients are told the proxy's inner address"
        );
    }
    let options = ServerOptions { max_connections, header_timeout: settings.server.header_timeout.0 };

    let providers = providers::all(&core, settings)?;
    let jobs = core.start_jobs();
    let worker = core.start_worker(providers.worker);
    let news = core.start_news(providers.sources);
    let router = app::router(core.clone(), settings, metrics.clone(), token);
    let config = certificate.as_ref().map(Certificate::config);
    let mut main = Server::start(sockets.main, router, config, options).await?;
    let mut side = match sockets.metrics {
        Some(socket) => Some(Server::start(socket, app::metrics_router(metrics.clone()), None, options).await?),
        None => None,
    };
    let upkeep = tokio::spawn(metrics.keep_up());
    let follow = certificate.map(|certificate| tokio::spawn(certificate.follow()));

    let told = Ready { url: format!("{scheme}://{}", main.address()), metrics: side.as_ref().map(Server::address) };
    tracing::info!(url = %told.url, environment = %core.environment(), engine = %core.db().engine(), "ready");
    ready(&core, &told).await;

    let served = tokio::select! {
        signal = signals.next() => {
            tracing::info!(signal, connections = main.connections(), "shutting down");
            tokio::select! {
                ended = finish(&mut main, settings.server.shutdown_timeout.0) => ended.map_err(ServeError::Io),
                signal = signals.next() => {
                    tracing::warn!(signal, "ending at once");
                    return Err(ServeError::CutShort);
                }
            }
        }
        ended = main.ended() => ended.and(Err(io::Error::other("the server ended by itself"))).map_err(ServeError::Io),
    };
    upkeep.abort();
    if let Some(follow) = follow {
        follow.abort();
    }
    let close = async {
        if let Some(side) = &mut side {
            finish(side, Duration::ZERO).await?;
        }
        worker.stop().await;
        news.stop().await;
        jobs.stop().await;
        core.db().close().await;
        Ok::<_, io::Error>(())
    };
    tokio::select! {
        closed = close => closed?,
        _ = signals.next() => return Err(ServeError::CutShort),
    }
    tracing::info!("ended");
    served
}

async fn finish(server: &mut Server, within: Duration) -> io::Result<()> {
    server.begin_shutdown(within);
    server.ended().await
}
