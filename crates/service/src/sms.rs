//! Short messages to debtors: asked for, shown, waited for.

use std::collections::HashMap;
use std::time::Duration;

use domain::api_key::KeyHolder;
use domain::audit::{AuditRecord, Outcome};
use domain::identifier::{ClientIdentifier, PartnerId};
use domain::sms::{Sender, SmsDraft, SmsRules, SmsState};
use domain::{Fault, Timestamp};
use serde::{Deserialize, Serialize};
use store::outbox::{Kind, OutboxRow};
use store::sms::{ReportRow, SmsRow};
use store::{StoreError, Tx};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::timeout;
use uuid::Uuid;

use crate::idempotency::{Begun, Idempotency, IdempotencyError, Operation, Repeatable};
use crate::onboarding::Answer;
use crate::{Context, Core};

const OPERATION: &str = Operation::SendSms.name();

/// How often a waiting request looks for what another process has heard.
const LOOK: Duration = Duration::from_millis(500);

/// How short messages leave, as the operator has set it.
#[derive(Clone, Debug)]
pub struct SmsSettings {
    /// The name of the channel.
    pub channel: String,
    /// What holds for every message.
    pub rules: SmsRules,
}

/// A message and what has become of it.
#[derive(Clone)]
pub struct Sms {
    /// Its identifier.
    pub id: Uuid,
    /// The creditor, when there is one.
    pub creditor: Option<ClientIdentifier>,
    /// The recipient in E.164.
    pub recipient: String,
    /// Who it says it is from.
    pub sender: String,
    /// What it says.
    pub text: String,
    /// The asker's reference.
    pub reference: Option<String>,
    /// How it is encoded.
    pub encoding: String,
    /// In how many parts it goes.
    pub parts: i64,
    /// How far it has come.
    pub state: SmsState,
    /// Since when.
    pub state_at: Timestamp,
    /// The provider's code for what went wrong.
    pub error_code: Option<String>,
    /// What went wrong, in words.
    pub reason: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// Until when it is worth delivering.
    pub expires_at: Timestamp,
    /// Every step, oldest first.
    pub reports: Vec<SmsReport>,
}

impl std::fmt::Debug for Sms {
    /// Without the text and the recipient.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sms").field("id", &self.id).field("state", &self.state).finish_non_exhaustive()
    }
}

/// A step that a message has made.
#[derive(Clone, Debug)]
pub struct SmsReport {
    /// When.
    pub at: Timestamp,
    /// To what.
    pub state: SmsState,
    /// The provider's identifier of the part.
    pub provider_message_id: Option<String>,
    /// The provider's code for what went wrong.
    pub error_code: Option<String>,
}

/// Why a message is not sent.
#[derive(Debug, thiserror::Error)]
pub enum SmsError {
    /// The input is wrong; every fault of it.
    #[error("{} fields need attention", .0.len())]
    Invalid(Vec<Fault>),
    /// The operator has set up no channel.
    #[error("no channel for short messages is set up")]
    NoChannel,
    /// The idempotency key forbids it.
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is kept for a repeat: the message tells the rest.
#[derive(Serialize, Deserialize)]
struct Kept {
    sms: Uuid,
}

/// Which messages to list.
#[derive(Clone, Copy, Debug, Default)]
pub struct SmsFilter {
    /// Only those of this creditor.
    pub creditor: Option<ClientIdentifier>,
    /// Only older ones than this.
    pub before: Option<Uuid>,
}

#[derive(Clone)]
struct Dispatch {
    sms: SmsRow,
    report: ReportRow,
    outbox: OutboxRow,
    record: AuditRecord,
}

impl Core {
    /// Takes a message to a debtor: it, its place in the outbox and the audit record, all or none. `creditor` is the client on whose
    /// behalf it is sent; `holder` is who asks.
    ///
    /// # Errors
    /// [`SmsError`].
    pub async fn send_sms(
        &self,
        holder: KeyHolder,
        creditor: Option<i64>,
        draft: &SmsDraft,
        idempotency: Option<Idempotency>,
        context: &Context,
    ) -> Result<Answer<Sms>, SmsError> {
        let partner = holder.partner;
        let request = idempotency.map(|idempotency| Repeatable { holder, operation: Operation::SendSms, idempotency });
        let _running = match self.begin::<Kept, SmsError>(request.as_ref()).await? {
            Begun::Repeat(kept) => return self.kept_sms(partner, kept.sms).await,
            first @ Begun::First { .. } => first,
        };
        let dispatch = self.dispatch(partner, creditor, draft, context).await?;
        let (core, taken) = (self.clone(), dispatch.clone());
        let replayed = self
            .db()
            .add(move |tx| {
                let (core, dispatch, request) = (core.clone(), dispatch.clone(), request.clone());
                Box::pin(async move {
                    if let Some(kept) = core.take_request::<Kept, SmsError>(tx, request.as_ref()).await? {
                        return Ok::<_, SmsError>(Some(kept.sms));
                    }
                    if let Some(request) = &request {
                        core.keep_answer(tx, request, &Kept { sms: dispatch.sms.sms }).await?;
                    }
                    add(tx, &dispatch).await?;
                    Ok(None)
                })
            })
            .await?;
        match replayed {
            Some(earlier) => self.kept_sms(partner, earlier).await,
            None => {
                self.outbox_bells().ring(&taken.outbox.channel);
                // Not read back: a database that fails now must not hide that the message was taken.
                let value = sms_of(taken.sms, vec![taken.report])?;
                Ok(Answer { value, replayed: false })
            }
        }
    }

    async fn dispatch(
        &self,
        partner: PartnerId,
        creditor: Option<i64>,
        draft: &SmsDraft,
        context: &Context,
    ) -> Result<Dispatch, SmsError> {
        let settings = self.settings().sms.as_ref().ok_or(SmsError::NoChannel)?;
        let mut rules = settings.rules.clone();
        let found = match creditor {
            None => None,
            Some(number) => store::client::by_number(&mut self.db().reader().await?, ClientIdentifier(number)).await?,
        };
        let found = found.filter(|row| row.partner == partner);
        if let Some(sender) = found.as_ref().and_then(|row| row.sms_sender.as_deref()) {
            // The creditor's own, when the message names none.
            rules.sender = Sender::parse(sender).map_err(|error| StoreError::unreadable("client.sms_sender", error))?;
        }
        let checked = domain::sms::check(draft, &rules);
        let client = found.map(|row| row.client);
        if creditor.is_some() && client.is_none() {
            let mut faults = checked.err().unwrap_or_default();
            let remedy = "You have no creditor of this number: send its clientIdentifier";
            faults.add("creditor", "unknown_creditor", remedy);
            return Err(SmsError::Invalid(faults.into_vec()));
        }
        let new = checked.map_err(|faults| SmsError::Invalid(faults.into_vec()))?;
        let now = self.now();
        let id = self.next_id(now);
        let expires_at = now.after(new.validity);
        let lane = client.map_or(-partner.0, |client| client.0);
        let sms = SmsRow {
            partner,
            sms: id,
            client_id: client.map_or(0, |client| client.0),
            channel: settings.channel.clone(),
            recipient: new.recipient.to_string(),
            sender: new.sender.to_string(),
            body: new.text,
            reference: new.reference.unwrap_or_default(),
            encoding: new.encoding.as_str().to_owned(),
            part_count: i64::try_from(new.parts).unwrap_or(i64::MAX),
            state: SmsState::Queued.as_str().to_owned(),
            state_at: now,
            error_code: String::new(),
            reason: String::new(),
            created_at: now,
            expires_at,
            sent_at: None,
            final_at: None,
        };
        let outbox = OutboxRow::new(partner, id, Kind::Sms, &settings.channel, lane, now, expires_at);
        let detail = client.map(|client| format!("for client {client}")).unwrap_or_default();
        // Neither the number nor the text: the trail is kept for ever.
        let record = context.record(self, partner, OPERATION, format!("sms:{id}"), Outcome::Done, detail);
        Ok(Dispatch { sms, report: self.report(SmsState::Queued, now, "", ""), outbox, record })
    }

    /// A message of a partner, with its delivery reports.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sms(&self, partner: PartnerId, id: Uuid) -> Result<Option<Sms>, StoreError> {
        let mut reader = self.db().reader().await?;
        match store::sms::by_id(&mut reader, partner, id).await? {
            Some(row) => {
                let reports = store::sms::reports(&mut reader, partner, id).await?;
                sms_of(row, reports).map(Some)
            }
            None => Ok(None),
        }
    }

    /// The messages of a partner, newest first, at most `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_sms(&self, partner: PartnerId, filter: SmsFilter, limit: u32) -> Result<Vec<Sms>, StoreError> {
        let mut reader = self.db().reader().await?;
        let client = filter.creditor.map(|client| client.0);
        let before = filter.before.unwrap_or(Uuid::max());
        let rows = store::sms::page(&mut reader, partner, client, before, i64::from(limit)).await?;
        let Some(newest) = rows.first() else { return Ok(Vec::new()) };
        // Messages that came meanwhile must not move the page.
        let before = Uuid::from_u128(newest.sms.as_u128().saturating_add(1));
        let mut reports: HashMap<Uuid, Vec<ReportRow>> = HashMap::new();
        for (sms, report) in store::sms::reports_of_page(&mut reader, partner, client, before, i64::from(limit)).await?
        {
            reports.entry(sms).or_default().push(report);
        }
        rows.into_iter()
            .map(|row| {
                let reports = reports.remove(&row.sms).unwrap_or_default();
                sms_of(row, reports)
            })
            .collect()
    }

    /// Waits at most `time` for the final state of a message, and gives how far it has come.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn wait_for_sms(&self, partner: PartnerId, id: Uuid, time: Duration) -> Result<Option<Sms>, StoreError> {
        let mut news = self.sms_news().subscribe();
        let waited = timeout(time, async {
            loop {
                let sms = self.sms(partner, id).await?;
                if sms.as_ref().is_none_or(|sms| sms.state.is_final()) {
                    return Ok(sms);
                }
                let heard = async {
                    loop {
                        match news.recv().await {
                            Ok(other) if other != id => {}
                            Ok(_) | Err(RecvError::Lagged(_)) => return,
                            Err(RecvError::Closed) => std::future::pending().await,
                        }
                    }
                };
                // Whether it was heard or only time has passed: look again.
                drop(timeout(LOOK, heard).await);
            }
        })
        .await;
        match waited {
            Ok(sms) => sms,
            Err(_) => self.sms(partner, id).await,
        }
    }

    /// The first answer again: the message as it was taken.
    async fn kept_sms(&self, partner: PartnerId, id: Uuid) -> Result<Answer<Sms>, SmsError> {
        let sms = self.sms(partner, id).await?.ok_or_else(gone)?;
        let (state, state_at, reports) = (SmsState::Queued, sms.created_at, sms.reports.into_iter().take(1).collect());
        let value = Sms { state, state_at, error_code: None, reason: None, reports, ..sms };
        Ok(Answer { value, replayed: true })
    }

    pub(crate) fn report(
        &self,
        state: SmsState,
        at: Timestamp,
        provider_message_id: &str,
        error_code: &str,
    ) -> ReportRow {
        ReportRow {
            report: self.next_id(at),
            at,
            state: state.as_str().to_owned(),
            provider_message_id: provider_message_id.to_owned(),
            error_code: error_code.to_owned(),
        }
    }
}

async fn add(tx: &mut Tx, new: &Dispatch) -> Result<(), StoreError> {
    store::sms::insert(tx, &new.sms).await?;
    store::sms::insert_report(tx, new.sms.partner, new.sms.sms, &new.report).await?;
    store::outbox::insert(tx, &new.outbox).await?;
    store::audit::insert(tx, &new.record).await
}

fn sms_of(row: SmsRow, reports: Vec<ReportRow>) -> Result<Sms, StoreError> {
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let reports = reports.into_iter().map(|report| {
        Ok(SmsReport {
            at: report.at,
            state: state(&report.state)?,
            provider_message_id: some(report.provider_message_id),
            error_code: some(report.error_code),
        })
    });
    Ok(Sms {
        reports: reports.collect::<Result<_, StoreError>>()?,
        id: row.sms,
        creditor: (row.client_id != 0).then_some(ClientIdentifier(row.client_id)),
        recipient: row.recipient,
        sender: row.sender,
        text: row.body,
        reference: some(row.reference),
        encoding: row.encoding,
        parts: row.part_count,
        state: state(&row.state)?,
        state_at: row.state_at,
        error_code: some(row.error_code),
        reason: some(row.reason),
        created_at: row.created_at,
        expires_at: row.expires_at,
    })
}

pub(crate) fn state(name: &str) -> Result<SmsState, StoreError> {
    SmsState::parse(name).map_err(|error| StoreError::unreadable("sms.state", error))
}

fn gone() -> StoreError {
    StoreError::unreadable("sms", "a message that was kept is gone")
}
