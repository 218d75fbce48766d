//! Serving: connections in, requests to the router, and an orderly end.

mod files;
mod first_byte;
mod http;
mod listener;
mod run;
mod signals;
mod tls;

pub use files::open_file_limit;
pub use http::{Server, ServerOptions};
pub use listener::{Connection, Listener, Peer};
pub use run::{Ready, ServeError, Sockets, run};
pub use tls::{Certificate, TlsError};
