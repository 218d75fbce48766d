//! The removal of token pairs that have had their time. A job of its own: a million may have had theirs at once, and as many may come
//! as go, so that nothing else may wait until none is left.

use std::time::Duration;

use domain::{Timestamp, oauth_token};
use store::StoreError;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::Core;
use crate::key_cache::monotonic;

/// The most pairs, and ends of families, that one transaction removes: each pair stands in four indexes, two of them in no order, and whoever
/// asks for a token waits for the same writer.
const BATCH: i64 = 50;

/// A pair of a family that has ended may have been made up to the end, and works for one lifetime; another is for clocks that differ.
const FAMILY_END_RETENTION: Duration = Duration::from_secs(2 * oauth_token::LIFETIME.as_secs());

pub(super) async fn run(core: Core, every: Duration) {
    let mut tick = interval(every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match core.remove_old_tokens().await {
            Ok(0) => {}
            Ok(removed) => tracing::debug!(removed, "removed token pairs that have had their time"),
            Err(error) => tracing::warn!(%error, "old token pairs were not all removed; the next round goes on"),
        }
    }
}

impl Core {
    /// Removes the token pairs that have had their time, and the ends of families, and gives the number of rows.
    ///
    /// # Errors
    /// When the database fails. What was removed by then stays removed.
    pub(super) async fn remove_old_tokens(&self) -> Result<u64, StoreError> {
        let (mut removed, mut pace) = (0, Pace::default());
        for batch in 0_u64.. {
            // Asked for anew each time, since a round may last as long as there is something to remove.
            let now = self.now();
            let (expired, ended) = (now.before(self.settings().token_retention), now.before(FAMILY_END_RETENTION));
            if batch.is_multiple_of(Pace::LOOK) {
                pace.look(self.lateness(expired).await?);
            }
            let began = monotonic();
            let (pairs, ends) = self
                .db()
                .take(move |tx| {
                    Box::pin(async move {
                        let pairs = store::oauth_token::purge(tx, expired, BATCH).await?;
                        let ends = store::oauth_token::purge_family_ends(tx, ended, BATCH).await?;
                        Ok::<_, StoreError>((pairs, ends))
                    })
                })
                .await?;
            removed += pairs + ends;
            if pairs.max(ends) < BATCH.unsigned_abs() {
                break;
            }
            sleep(pace.rest(began.elapsed())).await;
        }
        Ok(removed)
    }

    /// How long ago the oldest pair was to be removed, when those that expired before `expired` are.
    async fn lateness(&self, expired: Timestamp) -> Result<Duration, StoreError> {
        let oldest = store::oauth_token::first_expiry(&mut self.db().reader().await?).await?;
        Ok(oldest.map(|oldest| expired.since(oldest)).unwrap_or_default())
    }
}

/// How much the writer is left to others.
struct Pace {
    /// That of the last look.
    lateness: Duration,
    hurries: bool,
}

impl Default for Pace {
    /// In no hurry: what had its time while no process ran is no sign that pairs come faster than they go.
    fn default() -> Self {
        Self { lateness: Duration::MAX, hurries: false }
    }
}

impl Pace {
    /// After so many batches it is looked whether pairs come faster than they go.
    const LOOK: u64 = 100;
    /// How long a batch is followed by a rest, in times that the batch took.
    const REST: u32 = 4;
    /// The longest rest: a batch that took long waited for something else.
    const LONGEST_REST: Duration = Duration::from_secs(1);
    /// How late the oldest pair may be before there is a hurry.
    const LATE: Duration = Duration::from_secs(5 * 60);

    /// Hurries where the oldest pair is late, and not less than at the last look: then the table grows.
    fn look(&mut self, lateness: Duration) {
        self.hurries = lateness > Self::LATE && lateness >= self.lateness;
        self.lateness = lateness;
    }

    /// How long to leave the writer to others after a batch that took `took`.
    fn rest(&self, took: Duration) -> Duration {
        if self.hurries { Duration::ZERO } else { took.saturating_mul(Self::REST).min(Self::LONGEST_REST) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BATCH_TOOK: Duration = Duration::from_millis(5);

    #[test]
    fn a_batch_is_followed_by_a_rest_of_a_second_at_most() {
        let pace = Pace::default();
        assert_eq!(pace.rest(BATCH_TOOK), Duration::from_millis(20));
        for took in [Duration::from_millis(251), Duration::from_secs(60), Duration::MAX] {
            assert_eq!(pace.rest(took), Duration::from_secs(1));
        }
    }

    #[test]
    fn there_is_no_rest_while_the_oldest_pair_is_late_and_not_less_than_before() {
        let mut pace = Pace::default();
        // After a night without a process; then slower than pairs come, faster again, and within the time that is allowed.
        for (minutes, hurries) in
            [(480, false), (479, false), (479, true), (480, true), (470, false), (471, true), (5, false), (5, false)]
        {
            pace.look(Duration::from_secs(minutes * 60));
            assert_eq!(pace.rest(BATCH_TOOK).is_zero(), hurries, "{minutes}");
        }
    }
}
