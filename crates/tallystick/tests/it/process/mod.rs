//! The program as processes on real ports: signals, crashes, TLS, the command line. Everything is bounded in time.

mod api;
mod application;
mod channel;
mod creditor;
mod demo;
mod deployment;
mod document;
mod http;
mod import;
mod invoice;
mod key;
mod killed;
mod merchant;
mod metrics;
mod outbox;
mod partner;
mod pos_token;
mod purchase;
mod refused;
mod revoked;
mod secrets;
mod shut_down;
mod sms;
mod sql;
mod tls;
mod two_processes;
mod unavailable;
mod webhook;
mod wire;

use testkit::process::{Ended, Installation};

/// The program over the database at `url`.
fn installation(url: &str) -> Installation {
    Installation::new(env!("CARGO_BIN_EXE_tallystick"), url)
}

/// Expects that a command refused its configuration, and said this of it.
fn misconfigured(ended: &Ended, said: &[&str]) {
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{ended:?}");
    for text in said {
        assert!(ended.stderr.contains(text), "`{text}` is missing: {ended:?}");
    }
}
