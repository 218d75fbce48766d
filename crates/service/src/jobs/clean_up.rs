//! What is removed after its time, so that no table grows for ever.
//!
//! | rows | kept for | why so long |
//! | --- | --- | --- |
//! | `idempotency` | `idempotency_retention` after the answer, 24 hours | the contract's promise to repeats |
//! | `api_key` that was renewed | `superseded_key_retention` after its overlap, 30 days | the operator can still see who used it |
//! | `oauth_token` | `token_retention` after its expiry, 1 hour | a refresh token that is used again ends its family |
//! | `oauth_family_end` | 40 minutes after the end | no pair of it is left that could work; both by the job of `old_tokens.rs` |
//! | `flow_information` | `information_retention` after it was last added to, 1 hour, and a day after it was opened at most | a till gathers what it is told of an applicant before it applies |
//! | `widget_session` | a day after it counts no more | those of a family are counted over that time, and a page that comes late is told why |
//! | `widget_asked` | a day after something was asked last | codes and wrong answers of an address are counted over an hour, those to a question over a day |
//! | `verification` | an hour after it was made or tried last | codes and wrong ones of an account are counted over that time |
//! | `outbox`, of a one-time code | until it is sent, or no longer worth sending, which is 10 minutes after it was made | it is a secret of the customer |
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

use store::StoreError;
use tokio::time::{MissedTickBehavior, interval};

use crate::Core;

/// The most rows of a kind that one transaction removes, so that other writes do not wait long.
const BATCH: i64 = 500;

const HEARTBEAT_RETENTION: Duration = Duration::from_secs(24 * 3600);

const RECEIPT_RETENTION: Duration = Duration::from_secs(7 * 24 * 3600);

/// From when it is no longer worth sending.
const MAIL_RETENTION: Duration = Duration::from_secs(24 * 3600);

const REQUEST_RETENTION: Duration = Duration::from_secs(365 * 24 * 3600);

const LINK_RETENTION: Duration = Duration::from_secs(30 * 24 * 3600);

pub(super) async fn run(core: Core, every: Duration) {
    let mut tick = interval(every);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        match core.remove_old_rows().await {
            Ok(0) => {}
            Ok(removed) => tracing::debug!(removed, "removed what has had its time"),
            Err(error) => tracing::warn!(%error, "the clean-up was not finished; the next round goes on"),
        }
    }
}

/// What a round has come to. What can't be done keeps nothing else from its turn.
#[derive(Default)]
struct Round {
    removed: u64,
    /// The first.
    fault: Option<StoreError>,
}

impl Round {
    /// Counts what was removed, and gives the number.
    fn note(&mut self, outcome: Result<u64, StoreError>) -> u64 {
        match outcome {
            Ok(removed) => {
                self.removed += removed;
                removed
            }
            Err(error) => {
                self.fault.get_or_insert(error);
                0
            }
        }
    }

    fn outcome(self) -> Result<u64, StoreError> {
        self.fault.map_or(Ok(self.removed), Err)
    }
}

/// Runs this in a transaction of its own, and notes in the round how many rows it removed.
macro_rules! remove {
    ($core:ident, $round:ident, $transaction:ident, |$tx:ident| $remove:expr) => {
        $round.note($core.db().$transaction(move |$tx| Box::pin(async move { $remove.await })).await)
    };
}

impl Core {
    /// Removes what has had its time, token pairs last, and gives the number of rows.
    ///
    /// # Errors
    /// The first, when the database fails. All else was removed.
    pub async fn clean_up(&self) -> Result<u64, StoreError> {
        let mut round = Round::default();
        round.note(self.remove_old_rows().await);
        round.note(self.remove_old_tokens().await);
        round.outcome()
    }

    /// The same without token pairs, which are a job of their own.
    async fn remove_old_rows(&self) -> Result<u64, StoreError> {
        let now = self.now();
        let superseded = now.before(self.settings().superseded_key_retention);
        // A kept answer names its message.
        let told = now.before(self.settings().sms_retention.max(self.settings().idempotency_retention));
        let unmatched = now.before(RECEIPT_RETENTION);
        let forgotten = now.before(HEARTBEAT_RETENTION);
        let worthless = now.before(MAIL_RETENTION);
        let verified = now.before(domain::verification::WINDOW);
        let asked = now.before(domain::widget::QUESTION_WINDOW.max(domain::widget::FAMILY_WINDOW));
        let (decided, ended) = (now.before(REQUEST_RETENTION), now.before(LINK_RETENTION));
        let mut round = Round::default();
        remove!(self, round, write, |tx| store::heartbeat::forget(tx, forgotten));
        remove!(self, round, write, |tx| store::webhook::forget_former(tx, now));
        loop {
            let each = [
                remove!(self, round, write, |tx| store::idempotency::purge_expired(tx, now, BATCH)),
                remove!(self, round, write, |tx| store::api_key::purge_superseded(tx, superseded, BATCH)),
                remove!(self, round, write, |tx| store::sms::purge(tx, told, BATCH)),
                remove!(self, round, write, |tx| store::outbox::purge_mail(tx, worthless, BATCH)),
                remove!(self, round, write, |tx| store::outbox::purge_codes(tx, now, BATCH)),
                remove!(self, round, write, |tx| store::outbox::purge_webhooks(tx, worthless, BATCH)),
                remove!(self, round, write, |tx| store::sms::purge_receipts(tx, unmatched, BATCH)),
                remove!(self, round, write, |tx| store::deployment::purge(tx, decided, BATCH)),
                remove!(self, round, write, |tx| store::credentials_link::purge(tx, ended, BATCH)),
                remove!(self, round, write, |tx| store::expiry_notice::purge(tx, now, BATCH)),
                remove!(self, round, take, |tx| store::flow_information::purge(tx, now, BATCH)),
                remove!(self, round, take, |tx| store::widget_session::purge(tx, asked, BATCH)),
                remove!(self, round, take, |tx| store::widget_asked::purge(tx, asked, BATCH)),
                remove!(self, round, take, |tx| store::verification::purge(tx, verified, BATCH)),
            ];
            if each.iter().all(|removed| *removed < BATCH.unsigned_abs()) {
                break;
            }
        }
        // Nothing is removed by these: the one does what an older program beside this one leaves undone, the other tells what nobody
        // else will.
        round.note(self.add_missing_merchants().await.map(|_| 0));
        round.note(self.record_untold_guesses(false).await.map(|()| 0));
        round.outcome()
    }
}
