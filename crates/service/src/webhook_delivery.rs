//! Webhooks on their way: signed, sent, tried again over days; and endpoints that are disabled because nobody is there any more.
//!
//! A try that fails says something of the endpoint more than of its message, so after one there is one message at a time until one is taken,
//! and when that fails as well, the pause is the endpoint's: until it is over nothing is taken of its lane ([`crate::outbox`]). Of tries that were under way together one counts,
//! because what is noted must begin where it began ([`store::webhook::fails`]).

use std::time::Duration;

use channels::webhook::{WebhookCall, WebhookChannel};
use channels::{Fault, FaultKind};
use domain::Timestamp;
use domain::audit::{Actor, AuditRecord, Outcome};
use domain::webhook::{schedule, signature};
use store::outbox::OutboxRow;
use store::webhook::{EndpointRow, Failing};
use store::{StoreError, Tx};
use uuid::Uuid;

use crate::outbox::{Verdict, persist};
use crate::outbox_payload::{KEY_MISSING, Unreadable};
use crate::webhook::subject;
use crate::webhook_event::{CHANNEL, Notice, lane};
use crate::{Context, Core, letters};

/// The longest pause that a receiver may ask for.
const LONGEST_ASKED: Duration = Duration::from_secs(24 * 3600);

/// The longest pause of an endpoint, whose receiver may be mended any time.
const LONGEST_PAUSE: Duration = Duration::from_secs(30 * 60);

/// A time without tries after which an endpoint fails anew: longer than the pauses of any message. Nobody knows how the receiver was meanwhile.
const GAP: Duration = Duration::from_secs(2 * 24 * 3600);

/// The fewest tries that must have failed for an endpoint to be disabled.
const LEAST_FAILURES: i64 = 5;

/// The most messages that are given up or removed in one transaction.
const BATCH: i64 = 500;

const DISABLED: &str = "its endpoint is disabled";

/// What a try came to, to be recorded.
#[derive(Clone)]
enum Ended {
    Sent(EndpointRow),
    /// The receiver did not take it.
    Failed {
        failing: Failing,
        /// When the message is tried again; `None` when that was its last try.
        due_at: Option<Timestamp>,
        fault: String,
        /// The status of the receiver's answer, when there was one.
        code: String,
        endpoint: EndpointRow,
        disabling: Option<Box<Disabling>>,
    },
    /// It is tried again, and this try counts for nothing.
    Again {
        due_at: Timestamp,
        reason: String,
    },
    GivenUp(String),
    /// Its endpoint was removed: nobody wants it.
    Unwanted,
    /// It is gone, or another worker's: there is nothing to record.
    Lost,
}

/// An endpoint to be disabled: made ahead of the transaction.
#[derive(Clone)]
struct Disabling {
    /// Its receiver says that it is gone; else it fails.
    is_gone: bool,
    reason: String,
    record: AuditRecord,
    mail: Option<OutboxRow>,
}

/// What came of a try.
struct Tried {
    ended: Ended,
    verdict: Verdict,
    /// What is done with the rest of the lane.
    whole_lane: Option<WholeLane>,
}

impl From<(Ended, Verdict)> for Tried {
    fn from((ended, verdict): (Ended, Verdict)) -> Self {
        Self { ended, verdict, whole_lane: None }
    }
}

/// What is done with all that waits for an endpoint.
#[derive(Clone, Copy)]
enum WholeLane {
    GiveUp,
    Forget,
}

/// What recording a try has changed of its endpoint.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Nothing,
    BeganToFail,
    Disabled,
}

impl Core {
    /// Tries a webhook once.
    pub(crate) async fn deliver_webhook(&self, channel: &dyn WebhookChannel, row: OutboxRow) -> Verdict {
        let (ended, verdict, whole_lane) = match self.try_webhook(channel, &row).await {
            Ok(tried) => (tried.ended, tried.verdict, tried.whole_lane),
            Err(error) => {
                tracing::warn!(message_id = %row.message, %error, "a webhook can't be read; it is tried again after its lease");
                return Verdict::Later;
            }
        };
        let kept = persist(row.message, || {
            let (core, row, ended) = (self.clone(), row.clone(), ended.clone());
            self.db().take(move |tx| {
                let (core, row, ended) = (core.clone(), row.clone(), ended.clone());
                Box::pin(async move { core.record_webhook(tx, &row, ended).await })
            })
        })
        .await;
        let change = match kept {
            Ok(change) => change,
            Err(error) => {
                tracing::warn!(message_id = %row.message, %error, "what became of a webhook was not recorded; it is sent once more after its lease");
                return Verdict::Later;
            }
        };
        match (change, &ended) {
            (Change::Disabled, Ended::Failed { endpoint, .. }) => {
                tracing::warn!(endpoint_id = %endpoint.endpoint, "a webhook endpoint was disabled: its receiver has failed for days, or is gone");
                self.keys().forget_all();
                self.outbox_bells().ring_all();
                self.end_lane(row.lane, WholeLane::GiveUp).await;
            }
            (Change::BeganToFail, Ended::Failed { endpoint, code, .. }) => {
                tracing::info!(endpoint_id = %endpoint.endpoint, message_id = %row.message, code, "a webhook endpoint fails");
            }
            _ => {}
        }
        if let Some(whole_lane) = whole_lane {
            self.end_lane(row.lane, whole_lane).await;
        }
        verdict
    }

    async fn try_webhook(&self, channel: &dyn WebhookChannel, row: &OutboxRow) -> Result<Tried, StoreError> {
        let given_up = |fault: &str| Ok((Ended::GivenUp(fault.to_owned()), Verdict::Over).into());
        if !self.is_ours(row).await? {
            return Ok((Ended::Lost, Verdict::Over).into());
        }
        let now = self.now();
        if now >= row.expires_at {
            // Which says nothing of the endpoint: perhaps no worker ran.
            return given_up("it was not sent while it was worth sending");
        }
        let waits = |error: &dyn std::fmt::Display| {
            tracing::warn!(message_id = %row.message, %error, "a webhook waits for its master key");
            let again = Ended::Again { due_at: now.after(KEY_MISSING), reason: error.to_string() };
            Ok((again, Verdict::Later).into())
        };
        let notice: Notice = match self.payload_of(row) {
            Ok(notice) => notice,
            Err(Unreadable::KeyMissing(error)) => return waits(&error),
            Err(error) => {
                tracing::error!(message_id = %row.message, %error, "a webhook can't be read");
                return given_up("it can't be read: see the log");
            }
        };
        let endpoint = store::webhook::by_key(&mut self.db().reader().await?, row.partner, notice.endpoint).await?;
        let Some(endpoint) = endpoint else {
            return Ok(Tried { ended: Ended::Unwanted, verdict: Verdict::Over, whole_lane: Some(WholeLane::Forget) });
        };
        if endpoint.disabled_at.is_some() {
            return Ok(Tried {
                ended: Ended::GivenUp(DISABLED.to_owned()),
                verdict: Verdict::Over,
                whole_lane: Some(WholeLane::GiveUp),
            });
        }
        if let Some(next_try_at) = endpoint.next_try_at.map(Timestamp::from_micros).filter(|at| now < *at) {
            // Another failed after this one was taken.
            let again = Ended::Again { due_at: next_try_at, reason: row.fault.clone() };
            return Ok((again, Verdict::Later).into());
        }
        let secrets = match self.secrets_of(&endpoint, now) {
            Ok(secrets) => secrets,
            Err(Unreadable::KeyMissing(error)) => return waits(&error),
            Err(error) => {
                tracing::error!(endpoint_id = %endpoint.endpoint, %error, "the secret of a webhook endpoint can't be opened");
                return given_up("the secret of its endpoint can't be opened: see the log");
            }
        };
        let (id, timestamp) = (signature::id(row.message), signature::timestamp(now));
        let signatures = signature::signatures(&secrets, &id, timestamp, &notice.body);
        let call = WebhookCall { url: endpoint.url.clone(), id, timestamp, signatures, body: notice.body };
        match self.hold(row, channel.call(&call)).await {
            Ok(_) => {
                self.note_answer();
                Ok((Ended::Sent(endpoint), Verdict::Decided).into())
            }
            Err(fault) => self.after_fault(row, endpoint, &fault).await.map(Tried::from),
        }
    }

    async fn after_fault(
        &self,
        row: &OutboxRow,
        endpoint: EndpointRow,
        fault: &Fault,
    ) -> Result<(Ended, Verdict), StoreError> {
        // Without the receiver's words. They are kept with the message.
        let (kind, code) = (fault.kind, fault.code.clone().unwrap_or_default());
        let (id, endpoint_id) = (row.message, endpoint.endpoint);
        tracing::debug!(%endpoint_id, message_id = %id, fault = ?kind, code, "a webhook was not taken");
        let (now, told) = (self.now(), fault.to_string());
        if kind.is_of_the_channel() {
            // Ours, and nobody's endpoint is to blame.
            return Ok((Ended::Again { due_at: now, reason: told }, Verdict::Pause(kind, fault.retry_after)));
        }
        let is_answer = fault.code.is_some();
        if is_answer {
            self.note_answer();
        }
        let random = || {
            let mut bytes = [0; 8];
            self.random().fill(&mut bytes);
            u64::from_ne_bytes(bytes)
        };
        let asked = schedule::spread(fault.retry_after.unwrap_or_default().min(LONGEST_ASKED), random());
        let failing = failing(&endpoint, now, asked, random());
        let reason = self.reason_to_disable(row.lane, fault, &failing, now).await?;
        let disabling = reason
            .map(|reason| self.new_disabling(&endpoint, kind == FaultKind::Permanent, reason, now))
            .transpose()?;
        let pause = schedule::pause(row.attempts, random());
        let due_at = pause.map(|pause| now.after(pause.max(asked))).filter(|due_at| *due_at < row.expires_at);
        let verdict = if is_answer { Verdict::Decided } else { Verdict::Later };
        Ok((
            Ended::Failed { failing, due_at, fault: told, code, endpoint, disabling: disabling.map(Box::new) },
            verdict,
        ))
    }

    /// Why an endpoint is disabled after this fault, if it is.
    async fn reason_to_disable(
        &self,
        lane: i64,
        fault: &Fault,
        failing: &Failing,
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        if fault.kind == FaultKind::Permanent {
            return Ok(Some(fault.to_string()));
        }
        if failing.failures < LEAST_FAILURES {
            return Ok(None);
        }
        let (since, settings) = (failing.since, &self.settings().webhook);
        // Where nobody at all answers, it may be our own network: who must not lose all endpoints over a long weekend has twice the time.
        let may_be_ours = fault.code.is_none() && self.last_answer() < since;
        let disable_after = if may_be_ours { settings.disable_after * 2 } else { settings.disable_after };
        if now.since(since) >= disable_after {
            return Ok(Some(format!("every try since {since} has failed; the last: {fault}")));
        }
        let most = i64::from(settings.most_waiting);
        let waiting =
            store::outbox::waiting_of_lane(&mut self.db().reader().await?, CHANNEL, lane, most.saturating_add(1))
                .await?;
        Ok((waiting > most).then(|| {
            format!("more than {most} messages wait for it, and every try since {since} has failed; the last: {fault}")
        }))
    }

    fn new_disabling(
        &self,
        endpoint: &EndpointRow,
        is_gone: bool,
        reason: String,
        now: Timestamp,
    ) -> Result<Disabling, StoreError> {
        let context = Context { actor: Actor::Job("webhook"), source: None, request_id: String::new() };
        let id = endpoint.endpoint;
        let record =
            context.record(self, endpoint.partner, "webhook.disable", subject(id), Outcome::Done, reason.clone());
        let mail = match &self.settings().mail {
            Some(settings) => {
                let (title, text) = letters::webhook_disabled(&id.to_string(), &reason);
                let letter = letters::letter(settings.operator.clone(), &title, text);
                self.new_mail(endpoint.partner, -endpoint.partner.0, &letter, now)?
            }
            None => None,
        };
        Ok(Disabling { is_gone, reason, record, mail })
    }

    /// Disables an endpoint, with its record and the mail to the operator; false when it is disabled already, or one that failed has not
    /// failed meanwhile.
    async fn disable(&self, tx: &mut Tx, endpoint: &EndpointRow, disabling: &Disabling) -> Result<bool, StoreError> {
        let at = disabling.record.at;
        let is_disabled = if disabling.is_gone {
            store::webhook::disable(tx, endpoint, at, &disabling.reason).await?
        } else {
            store::webhook::disable_failing(tx, endpoint, at, &disabling.reason).await?
        };
        if !is_disabled {
            return Ok(false);
        }
        store::api_key::count_version_up(tx).await?;
        store::audit::insert(tx, &disabling.record).await?;
        if let Some(mail) = &disabling.mail {
            self.post(tx, mail).await?;
        }
        Ok(true)
    }

    /// Records what became of a try. The endpoint's row comes before the message's in every case, so that no two wait for each other, and it
    /// is written only where something changes, so that deliveries do not meet on it.
    async fn record_webhook(&self, tx: &mut Tx, row: &OutboxRow, ended: Ended) -> Result<Change, StoreError> {
        let now = self.now();
        match ended {
            Ended::Sent(endpoint) => {
                if endpoint.failing_since.is_some() {
                    store::webhook::works(tx, &endpoint).await?;
                }
                // Also when the lease had ended: the receiver has it, whoever else holds the row by now.
                store::outbox::forget(tx, row.partner, row.message).await?;
            }
            Ended::Failed { failing, due_at, fault, endpoint, disabling, .. } => {
                let is_disabled = match &disabling {
                    Some(disabling) => self.disable(tx, &endpoint, disabling).await?,
                    None => false,
                };
                let is_gone = disabling.is_some_and(|disabling| disabling.is_gone);
                let counts = !is_disabled && !is_gone && store::webhook::fails(tx, &endpoint, &failing).await?;
                match due_at.filter(|_| !is_disabled && !is_gone) {
                    Some(due_at) => store::outbox::again(tx, row, due_at, &fault, true).await?,
                    None => store::outbox::give_up(tx, row, now, &fault).await?,
                };
                return Ok(match (is_disabled, counts && failing.failures == 1) {
                    (true, _) => Change::Disabled,
                    (false, true) => Change::BeganToFail,
                    (false, false) => Change::Nothing,
                });
            }
            Ended::Again { due_at, reason } => {
                store::outbox::again(tx, row, due_at, &reason, false).await?;
            }
            Ended::GivenUp(fault) => {
                store::outbox::give_up(tx, row, now, &fault).await?;
            }
            Ended::Unwanted => {
                store::outbox::done(tx, row).await?;
            }
            Ended::Lost => {}
        }
        Ok(Change::Nothing)
    }

    /// Ends all that waits in the lane of an endpoint, a batch a transaction. What is left when that fails ends when it is due.
    async fn end_lane(&self, lane: i64, how: WholeLane) {
        loop {
            let now = self.now();
            let ended = self
                .db()
                .take(move |tx| {
                    Box::pin(async move {
                        match how {
                            WholeLane::GiveUp => {
                                store::outbox::give_up_lane(tx, CHANNEL, lane, now, DISABLED, BATCH).await
                            }
                            WholeLane::Forget => store::outbox::forget_lane(tx, CHANNEL, lane, BATCH).await,
                        }
                    })
                })
                .await;
            match ended {
                Ok(ended) if ended == BATCH.unsigned_abs() => {}
                Ok(_) => return,
                Err(error) => {
                    tracing::warn!(%error, "what waits for a webhook endpoint was not ended; it is when it is due");
                    return;
                }
            }
        }
    }

    /// The lanes of the endpoints that fail, each with the time before which nothing is taken of it.
    pub(crate) async fn failing_lanes(&self) -> Result<Vec<(i64, Timestamp)>, StoreError> {
        let paused = store::webhook::paused(&mut self.db().reader().await?).await?;
        Ok(paused.into_iter().map(|(endpoint, next_try_at): (Uuid, _)| (lane(endpoint), next_try_at)).collect())
    }
}

/// How an endpoint fails after a try that has just failed, and that began when it was as it is here.
fn failing(endpoint: &EndpointRow, now: Timestamp, asked: Duration, random: u64) -> Failing {
    let was_tried = endpoint.next_try_at.is_some_and(|at| now.since(Timestamp::from_micros(at)) < GAP);
    let (since, failures) = match endpoint.failing_since {
        Some(since) if was_tried => (Timestamp::from_micros(since), endpoint.failures + 1),
        _ => (now, 1),
    };
    // After the first failure it is tried at once with another message, because a receiver may dislike one message and no other.
    let pause = match failures {
        1 => Duration::ZERO,
        _ => schedule::pause(failures - 1, random).unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE),
    };
    Failing { since, failures, next_try_at: now.after(pause.max(asked)) }
}
