//! `[server]`: where the server listens and how it ends.

use std::net::{Ipv4Addr, SocketAddr};

use domain::Environment;

use super::ConfigError;
use super::error::at_least_one;
use super::section::section;
use super::span::Span;

section! {
    /// Where the server listens and how it ends.
    Server, ServerLayer, "server";

    /// What this installation is: `sandbox` or `production`. Each has a database of its own
    environment ["TALLYSTICK_ENVIRONMENT", "ENVIRONMENT"]: Environment = Environment::Sandbox;

    /// The address to listen on. Port 0 takes a free one
    listen ["TALLYSTICK_LISTEN", "ADDRESS:PORT"]: SocketAddr = SocketAddr::from((Ipv4Addr::LOCALHOST, 8080));

    /// The most connections at once. Further ones wait to be accepted
    max_connections ["TALLYSTICK_MAX_CONNECTIONS", "NUMBER"]: usize = 4096;

    /// How long a connection may stay without a complete request head before it is closed
    header_timeout ["TALLYSTICK_HEADER_TIMEOUT", "SPAN"]: Span = Span::seconds(30);

    /// How long a shut-down waits for requests that are under way
    shutdown_timeout ["TALLYSTICK_SHUTDOWN_TIMEOUT", "SPAN"]: Span = Span::seconds(30);

    /// Threads that handle requests. Not set: one for each processor
    worker_threads ["TALLYSTICK_WORKER_THREADS", "NUMBER"]: usize;
}

impl Server {
    /// Refuses values that would keep the server from serving.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        at_least_one("max-connections", self.max_connections)?;
        at_least_one("worker-threads", self.worker_threads.unwrap_or(1))?;
        at_least_one("header-timeout", usize::from(!self.header_timeout.0.is_zero()))
    }
}
