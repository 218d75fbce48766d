//! The worker: takes what waits in the outbox, hands it to its channel, and records what became of it.
//!
//! Nothing is sent inside a transaction. A message is leased, sent, and then removed in the transaction that records it as sent; a
//! worker that dies in between leaves a lease that ends by itself, and the message is sent once more under the same identifier.
//! Workers of several processes take different rows. Within a channel the lanes (one for each creditor) take turns.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use channels::{Fault, FaultKind, MailChannel, SmsChannel};
use domain::audit::{INSTALLATION, Outcome};
use domain::{Timestamp, random, retry};
use store::StoreError;
use store::outbox::{OutboxRow, Waiting};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use uuid::Uuid;

use crate::{AdminError, Context, Core};

/// How often a worker looks for what others have written, or what has become due.
const POLL: Duration = Duration::from_millis(500);
/// The lanes that one query tells of, and the most queries of one look.
const LANES: i64 = 64;
const MOST_PAGES: usize = 64;
/// The first pause after a provider said that it takes no more, and the longest.
const THROTTLED: Duration = Duration::from_millis(250);
const THROTTLED_LONGEST: Duration = Duration::from_secs(30);
/// How long the messages that are under way may take when the process ends.
const FAREWELL: Duration = Duration::from_secs(10);

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
}

impl Provider {
    /// The channel's name.
    #[must_use]
    pub fn name(&self) -> &str {
        match &self.sends {
            Sends::Sms(channel) => channel.name(),
            Sends::Mail(channel) => channel.name(),
        }
    }
}

/// What became of one try, for the worker.
pub(crate) enum Verdict {
    /// It is over: sent, or given up.
    Done,
    /// It will be tried again.
    Later,
    /// The provider takes no more for now; for so long, when it said so.
    Throttled(Option<Duration>),
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
            tasks.spawn(run(self.clone(), provider.clone(), stop.clone()));
        }
        Worker { stop, tasks, providers }
    }

    /// Takes at most `limit` messages of a channel that are due, a few of each lane behind `after`, and moves `after` on.
    pub(crate) async fn take_due(
        &self,
        channel: &str,
        after: &mut i64,
        limit: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let now = self.now();
        let lanes = self.due_lanes(channel, after, now, limit).await?;
        if lanes.is_empty() {
            return Ok(Vec::new());
        }
        let each = i64::try_from(limit.div_ceil(lanes.len())).unwrap_or(1);
        let lease = random::uuid_v4(self.random());
        let until = now.after(self.settings().outbox_lease);
        let (channel, turn) = (channel.to_owned(), lanes.clone());
        let taken = self
            .db()
            .take(move |tx| {
                let (channel, turn) = (channel.clone(), turn.clone());
                Box::pin(async move {
                    let mut taken = Vec::new();
                    for lane in turn {
                        taken.extend(store::outbox::take(tx, &channel, lane, now, lease, until, each).await?);
                    }
                    Ok::<_, StoreError>(taken)
                })
            })
            .await?;
        Ok(taken)
    }

    /// At most `most` lanes behind `after` that have something due, going on from the beginning behind the last; `after` moves with them.
    async fn due_lanes(
        &self,
        channel: &str,
        after: &mut i64,
        now: Timestamp,
        most: usize,
    ) -> Result<Vec<i64>, StoreError> {
        let mut reader = self.db().reader().await?;
        let (first, mut has_wrapped, mut due) = (*after, false, Vec::new());
        for _ in 0..MOST_PAGES {
            let page = store::outbox::lanes(&mut reader, channel, *after, now, LANES).await?;
            for (lane, is_due) in &page {
                if has_wrapped && *lane > first {
                    return Ok(due);
                }
                *after = *lane;
                if *is_due {
                    due.push(*lane);
                }
                if due.len() >= most {
                    return Ok(due);
                }
            }
            if page.len() < usize::try_from(LANES).unwrap_or(usize::MAX) {
                if has_wrapped || first == i64::MIN {
                    return Ok(due);
                }
                has_wrapped = true;
                *after = i64::MIN;
            }
        }
        Ok(due)
    }

    /// Gives messages back that were taken and not tried, to be taken again at `due_at`.
    async fn give_back(&self, rows: Vec<OutboxRow>, due_at: Timestamp) {
        let given = self
            .db()
            .write(move |tx| {
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

    /// When a message is tried again after a fault that may pass.
    pub(crate) fn next_try(&self, row: &OutboxRow, fault: &Fault) -> Timestamp {
        let mut bytes = [0; 8];
        self.random().fill(&mut bytes);
        let pause = retry::pause(row.attempts, u64::from_ne_bytes(bytes));
        self.now().after(fault.retry_after.map_or(pause, |asked| asked.max(pause)))
    }
}

impl Worker {
    /// Takes no more, waits a while for what is under way, and takes leave of the providers.
    pub async fn stop(mut self) {
        self.stop.cancel();
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(FAREWELL, ended).await.is_err() {
            tracing::warn!("some messages were still under way; they are sent once more after their lease");
        }
        for provider in &self.providers {
            if let Sends::Sms(channel) = &provider.sends
                && tokio::time::timeout(FAREWELL, channel.close()).await.is_err()
            {
                tracing::warn!(channel = provider.name(), "the provider did not take leave in time");
            }
        }
    }
}

async fn run(core: Core, provider: Provider, stop: CancellationToken) {
    let window = provider.window.max(1);
    let mut turns = Turns::new(&core, &provider);
    let mut sending: JoinSet<Verdict> = JoinSet::new();
    let mut written = core.outbox_written().subscribe();
    let mut poll = tokio::time::interval(POLL);
    poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut rate = provider.per_second.map(|rate| {
        let mut tick = tokio::time::interval(Duration::from_secs(1) / rate.get());
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        tick
    });
    loop {
        while !turns.is_paused() && sending.len() < window {
            let Some(row) = turns.next(window).await else { break };
            if let Some(rate) = &mut rate {
                rate.tick().await;
            }
            let (core, sends) = (core.clone(), provider.sends.clone());
            sending.spawn(async move {
                match &sends {
                    Sends::Sms(channel) => core.deliver_sms(&**channel, row).await,
                    Sends::Mail(channel) => core.deliver_mail(&**channel, row).await,
                }
            });
        }
        tokio::select! {
            () = stop.cancelled() => break,
            Some(ended) = sending.join_next(), if !sending.is_empty() => turns.heard(ended.unwrap_or(Verdict::Later)).await,
            () = turns.resumed(), if turns.is_paused() => {}
            Ok(()) = written.changed(), if !turns.is_paused() && sending.len() < window => turns.look(),
            _ = poll.tick() => turns.look(),
        }
    }
    turns.give_back(core.now()).await;
    while let Some(ended) = sending.join_next().await {
        drop(ended);
    }
}

/// What a channel's worker has taken and not handed over yet, and whether it may.
struct Turns<'w> {
    core: &'w Core,
    channel: &'w str,
    queue: VecDeque<OutboxRow>,
    taken_at: Instant,
    /// The last lane that had its turn.
    after: i64,
    /// Nothing was due at the last look.
    idle: bool,
    paused_until: Option<Instant>,
    pause: Duration,
}

impl<'w> Turns<'w> {
    fn new(core: &'w Core, provider: &'w Provider) -> Self {
        Self {
            core,
            channel: provider.name(),
            queue: VecDeque::new(),
            taken_at: now(),
            after: i64::MIN,
            idle: false,
            paused_until: None,
            pause: THROTTLED,
        }
    }

    /// The next message; more are taken when there is none.
    async fn next(&mut self, window: usize) -> Option<OutboxRow> {
        if self.taken_at.elapsed() > self.core.settings().outbox_lease / 2 {
            // Whoever takes them next may do so soon.
            self.queue.clear();
        }
        if self.queue.is_empty() && !self.idle {
            match self.core.take_due(self.channel, &mut self.after, window.max(16) * 2).await {
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

    fn look(&mut self) {
        self.idle = false;
    }

    async fn heard(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Done => self.pause = THROTTLED,
            Verdict::Later => {}
            Verdict::Throttled(asked) => {
                let pause = asked.unwrap_or(self.pause).min(THROTTLED_LONGEST);
                self.pause = (self.pause * 2).min(THROTTLED_LONGEST);
                if self.paused_until.is_none() {
                    tracing::info!(channel = self.channel, ?pause, "the provider takes no more for now");
                }
                self.paused_until = Some(now() + pause);
                self.give_back(self.core.now()).await;
            }
        }
    }

    fn is_paused(&self) -> bool {
        self.paused_until.is_some()
    }

    /// Waits for the end of the pause.
    async fn resumed(&mut self) {
        if let Some(until) = self.paused_until {
            tokio::time::sleep_until(until).await;
            self.paused_until = None;
            self.idle = false;
        }
    }

    async fn give_back(&mut self, due_at: Timestamp) {
        if !self.queue.is_empty() {
            self.core.give_back(self.queue.drain(..).collect(), due_at).await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "pauses of the worker are measured on the runtime's clock")]
fn now() -> Instant {
    Instant::now()
}

/// Whether a fault ends a message for good.
pub(crate) fn is_over(row: &OutboxRow, fault: &Fault) -> bool {
    fault.kind == FaultKind::Permanent || row.attempts >= retry::MOST_TRIES
}

/// A message that was given up.
#[derive(Clone, Debug)]
pub struct DeadLetter {
    /// Its identifier.
    pub message: Uuid,
    /// The code of the partner whose it is; empty when it is no partner's.
    pub partner_code: String,
    /// The channel that should have sent it.
    pub channel: String,
    /// `sms` or `mail`.
    pub kind: String,
    /// How often it was tried.
    pub attempts: i64,
    /// When it was written.
    pub created_at: Timestamp,
    /// When it was given up.
    pub dead_at: Timestamp,
    /// Why the last try failed.
    pub fault: String,
}

impl Core {
    /// How many messages each channel has that wait or were given up.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn outbox_counts(&self) -> Result<Vec<Waiting>, StoreError> {
        store::outbox::counts(&mut self.db().reader().await?).await
    }

    /// At most `limit` messages that were given up, after `after`, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn dead_letters(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<DeadLetter>, StoreError> {
        let after = after.unwrap_or_default();
        let rows = store::outbox::dead(&mut self.db().reader().await?, after, i64::from(limit)).await?;
        let mut letters = Vec::with_capacity(rows.len());
        for row in rows {
            letters.push(DeadLetter {
                // What came by the public form is no partner's.
                partner_code: match row.partner {
                    INSTALLATION => String::new(),
                    partner => self.partner_code(partner).await?.to_string(),
                },
                message: row.message,
                channel: row.channel,
                kind: row.kind,
                attempts: row.attempts,
                created_at: row.created_at,
                dead_at: row.dead_at.map_or(row.created_at, Timestamp::from_micros),
                fault: row.fault,
            });
        }
        Ok(letters)
    }

    /// Has a message that was given up tried again, as if it were new.
    ///
    /// # Errors
    /// When there is none of this identifier that was given up, or the database fails.
    pub async fn replay(&self, message: Uuid, context: &Context) -> Result<(), AdminError> {
        let (core, context) = (self.clone(), context.clone());
        let now = self.now();
        self.db()
            .write(move |tx| {
                let (core, context) = (core.clone(), context.clone());
                Box::pin(async move {
                    let row = store::outbox::dead_by_id(tx, message).await?;
                    let row =
                        row.ok_or_else(|| AdminError::NotFound(format!("message {message} that was given up")))?;
                    store::outbox::replay(tx, row.partner, message, now).await?;
                    let subject = format!("{}:{message}", row.kind);
                    let record = context.record(&core, row.partner, "outbox.replay", subject, Outcome::Done, "");
                    store::audit::insert(tx, &record).await?;
                    Ok::<_, AdminError>(())
                })
            })
            .await?;
        self.outbox_written().send_replace(());
        Ok(())
    }
}
