//! Metrics in the text form of Prometheus.

use std::time::Duration;

use metrics::Unit;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

/// Upper bounds for times in seconds: from a cached answer to a request that hangs.
const SECONDS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// Upper bounds for counts, such as the writes that share a commit.
const COUNTS: [f64; 9] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0];

/// How often the histograms are drained, so that their samples do not heap up between two readings.
const UPKEEP: Duration = Duration::from_secs(5);

const RESIDENT_MEMORY: &str = "process_resident_memory_bytes";

/// Gives the metrics that were gathered so far.
#[derive(Clone)]
pub struct Metrics(PrometheusHandle);

impl Metrics {
    fn builder() -> PrometheusBuilder {
        let builder = PrometheusBuilder::new().set_buckets(&COUNTS);
        let builder = builder.expect("the list of bounds is not empty");
        let builder = builder.set_buckets_for_metric(Matcher::Suffix("_seconds".into()), &SECONDS);
        builder.expect("the list of bounds is not empty")
    }

    /// Gathers the metrics of the whole process from now on. When they are gathered already, by a test before, these stay empty.
    #[must_use]
    pub fn install() -> Self {
        let recorder = Self::builder().build_recorder();
        let metrics = Self(recorder.handle());
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::debug!("metrics are gathered already");
        }
        metrics::describe_gauge!(RESIDENT_MEMORY, Unit::Bytes, "Resident memory of the process");
        metrics::gauge!("tallystick_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
        metrics
    }

    /// Metrics of a recorder that nothing writes to, for a test.
    #[must_use]
    pub fn detached() -> Self {
        Self(Self::builder().build_recorder().handle())
    }

    /// The text of `GET /metrics`.
    #[must_use]
    pub fn render(&self) -> String {
        if let Some(bytes) = super::memory::resident_bytes() {
            #[expect(clippy::cast_precision_loss, reason = "a gauge is a float, and memory stays below 2^53 bytes")]
            metrics::gauge!(RESIDENT_MEMORY).set(bytes as f64);
        }
        self.0.render()
    }

    /// Keeps the histograms small until the future is dropped.
    pub async fn keep_up(self) {
        let mut tick = tokio::time::interval(UPKEEP);
        loop {
            tick.tick().await;
            self.0.run_upkeep();
        }
    }
}
