//! Time, randomness and waiting, handed in so that a test needs none of them.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use time::OffsetDateTime;

/// A wait under way.
pub type Wait<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Where the client takes time, randomness and waiting from. [`SystemRuntime`] is the default; a test hands in its own.
pub trait Runtime: Send + Sync + 'static {
    /// The time now, to work out a `Retry-After` that is a date.
    fn now(&self) -> OffsetDateTime;

    /// Fills `bytes` with random bytes: for jitter, and for idempotency keys, so they must be good.
    fn fill(&self, bytes: &mut [u8]);

    /// Waits: the pause before a retry, and the time limit of one try.
    fn sleep(&self, duration: Duration) -> Wait<'_>;
}

/// The clock and the random source of the operating system, and the timer of tokio.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemRuntime;

impl Runtime for SystemRuntime {
    #[expect(clippy::disallowed_methods, reason = "this is the ambient clock that others take as a Runtime")]
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::now_utc()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the ambient random source that others take as a Runtime")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect(
            "the operating system's random source works in a running program: TLS and the standard library's maps need it too",
        );
    }

    fn sleep(&self, duration: Duration) -> Wait<'_> {
        Box::pin(tokio::time::sleep(duration))
    }
}
