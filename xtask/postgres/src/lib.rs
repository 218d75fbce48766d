//! A private PostgreSQL server in a temporary directory, for tests.
//!
//! [`Server::start`] makes a database cluster that only its owner knows, and dropping the [`Server`] removes it. When the
//! owner is killed, a watchdog of its own does the same, so that neither a process nor a directory is left behind.
//!
//! It stands apart from `testkit` because `cargo xtask` starts one server for all tests and must not wait for the build of the
//! program under test.

mod account;
mod directory;
mod fault;
mod port;
mod programs;
mod server;
mod signal;
mod watchdog;

pub use fault::Fault;
pub use programs::Programs;
pub use server::Server;
