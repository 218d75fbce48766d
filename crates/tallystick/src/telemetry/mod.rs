//! What the program tells about itself: logs on standard error, and metrics.

mod lines;
mod logs;
mod memory;
mod metrics;

pub use lines::flush as flush_logs;
pub use logs::{LogError, install as install_logs};
pub use metrics::Metrics;
