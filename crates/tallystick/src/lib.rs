//! The program: command line, configuration, start-up and shut-down. `main.rs` only calls [`main`]; everything is here, so that a
//! test can build the app without a port.

pub mod app;
pub mod cli;
pub mod config;
pub mod master_key;
pub mod providers;
pub mod secret_file;
pub mod serve;
pub mod start;
pub mod system;
pub mod telemetry;

pub use cli::main;

/// A request makes some hundred small allocations on one thread and frees them on another, which the system's allocator is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
