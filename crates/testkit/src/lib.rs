//! A started server on either engine, and fixtures; used by tests and benches only.

pub mod account;
#[cfg(feature = "server")]
pub mod app;
pub mod clock;
#[cfg(feature = "core")]
pub mod core;
pub mod database;
#[cfg(feature = "peers")]
pub mod peer;
#[cfg(feature = "peers")]
pub mod postfix;
pub mod postgres;
#[cfg(feature = "server")]
pub mod process;
pub mod random;
pub mod small_disk;
pub mod widget;
