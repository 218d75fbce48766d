//! What is removed after its time, so that no table grows for ever.
//!
//! | rows | kept for | why so long |
//! | --- | --- | --- |
//! | `idempotency` | `idempotency_retention` after the answer, 24 hours | the contract's promise to repeats |
//! | `api_key` that was renewed | `superseded_key_retention` after its overlap, 30 days | the operator can still see who used it |
//! | `oauth_token` | `token_retention` after its expiry, 1 hour | a refresh token that is used again ends its family |
//! | `oauth_family_end` | 40 minutes after the end | no pair of it is left that could work |
//! | `flow_information` | `information_retention` after it was last added to, 1 hour, and a day after it was opened at most | a till gathers what it is told of an applicant before it applies |
//! | `sms` with a final state, its parts and reports | `sms_retention` after it was asked for, 90 days, and not less than `idempotency_retention` | the partner can still look it up |
//! | `outbox`, of a mail that was given up or that no channel takes | until a day after it is no longer worth sending, which is 3 days after it was written | it may hold a one-time link; until then the operator sees it |
//! | `outbox`, of a webhook that was given up | until a day after it is no longer worth sending, which is 5 days after it was written or replayed | until then the operator sees it, and can send it |
//! | `outbox`, of an invoice that nobody could send | until it is no longer worth sending (`give_up_after`); then its delivery has failed, by the job of `unsent_invoices.rs` | until then the operator can replay it |
//! | the former secret of a webhook endpoint | until its overlap ends | then it signs nothing more |
//! | `sms_receipt` | 7 days after it came | its message is not ours |
//! | `deployment_request` that was decided | 365 days after its decision | who asked can still see it |
//! | `credentials_link` | 30 days after its end | who opens it late is told what it was |
//! | `expiry_notice` | until the key expires | then there is nothing more to tell |
//! | `heartbeat` | a day after the last beat | a process that has ended |
//!
//! Audit records and seals are kept for ever: they are the trail.

use std::time::Duration;

use domain::{Timestamp, oauth_token};
use store::StoreError;
use tokio::time::{MissedTickBehavior, interval, sleep};

use crate::Core;
use crate::key_cache::monotonic;

/// The most rows of a kind that one transaction removes, so that other writes do not wait long.
const BATCH: i64 = 500;

/// The same of token pairs: each stands in four indexes, two of them in no order, and whoever asks for a token waits for the same writer.
const TOKEN_BATCH: i64 = 50;

/// How long the removal of token pairs leaves the writer to others after a batch, in times that the batch took: a million may have had
/// their time at once.
const REST: u32 = 4;

const HEARTBEAT_RETENTION: Duration = Duration::from_secs(24 * 3600);

const RECEIPT_RETENTION: Duration = Duration::from_secs(7 * 24 * 3600);

/// From when it is no longer worth sending.
const MAIL_RETENTION: Duration = Duration::from_secs(24 * 3600);

const REQUEST_RETENTION: Duration = Duration::from_secs(365 * 24 * 3600);

/// A pair of a family that has ended may have been made up to the end, and works for one lifetime; another is for clocks that differ.
const FAMILY_END_RETENTION: Duration = Duration::from_secs(2 * oauth_token::LIFETIME.as_secs());

const LINK_RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);

pub(super) async fn run(core: Core, every: Duration) {
    let mut tick = interval(every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match core.clean_up().await {
            Ok(0) => {}
            Ok(removed) => tracing::debug!(removed, "removed what has had its time"),
            Err(error) => tracing::warn!(%error, "the clean-up was not finished; the next round goes on"),
        }
    }
}

impl Core {
    /// Removes what has had its time, and gives the number of rows.
    ///
    /// # Errors
    /// When the database fails. What was removed by then stays removed.
    pub async fn clean_up(&self) -> Result<u64, StoreError> {
        let now = self.now();
        let superseded = now.before(self.settings().superseded_key_retention);
        // A kept answer names its message.
        let told = now.before(self.settings().sms_retention.max(self.settings().idempotency_retention));
        let unmatched = now.before(RECEIPT_RETENTION);
        let forgotten = now.before(HEARTBEAT_RETENTION);
        let worthless = now.before(MAIL_RETENTION);
        let (decided, ended) = (now.before(REQUEST_RETENTION), now.before(LINK_RETENTION));
        let mut removed =
            self.db().write(move |tx| Box::pin(async move { store::heartbeat::forget(tx, forgotten).await })).await?;
        removed +=
            self.db().write(move |tx| Box::pin(async move { store::webhook::forget_former(tx, now).await })).await?;
        removed += self.clean_up_tokens(now).await?;
        // Nothing is removed by these: the one does what an older program beside this one leaves undone, the other tells what nobody
        // else will.
        self.add_missing_merchants().await?;
        self.record_untold_guesses(false).await?;
        loop {
            let answers = self
                .db()
                .write(move |tx| Box::pin(async move { store::idempotency::purge_expired(tx, now, BATCH).await }))
                .await?;
            let keys = self
                .db()
                .write(move |tx| Box::pin(async move { store::api_key::purge_superseded(tx, superseded, BATCH).await }))
                .await?;
            let messages =
                self.db().write(move |tx| Box::pin(async move { store::sms::purge(tx, told, BATCH).await })).await?;
            let mail = self
                .db()
                .write(move |tx| Box::pin(async move { store::outbox::purge_mail(tx, worthless, BATCH).await }))
                .await?;
            let webhooks = self
                .db()
                .write(move |tx| Box::pin(async move { store::outbox::purge_webhooks(tx, worthless, BATCH).await }))
                .await?;
            let receipts = self
                .db()
                .write(move |tx| Box::pin(async move { store::sms::purge_receipts(tx, unmatched, BATCH).await }))
                .await?;
            let requests = self
                .db()
                .write(move |tx| Box::pin(async move { store::deployment::purge(tx, decided, BATCH).await }))
                .await?;
            let links = self
                .db()
                .write(move |tx| Box::pin(async move { store::credentials_link::purge(tx, ended, BATCH).await }))
                .await?;
            let notices = self
                .db()
                .write(move |tx| Box::pin(async move { store::expiry_notice::purge(tx, now, BATCH).await }))
                .await?;
            let flows = self
                .db()
                .take(move |tx| Box::pin(async move { store::flow_information::purge(tx, now, BATCH).await }))
                .await?;
            let each = [answers, keys, messages, mail, webhooks, receipts, requests, links, notices, flows];
            removed += each.iter().sum::<u64>();
            if each.iter().all(|removed| *removed < BATCH as u64) {
                return Ok(removed);
            }
        }
    }

    /// The token pairs that have had their time, and the ends of families. Apart from the others: there may be many more of them.
    async fn clean_up_tokens(&self, now: Timestamp) -> Result<u64, StoreError> {
        let (expired, ended) = (now.before(self.settings().token_retention), now.before(FAMILY_END_RETENTION));
        let mut removed = 0;
        loop {
            let began = monotonic();
            let tokens = self
                .db()
                .take(move |tx| Box::pin(async move { store::oauth_token::purge(tx, expired, TOKEN_BATCH).await }))
                .await?;
            let families = self
                .db()
                .take(move |tx| {
                    Box::pin(async move { store::oauth_token::purge_family_ends(tx, ended, TOKEN_BATCH).await })
                })
                .await?;
            removed += tokens + families;
            if tokens.max(families) < TOKEN_BATCH as u64 {
                return Ok(removed);
            }
            sleep(began.elapsed() * REST).await;
        }
    }
}
