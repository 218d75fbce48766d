//! The worker: takes what waits in the outbox, hands it to its channel, and records what became of it.
//!
//! Nothing is sent inside a transaction. A message is leased, sent, and then removed in the transaction that records it as sent; a
//! worker that dies in between leaves a lease that ends by itself, and the message is sent once more under the same identifier. While
//! a message is being sent its lease is renewed, so that a slow provider does not get it twice. Workers of several processes take
//! different rows. Within a channel the lanes (one for each creditor) take turns.

mod bells;
mod pace;
mod room;
mod turns;
mod under_way;

pub(crate) use bells::Bells;
pub use room::LEAST_WEBHOOK_WINDOW;

use std::convert::Infallible;
use std::num::NonZeroU32;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use channels::webhook::WebhookChannel;
use channels::{DocumentChannel, Fault, FaultKind, MailChannel, SmsChannel};
use domain::{Timestamp, random, retry};
use futures_util::FutureExt as _;
use store::StoreError;
use store::outbox::{Kind, OutboxRow};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, sleep, timeout};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::Core;
use crate::invoice_delivery::Carrier;
use pace::Pace;
pub(crate) use room::Room;
use turns::Turns;
use under_way::{Ended, Sending, UnderWay};

/// How often a worker looks for what others have written, or what has become due.
const POLL: Duration = Duration::from_millis(500);
/// The lanes that one query tells of, and the most queries of one look.
const LANES: i64 = 64;
const MOST_PAGES: usize = 64;
/// How long the messages that are under way may take when the process ends.
const FAREWELL: Duration = Duration::from_secs(10);
/// The first pause before what became of a message is written again, and the longest.
const WRITE_AGAIN: Duration = Duration::from_millis(100);
const WRITE_AGAIN_LONGEST: Duration = Duration::from_secs(2);
/// The longest that a message waits for its next try because the provider asked for it.
const LONGEST_ASKED: Duration = Duration::from_secs(6 * 3600);
/// The pause before a worker that panicked begins anew.
const AFTER_PANIC: Duration = Duration::from_secs(1);

/// A channel, and how much may be asked of it.
#[derive(Clone)]
pub struct Provider {
    /// What sends.
    pub sends: Sends,
    /// The most messages that are under way at once.
    pub window: usize,
    /// The most messages a second; `None` is no limit of ours.
    pub per_second: Option<NonZeroU32>,
}

/// A channel by what it sends.
#[derive(Clone)]
pub enum Sends {
    /// Short messages.
    Sms(Arc<dyn SmsChannel>),
    /// Mail.
    Mail(Arc<dyn MailChannel>),
    /// Invoices as files: to the printer, or to the e-invoice operator.
    Documents(Arc<dyn DocumentChannel>),
    /// Webhooks.
    Webhook(Arc<dyn WebhookChannel>),
}

impl Provider {
    /// The channel's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.sends {
            Sends::Sms(channel) => channel.name(),
            Sends::Mail(channel) => channel.name(),
            Sends::Documents(channel) => channel.name(),
            Sends::Webhook(channel) => channel.name(),
        }
    }

    /// Whether the lanes are other receivers, and not only other senders: one that hangs must not take the whole window.
    const fn has_receivers(&self) -> bool {
        match self.sends {
            Sends::Sms(_) | Sends::Mail(_) | Sends::Documents(_) => false,
            Sends::Webhook(_) => true,
        }
    }
}

/// What became of one try, for the worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The provider has decided: it has taken the message, or refused it for good.
    Decided,
    /// It is over without a decision of the provider, which says nothing of how that one is.
    Over,
    /// It will be tried again.
    Later,
    /// The provider takes nothing for now, for this kind of fault; for so long, when that is known.
    Pause(FaultKind, Option<Duration>),
}

/// The running worker of a process.
pub struct Worker {
    stop: CancellationToken,
    tasks: JoinSet<()>,
    providers: Vec<Provider>,
}

impl Core {
    /// Starts the worker of this process: a task for each channel.
    #[must_use]
    pub fn start_worker(&self, providers: Vec<Provider>) -> Worker {
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        for provider in &providers {
            tasks.spawn(keep_running(self.clone(), provider.clone(), stop.clone()));
        }
        let names = providers.iter().map(|provider| provider.name().to_owned()).collect::<Vec<_>>();
        tasks.spawn(tell_of_orphans(self.clone(), names));
        Worker { stop, tasks, providers }
    }

    /// Takes at most `limit` messages of a channel that are due, a few of each lane behind `after` in which there is room, and moves `after` on.
    pub(crate) async fn take_due(
        &self,
        channel: &str,
        after: &mut i64,
        limit: usize,
        room: Room,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let now = self.now();
        let lanes = self.due_lanes(channel, after, now, limit, room).await?;
        if lanes.is_empty() {
            return Ok(Vec::new());
        }
        let each = limit.div_ceil(lanes.len());
        let lease = random::uuid_v4(self.random());
        let until = now.after(self.settings().outbox_lease);
        let (channel, turn) = (channel.to_owned(), lanes.clone());
        let taken = self
            .db()
            .take(move |tx| {
                let (channel, turn) = (channel.clone(), turn.clone());
                Box::pin(async move {
                    let mut taken = Vec::new();
                    for (lane, most) in turn {
                        let each = i64::try_from(each.min(most)).unwrap_or(1);
                        taken.extend(store::outbox::take(tx, &channel, lane, now, lease, until, each).await?);
                    }
                    Ok::<_, StoreError>(taken)
                })
            })
            .await?;
        Ok(taken)
    }

    /// At most `most` lanes behind `after` that have something due and room for it, each with its room, going on from the beginning behind the
    /// last; `after` moves to the last of them.
    async fn due_lanes(
        &self,
        channel: &str,
        after: &mut i64,
        now: Timestamp,
        most: usize,
        mut room: Room,
    ) -> Result<Vec<(i64, usize)>, StoreError> {
        let mut reader = self.db().reader().await?;
        let (first, mut has_wrapped, mut due) = (*after, false, Vec::new());
        let mut place = first;
        'pages: for looked in 1..=MOST_PAGES {
            let page = store::outbox::lanes(&mut reader, channel, place, now, LANES).await?;
            for (lane, partner) in &page {
                if has_wrapped && *lane > first {
                    break 'pages;
                }
                place = *lane;
                let free = partner.map_or(0, |partner| room.reserve(*lane, partner));
                if free > 0 {
                    due.push((*lane, free));
                    // Not beyond: those for whom there was no room are the next to get some.
                    *after = *lane;
                }
                if due.len() >= most {
                    break 'pages;
                }
            }
            if page.len() < usize::try_from(LANES).unwrap_or(usize::MAX) {
                if has_wrapped || first == i64::MIN {
                    break;
                }
                has_wrapped = true;
                place = i64::MIN;
            } else if looked == MOST_PAGES && due.is_empty() {
                *after = place;
            }
        }
        Ok(due)
    }

    /// Gives messages back that were taken and not tried, to be taken again at `due_at`. No try of them is counted.
    async fn give_back(&self, rows: Vec<OutboxRow>, due_at: Timestamp) {
        let given = self
            .db()
            .take(move |tx| {
                let rows = rows.clone();
                Box::pin(async move {
                    for row in &rows {
                        store::outbox::again(tx, row, due_at, &row.fault, false).await?;
                    }
                    Ok::<_, StoreError>(())
                })
            })
            .await;
        if let Err(error) = given {
            tracing::warn!(%error, "messages were not given back; their lease ends by itself");
        }
    }

    /// Waits for `send`, and renews the lease of its row meanwhile.
    pub(crate) async fn hold<T>(&self, row: &OutboxRow, send: impl Future<Output = T>) -> T {
        tokio::select! {
            sent = send => sent,
            never = self.keep_lease(row) => match never {},
        }
    }

    async fn keep_lease(&self, row: &OutboxRow) -> Infallible {
        loop {
            sleep(self.settings().outbox_lease / 3).await;
            let (row, until) = (row.clone(), self.now().after(self.settings().outbox_lease));
            let id = row.message;
            let renewed = self
                .db()
                .take(move |tx| {
                    let row = row.clone();
                    Box::pin(async move { store::outbox::renew(tx, &row, until).await })
                })
                .await;
            match renewed {
                Ok(true) => {}
                // What is being sent can't be taken back.
                Ok(false) => tracing::warn!(message_id = %id, "the lease of a message ended while it was being sent"),
                Err(error) => tracing::warn!(message_id = %id, %error, "the lease of a message was not renewed"),
            }
        }
    }

    /// When a message is tried again after a fault that may pass.
    pub(crate) fn next_try(&self, row: &OutboxRow, fault: &Fault) -> Timestamp {
        let mut bytes = [0; 8];
        self.random().fill(&mut bytes);
        let pause = retry::pause(row.attempts, u64::from_ne_bytes(bytes));
        self.now().after(fault.retry_after.map_or(pause, |asked| asked.min(LONGEST_ASKED).max(pause)))
    }
}

impl Worker {
    /// Takes no more, waits a while for what is under way, and takes leave of the providers.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(FAREWELL, ended).await.is_err() {
            tracing::warn!("some messages were still under way; they are sent once more after their lease");
        }
        for provider in &self.providers {
            if let Sends::Sms(channel) = &provider.sends
                && timeout(FAREWELL, channel.close()).await.is_err()
            {
                tracing::warn!(channel = provider.name(), "the provider did not take leave in time");
            }
        }
    }
}

/// Runs the worker of a channel until it is stopped. A fault of ours must not silence a channel for good.
async fn keep_running(core: Core, provider: Provider, stop: CancellationToken) {
    // Outlives a panic, so that what was handed over before is still heard of.
    let mut under_way = UnderWay::default();
    while AssertUnwindSafe(run(&core, &provider, &stop, &mut under_way)).catch_unwind().await.is_err() {
        tracing::error!(channel = provider.name(), "the worker of a channel panicked; it begins anew");
        // Also when it is told to stop meanwhile: it takes nothing then, and waits for what is under way.
        drop(timeout(AFTER_PANIC, stop.cancelled()).await);
    }
}

/// Tells of messages that wait for a channel that is not set up: nobody sends them.
async fn tell_of_orphans(core: Core, names: Vec<String>) {
    match core.outbox_counts().await {
        Ok(counts) => {
            for count in counts.iter().filter(|count| count.waiting > 0 && !names.contains(&count.channel)) {
                tracing::warn!(
                    channel = count.channel,
                    waiting = count.waiting,
                    "messages wait for a channel that is not set up here"
                );
            }
        }
        Err(error) => tracing::debug!(%error, "the outbox can't be read"),
    }
}

async fn run(core: &Core, provider: &Provider, stop: &CancellationToken, under_way: &mut UnderWay) {
    let window = provider.window.max(1);
    let mut turns = Turns::new(core, provider);
    let mut pace = Pace::new(provider.per_second);
    let mut written = core.outbox_bells().listen(provider.name());
    let mut poll = tokio::time::interval(POLL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while !stop.is_cancelled() {
        // Heard before more is sent, so that a provider that takes no more gets no more.
        while let Some(ended) = under_way.try_next() {
            turns.heard(ended, now()).await;
        }
        let may_send = !turns.is_paused() && under_way.len() < window;
        if may_send
            && pace.is_ready(now())
            && let Some(row) = turns.next(under_way).await
        {
            if let Some(row) = under_way.unless_under_way(row) {
                pace.count(now());
                let (core, sends) = (core.clone(), provider.sends.clone());
                under_way.spawn(Sending::of(&row), async move {
                    match &sends {
                        Sends::Sms(channel) if row.kind == Kind::Code.as_str() => {
                            core.deliver_code(&**channel, row).await
                        }
                        Sends::Sms(channel) => core.deliver_sms(&**channel, row).await,
                        Sends::Mail(channel) if row.kind == Kind::Invoice.as_str() => {
                            core.deliver_invoice(Carrier::Mail(&**channel), row).await
                        }
                        Sends::Documents(channel) => core.deliver_invoice(Carrier::Documents(&**channel), row).await,
                        Sends::Mail(channel) => core.deliver_mail(&**channel, row).await,
                        Sends::Webhook(channel) => core.deliver_webhook(&**channel, row).await,
                    }
                });
            }
            continue;
        }
        tokio::select! {
            () = stop.cancelled() => {}
            ended = under_way.next() => turns.heard(ended, now()).await,
            () = turns.resumed(), if turns.is_paused() => {}
            () = pace.ready(), if may_send && !pace.is_ready(now()) => {}
            Ok(()) = written.changed(), if may_send => turns.look(),
            _ = poll.tick() => turns.look(),
        }
    }
    turns.give_back().await;
    while let Some(ended) = under_way.last().await {
        turns.heard(ended, now()).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "pauses of the worker are measured on the runtime's clock")]
fn now() -> Instant {
    Instant::now()
}

/// Writes what became of a message, again and again while the database can't take it: what was not written would be sent once more.
pub(crate) async fn persist<T, F>(message: Uuid, mut write: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut pause = WRITE_AGAIN;
    loop {
        match write().await {
            Err(error @ (StoreError::Overloaded | StoreError::Unavailable { .. })) => {
                tracing::debug!(message_id = %message, %error, "what became of a message is written again");
                sleep(pause).await;
                pause = (pause * 2).min(WRITE_AGAIN_LONGEST);
            }
            written => return written,
        }
    }
}

/// Whether a fault ends a message for good. A provider that takes nothing says nothing of the message.
pub(crate) fn is_over(row: &OutboxRow, fault: &Fault) -> bool {
    match fault.kind {
        FaultKind::Permanent => true,
        FaultKind::Temporary => row.attempts >= retry::MOST_TRIES,
        FaultKind::Throttled | FaultKind::Unreachable => false,
    }
}

#[cfg(test)]
mod tests {
    use domain::identifier::PartnerId;
    use store::outbox::Kind;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_became_of_a_message_is_written_until_the_database_takes_it() {
        let mut tries = 0;
        let written = persist(Uuid::nil(), || {
            tries += 1;
            let answer = match tries {
                1 => Err(StoreError::Overloaded),
                2..10 => Err(StoreError::Unavailable { reason: "away".to_owned() }),
                _ => Ok(tries),
            };
            async move { answer }
        });
        assert_eq!(written.await.unwrap(), 10);
        let broken = persist(Uuid::nil(), || async { Err::<(), _>(StoreError::Panicked) }).await;
        assert!(matches!(broken, Err(StoreError::Panicked)));
    }

    #[test]
    fn only_what_is_said_of_the_message_counts_against_it() {
        let at = Timestamp::from_micros(0);
        let row = OutboxRow::new(PartnerId(1), Uuid::nil(), Kind::Sms, "test", 1, at, at);
        let last = OutboxRow { attempts: retry::MOST_TRIES, ..row.clone() };
        assert!(is_over(&row, &Fault::permanent("no")));
        assert!(!is_over(&row, &Fault::temporary("not now")) && is_over(&last, &Fault::temporary("not now")));
        assert!(!is_over(&last, &Fault::throttled("slower", None)) && !is_over(&last, &Fault::unreachable("away")));
    }
}
