//! What a channel's worker has taken and not handed over yet, and whether it may.

use std::collections::VecDeque;
use std::time::Duration;

use channels::FaultKind;
use store::outbox::OutboxRow;
use tokio::time::{Instant, sleep_until};

use super::{Ended, Provider, Verdict, now};
use crate::Core;

/// The first pause after a provider took nothing, and the longest of ours.
const FIRST: Duration = Duration::from_millis(250);
const LONGEST: Duration = Duration::from_secs(30);
/// The longest pause that a provider may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(15 * 60);

/// The pauses of a channel.
#[derive(Debug)]
struct Pauses {
    until: Option<Instant>,
    next: Duration,
}

impl Pauses {
    const fn new() -> Self {
        Self { until: None, next: FIRST }
    }

    /// Hears that the provider takes nothing, and gives the pause that begins now; `None` when one has begun before. Of many messages under
    /// way each may be told the same, and that is one pause.
    fn begin(&mut self, asked: Option<Duration>, now: Instant) -> Option<Duration> {
        let pause = asked.map_or(self.next, |asked| asked.min(LONGEST_ASKED));
        match self.until {
            None => {
                if asked.is_none() {
                    self.next = (self.next * 2).min(LONGEST);
                }
                self.until = Some(now + pause);
                Some(pause)
            }
            Some(until) => {
                if asked.is_some() {
                    self.until = Some(until.max(now + pause));
                }
                None
            }
        }
    }

    /// Hears what became of a try; of what kind the pause is that begins now, and how long it is.
    fn heard(&mut self, verdict: Verdict, now: Instant) -> Option<(FaultKind, Duration)> {
        match verdict {
            Verdict::Decided => {
                self.next = FIRST;
                None
            }
            Verdict::Over | Verdict::Later => None,
            Verdict::Pause(kind, asked) => self.begin(asked, now).map(|pause| (kind, pause)),
        }
    }
}

/// What was taken for a channel, in turns of its lanes.
pub(super) struct Turns<'w> {
    core: &'w Core,
    channel: &'w str,
    /// The most that is taken at once.
    batch: usize,
    queue: VecDeque<OutboxRow>,
    taken_at: Instant,
    /// The last lane that had its turn.
    after: i64,
    /// Nothing was due at the last look.
    idle: bool,
    pauses: Pauses,
}

impl<'w> Turns<'w> {
    pub(super) fn new(core: &'w Core, provider: &'w Provider) -> Self {
        Self {
            core,
            channel: provider.name(),
            batch: batch(provider, core.settings().outbox_lease),
            queue: VecDeque::new(),
            taken_at: now(),
            after: i64::MIN,
            idle: false,
            pauses: Pauses::new(),
        }
    }

    /// The next message; more are taken when there is none.
    pub(super) async fn next(&mut self) -> Option<OutboxRow> {
        if self.taken_at.elapsed() > self.core.settings().outbox_lease / 4 {
            // Too little of their lease is left.
            self.give_back().await;
        }
        if self.queue.is_empty() && !self.idle {
            match self.core.take_due(self.channel, &mut self.after, self.batch).await {
                Ok(taken) => {
                    self.taken_at = now();
                    self.idle = taken.is_empty();
                    self.queue = taken.into();
                }
                Err(error) => {
                    tracing::warn!(channel = self.channel, %error, "the outbox can't be read; the next look goes on");
                    self.idle = true;
                }
            }
        }
        self.queue.pop_front()
    }

    pub(super) fn look(&mut self) {
        self.idle = false;
    }

    pub(super) async fn heard(&mut self, ended: Ended, now: Instant) {
        if let Some(row) = ended.early {
            // Only what was recorded decides whether there is a next try: a row that is gone by now is not given back.
            self.core.give_back(vec![row], self.core.now()).await;
            self.look();
        }
        if let Some((kind, pause)) = self.pauses.heard(ended.verdict, now) {
            let pause_ms = u64::try_from(pause.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(channel = self.channel, fault = ?kind, pause_ms, "the provider takes nothing for now");
            self.give_back().await;
        }
    }

    pub(super) fn is_paused(&self) -> bool {
        self.pauses.until.is_some()
    }

    /// Waits for the end of the pause.
    pub(super) async fn resumed(&mut self) {
        if let Some(until) = self.pauses.until {
            sleep_until(until).await;
            self.pauses.until = None;
            self.idle = false;
        }
    }

    /// Gives back what was taken and not handed over.
    pub(super) async fn give_back(&mut self) {
        if !self.queue.is_empty() {
            self.core.give_back(self.queue.drain(..).collect(), self.core.now()).await;
        }
    }
}

/// How many messages are taken at once: as many as can be handed over while their lease is young.
fn batch(provider: &Provider, lease: Duration) -> usize {
    let window = provider.window.max(1) * 2;
    match provider.per_second {
        None => window,
        Some(rate) => {
            let seconds = lease.as_secs() / 8;
            let paced = u64::from(rate.get()).saturating_mul(seconds.max(1));
            window.min(usize::try_from(paced).unwrap_or(usize::MAX))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_of_refusals_is_one_pause_and_the_next_burst_a_longer_one() {
        let (mut pauses, start) = (Pauses::new(), now());
        assert_eq!(pauses.begin(None, start), Some(FIRST));
        for _ in 0..10 {
            assert_eq!(pauses.begin(None, start), None);
        }
        assert_eq!(pauses.until, Some(start + FIRST));
        pauses.until = None;
        assert_eq!(pauses.begin(None, start), Some(FIRST * 2));
        for _ in 0..20 {
            pauses.until = None;
            pauses.begin(None, start);
        }
        pauses.until = None;
        assert_eq!(pauses.begin(None, start), Some(LONGEST));
    }

    #[test]
    fn only_a_decision_of_the_provider_makes_the_next_pause_a_short_one() {
        let (mut pauses, start) = (Pauses::new(), now());
        let mut pause_after = |verdict| {
            pauses.until = None;
            assert_eq!(pauses.heard(verdict, start), None);
            pauses.heard(Verdict::Pause(FaultKind::Throttled, None), start)
        };
        assert_eq!(pause_after(Verdict::Decided), Some((FaultKind::Throttled, FIRST)));
        assert_eq!(pause_after(Verdict::Over), Some((FaultKind::Throttled, FIRST * 2)));
        assert_eq!(pause_after(Verdict::Later), Some((FaultKind::Throttled, FIRST * 4)));
        assert_eq!(pause_after(Verdict::Decided), Some((FaultKind::Throttled, FIRST)));
    }

    #[test]
    fn what_the_provider_asks_for_is_kept_and_never_shortened() {
        let (mut pauses, start) = (Pauses::new(), now());
        assert_eq!(pauses.begin(Some(SECOND * 600), start), Some(SECOND * 600));
        pauses.begin(None, start);
        pauses.begin(Some(SECOND), start);
        assert_eq!(pauses.until, Some(start + SECOND * 600));
        pauses.begin(Some(SECOND * 86_400), start);
        assert_eq!(pauses.until, Some(start + LONGEST_ASKED));
    }
}
