//! What the program tells about itself: logs on standard error, and metrics.

mod logs;
mod memory;
mod metrics;

pub use logs::{BadFilter, install as install_logs};
pub use metrics::Metrics;
