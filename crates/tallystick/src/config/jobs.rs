//! `[jobs]`: what is done in the background.

use super::ConfigError;
use super::error::at_least_one;
use super::section::section;
use super::span::Span;

section! {
    /// What is done in the background.
    Jobs, JobsLayer, "jobs";

    /// How often new audit records are sealed into the hash chain of their partner
    audit_seal_interval ["TALLYSTICK_AUDIT_SEAL_INTERVAL", "SPAN"]: Span =
        Span(service::Settings::default().audit_seal_interval);

    /// How long the answer to an `Idempotency-Key` is kept
    idempotency_retention ["TALLYSTICK_IDEMPOTENCY_RETENTION", "SPAN"]: Span =
        Span(service::Settings::default().idempotency_retention);

    /// How long a worker takes a message of the outbox for. Longer than any channel waits for an answer
    outbox_lease ["TALLYSTICK_OUTBOX_LEASE", "SPAN"]: Span = Span(service::Settings::default().outbox_lease);
}

impl Jobs {
    /// Refuses spans of nothing.
    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        at_least_one("audit-seal-interval", usize::from(!self.audit_seal_interval.0.is_zero()))?;
        at_least_one("outbox-lease", usize::from(!self.outbox_lease.0.is_zero()))?;
        at_least_one("idempotency-retention", usize::from(!self.idempotency_retention.0.is_zero()))
    }
}
