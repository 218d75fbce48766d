//! What runs in the background of a process. None of it is a leader's: every process runs all of it.

mod clean_up;
mod old_tokens;
mod outbox_gauges;
mod unsent_invoices;

use std::time::Duration;

use domain::random;
use store::dialect::KeyListener;
use store::{Health, StoreError};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::Core;
use crate::key_cache::monotonic;

/// How often a process asks whether a key was revoked. Well below the silence after which cached keys are no longer believed.
const POLL: Duration = Duration::from_millis(250);
/// How often uses of keys are written.
const LAST_USE: Duration = Duration::from_secs(15);
/// How often the database is asked whether tables have outgrown what it knows of them.
const STATISTICS: Duration = Duration::from_secs(5);
/// How often a process proves that it can write.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// The same while the database is unavailable.
const HEARTBEAT_UNAVAILABLE: Duration = Duration::from_millis(500);
/// How often what has had its time is removed.
const CLEAN_UP: Duration = Duration::from_secs(60);

/// How often receipts that wait are matched again, and messages without one are ended.
const SETTLE_SMS: Duration = Duration::from_secs(60);

/// How often deliveries are looked for that nobody could send in their time.
const UNSENT_INVOICES: Duration = Duration::from_secs(60);

/// How often it is counted what waits in the outbox.
const OUTBOX_GAUGES: Duration = Duration::from_secs(30);

/// How often what has changed in the deliveries of invoices is added up. Sums are right in between as well; they are only slower to read.
const ADD_UP: Duration = Duration::from_secs(1);

/// How often authorizations are looked for whose time is over. For every reader they have ended by then.
const EXPIRE_AUTHORIZATIONS: Duration = Duration::from_secs(60);

/// How often interest of days that have ended is looked for. Whatever moves an account posts its own before.
const POST_INTEREST: Duration = Duration::from_secs(10 * 60);

/// How often keys that will expire are looked for. Lead times are days.
const EXPIRY_NOTICES: Duration = Duration::from_secs(10 * 60);

/// The running jobs of a process.
pub struct Jobs {
    core: Core,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Core {
    /// Starts the jobs of this process.
    #[must_use]
    pub fn start_jobs(&self) -> Jobs {
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        macro_rules! job {
            ($future:expr) => {{
                let (stop, future) = (stop.clone(), $future);
                tasks.spawn(async move {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = future => {}
                    }
                });
            }};
        }
        job!(poll(self.clone()));
        job!(listen(self.clone()));
        job!(refresh_statistics(self.clone()));
        job!(heartbeat(self.clone()));
        job!(write_last_uses(self.clone()));
        job!(seal_audit(self.clone()));
        job!(clean_up::run(self.clone(), CLEAN_UP));
        job!(old_tokens::run(self.clone(), CLEAN_UP));
        job!(settle_sms(self.clone()));
        job!(fail_unsent_invoices(self.clone()));
        job!(add_up_distributions(self.clone()));
        job!(expire_authorizations(self.clone()));
        job!(post_interest(self.clone()));
        job!(outbox_gauges::run(self.clone(), OUTBOX_GAUGES));
        if !self.settings().expiry_notice.is_empty() {
            job!(send_expiry_notices(self.clone()));
        }
        Jobs { core: self.clone(), stop, tasks }
    }

    /// Asks once whether a key was revoked or a webhook endpoint was changed elsewhere.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hear_revocations(&self) -> Result<(), StoreError> {
        let asked = monotonic();
        let version = store::api_key::version(&mut self.db().reader().await?).await?;
        self.keys().heard(version, asked);
        self.learn_listeners().await
    }

    /// Writes when keys were last used, as far as it is not written yet.
    ///
    /// # Errors
    /// When the database fails; it is kept for the next time.
    pub async fn write_last_uses(&self) -> Result<(), StoreError> {
        self.last_uses().write(self.db()).await
    }
}

impl Jobs {
    /// Stops the jobs and finishes what must not wait for the next start: uses of keys, guesses that are to be
    /// told, and seals of the audit trail.
    pub async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
        if let Err(error) = self.core.write_last_uses().await {
            tracing::warn!(%error, "the last uses of keys were not written");
        }
        if let Err(error) = self.core.record_untold_guesses(true).await {
            tracing::warn!(%error, "guesses at clients were not recorded to the last");
        }
        if let Err(error) = self.core.seal_audit().await {
            tracing::warn!(%error, "the audit trail was not sealed to its end; the next start goes on");
        }
    }
}

async fn poll(core: Core) {
    let mut tick = interval(POLL);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = core.hear_revocations().await {
            tracing::debug!(%error, "revocations were not heard; cached keys are not believed until they are");
        }
    }
}

/// Hears of revocations at once where the engine can tell; the poll is the floor.
async fn listen(core: Core) {
    const PAUSE: Duration = Duration::from_secs(1);
    loop {
        match KeyListener::start(core.db()).await {
            Ok(None) => return,
            Ok(Some(mut listener)) => {
                while listener.heard().await.is_ok() {
                    if let Err(error) = core.hear_revocations().await {
                        tracing::debug!(%error, "revocations were not heard");
                    }
                }
            }
            Err(error) => tracing::debug!(%error, "can't listen for revocations"),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn refresh_statistics(core: Core) {
    let mut tick = interval(STATISTICS);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match store::dialect::refresh_statistics(core.db()).await {
            Ok(0) => {}
            Ok(tables) => tracing::debug!(tables, "the database has looked at tables that have grown"),
            Err(error) => tracing::debug!(%error, "the statistics of the database were not refreshed"),
        }
    }
}

async fn heartbeat(core: Core) {
    let name = format!("process:{}", random::uuid_v4(core.random()));
    loop {
        let (name, now) = (name.clone(), core.now());
        let beat = core
            .db()
            .write(move |tx| {
                let name = name.clone();
                Box::pin(async move { store::heartbeat::beat(tx, &name, now).await })
            })
            .await;
        if let Err(error) = beat {
            tracing::debug!(%error, "the heartbeat was not written");
            core.db().reach().await;
        }
        let pause = if core.db().health() == Health::Ready { HEARTBEAT } else { HEARTBEAT_UNAVAILABLE };
        tokio::time::sleep(pause).await;
    }
}

async fn write_last_uses(core: Core) {
    let mut tick = interval(LAST_USE);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = core.write_last_uses().await {
            tracing::warn!(%error, "the last uses of keys were not written; they are kept for the next time");
        }
    }
}

async fn add_up_distributions(core: Core) {
    let mut tick = interval(ADD_UP);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = core.add_up_distributions().await {
            tracing::debug!(%error, "changes of deliveries were not added up; the next round goes on");
        }
    }
}

async fn expire_authorizations(core: Core) {
    let mut tick = interval(EXPIRE_AUTHORIZATIONS);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match core.expire_authorizations().await {
            Ok(0) => {}
            Ok(ended) => tracing::debug!(ended, "ended authorizations whose time is over"),
            Err(error) => tracing::warn!(%error, "authorizations were not all ended; the next round goes on"),
        }
    }
}

async fn post_interest(core: Core) {
    let mut tick = interval(POST_INTEREST);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match core.post_interest().await {
            Ok(0) => {}
            Ok(accounts) => tracing::info!(accounts, "posted the interest of days that have ended"),
            Err(error) => tracing::warn!(%error, "interest was not posted on all accounts; the next round goes on"),
        }
    }
}

async fn settle_sms(core: Core) {
    let mut tick = interval(SETTLE_SMS);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = core.settle_sms().await {
            tracing::warn!(%error, "short messages were not settled; the next round goes on");
        }
    }
}

async fn fail_unsent_invoices(core: Core) {
    let mut tick = interval(UNSENT_INVOICES);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match core.fail_unsent_invoices().await {
            Ok(0) => {}
            Ok(failed) => tracing::warn!(failed, "invoices have failed that could not be sent here in their time"),
            Err(error) => {
                tracing::warn!(%error, "invoices that could not be sent were not all ended; the next round goes on")
            }
        }
    }
}

async fn send_expiry_notices(core: Core) {
    let mut tick = interval(EXPIRY_NOTICES);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match core.send_expiry_notices().await {
            Ok(0) => {}
            Ok(sent) => tracing::info!(sent, "told of keys that will expire"),
            Err(error) => {
                tracing::warn!(%error, "notices of keys that will expire were not all sent; the next round goes on")
            }
        }
    }
}

async fn seal_audit(core: Core) {
    let mut tick = interval(core.settings().audit_seal_interval.max(Duration::from_millis(10)));
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = core.seal_audit().await {
            tracing::warn!(%error, "the audit trail was not sealed; the next round goes on");
        }
    }
}
