//! What is to be sent: written in the transaction of its cause, taken by workers for a while, removed once it is sent.

use domain::Timestamp;
use domain::identifier::PartnerId;
use uuid::Uuid;

use crate::connection::{Access, Tx};
use crate::error::StoreError;

/// What is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A short message.
    Sms,
    /// A mail.
    Mail,
    /// An invoice, whose identifier is that of its delivery.
    Invoice,
    /// An event, to an endpoint of a partner's.
    Webhook,
    /// A one-time code of a customer, by short message or mail.
    Code,
}

impl Kind {
    /// Its name in the table.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sms => "sms",
            Self::Mail => "mail",
            Self::Invoice => "invoice",
            Self::Webhook => "webhook",
            Self::Code => "code",
        }
    }
}

/// A row of `outbox`.
#[derive(Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Whose it is.
    pub partner: PartnerId,
    /// Its identifier, which the other side gets at every try.
    pub message: Uuid,
    /// The name of the channel that sends it.
    pub channel: String,
    /// Who must not hold up others: the client's number, or the partner's made negative; of a webhook, the endpoint's.
    pub lane: i64,
    /// The name of a [`Kind`].
    pub kind: String,
    /// What is sent, sealed, where no table of its kind holds it; else empty.
    pub payload: Vec<u8>,
    /// The master key that it is sealed under.
    pub master_key_version: i64,
    /// From when on it may be taken; while it is taken, the end of the lease.
    pub due_at: Timestamp,
    /// Who has taken it.
    pub lease: Option<Uuid>,
    /// How often it was taken.
    pub attempts: i64,
    /// When it was written.
    pub created_at: Timestamp,
    /// From when on sending it makes no sense.
    pub expires_at: Timestamp,
    /// Why the last try failed; empty before.
    pub fault: String,
    /// When it was given up, in microseconds.
    pub dead_at: Option<i64>,
    /// How many tries ended without a word on whether the other side has it.
    pub unsure: i64,
}

impl OutboxRow {
    /// A message without a payload that nobody has tried yet, due at once.
    #[must_use]
    pub fn new(
        partner: PartnerId,
        message: Uuid,
        kind: Kind,
        channel: &str,
        lane: i64,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Self {
        Self {
            partner,
            message,
            channel: channel.to_owned(),
            lane,
            kind: kind.as_str().to_owned(),
            payload: Vec::new(),
            master_key_version: 0,
            due_at: now,
            lease: None,
            attempts: 0,
            created_at: now,
            expires_at,
            fault: String::new(),
            dead_at: None,
            unsure: 0,
        }
    }
}

impl std::fmt::Debug for OutboxRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OutboxRow")
            .field("message", &self.message)
            .field("channel", &self.channel)
            .finish_non_exhaustive()
    }
}

columns!(OutboxRow {
    partner as i64 = "partner_id",
    message = "message_id",
    channel,
    lane,
    kind,
    payload,
    master_key_version,
    due_at as i64,
    lease,
    attempts,
    created_at as i64,
    expires_at as i64,
    fault,
    dead_at,
    unsure,
});

/// The columns of an [`OutboxRow`].
macro_rules! outbox_columns {
    () => {
        "partner_id, message_id, channel, lane, kind, payload, master_key_version, due_at, lease, attempts, created_at, \
         expires_at, fault, dead_at, unsure"
    };
}

/// How many messages of a channel there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The channel.
    pub channel: String,
    /// Those that are still tried.
    pub waiting: i64,
    /// Those that were given up.
    pub dead: i64,
}

columns!(Waiting { channel, waiting, dead });

statements! {
    INSERT = "INSERT INTO outbox (partner_id, message_id, channel, lane, kind, payload, master_key_version, due_at, attempts, \
              created_at, expires_at, fault) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10, '')";
    LANES = "WITH RECURSIVE found (lane, place) AS ( \
             SELECT (SELECT MIN(lane) FROM outbox WHERE channel = $1 AND lane > $2 AND dead_at IS NULL), CAST(1 AS BIGINT) \
             UNION ALL \
             SELECT (SELECT MIN(o.lane) FROM outbox o WHERE o.channel = $1 AND o.lane > found.lane AND o.dead_at IS NULL), place + 1 \
             FROM found WHERE lane IS NOT NULL AND place < $4) \
             SELECT lane, (SELECT o.partner_id FROM outbox o WHERE o.channel = $1 AND o.lane = found.lane \
             AND o.dead_at IS NULL AND o.due_at <= $3 ORDER BY o.due_at LIMIT 1) AS partner_id FROM found WHERE lane IS NOT NULL";
    /// SQLite, where no two writes overlap, is told nothing of row locks: see `Statement::sqlite`.
    TAKE = concat!("WITH due AS MATERIALIZED ( \
            SELECT partner_id, message_id FROM outbox WHERE channel = $1 AND lane = $2 AND dead_at IS NULL AND due_at <= $3 \
            ORDER BY due_at LIMIT $6 FOR UPDATE SKIP LOCKED) \
            UPDATE outbox SET lease = $4, attempts = attempts + 1, due_at = $5 \
            WHERE (partner_id, message_id) IN (SELECT partner_id, message_id FROM due) \
            RETURNING ", outbox_columns!());
    DONE = "DELETE FROM outbox WHERE partner_id = $1 AND message_id = $2 AND lease = $3";
    AGAIN = "UPDATE outbox SET lease = NULL, due_at = $4, fault = $5, attempts = attempts - $6 \
             WHERE partner_id = $1 AND message_id = $2 AND lease = $3";
    DOUBT = "UPDATE outbox SET unsure = unsure + 1 WHERE partner_id = $1 AND message_id = $2 AND lease = $3";
    GIVE_UP = "UPDATE outbox SET lease = NULL, dead_at = $4, fault = $5 WHERE partner_id = $1 AND message_id = $2 AND lease = $3";
    GIVE_UP_LANE = "WITH waiting AS MATERIALIZED ( \
                    SELECT partner_id, message_id FROM outbox WHERE channel = $1 AND lane = $2 AND dead_at IS NULL AND lease IS NULL \
                    LIMIT $5 FOR UPDATE SKIP LOCKED) \
                    UPDATE outbox SET dead_at = $3, fault = $4 WHERE (partner_id, message_id) IN (SELECT partner_id, message_id FROM waiting)";
    FORGET_LANE = "WITH waiting AS MATERIALIZED ( \
                   SELECT partner_id, message_id FROM outbox WHERE channel = $1 AND lane = $2 AND dead_at IS NULL AND lease IS NULL \
                   LIMIT $3 FOR UPDATE SKIP LOCKED) \
                   DELETE FROM outbox WHERE (partner_id, message_id) IN (SELECT partner_id, message_id FROM waiting)";
    WAITING_OF_LANE = "SELECT COUNT(*) FROM (SELECT 1 AS one FROM outbox WHERE channel = $1 AND lane = $2 AND dead_at IS NULL LIMIT $3) counted";
    FORGET = "DELETE FROM outbox WHERE partner_id = $1 AND message_id = $2";
    BY_ID = concat!("SELECT ", outbox_columns!(), " FROM outbox WHERE partner_id = $1 AND message_id = $2");
    DEAD = concat!("SELECT ", outbox_columns!(), " FROM outbox WHERE dead_at IS NOT NULL AND message_id > $1 ORDER BY message_id LIMIT $2");
    DEAD_OF_LANE = concat!("SELECT ", outbox_columns!(), " FROM outbox WHERE dead_at IS NOT NULL AND channel = $1 AND lane = $2 \
                    AND message_id > $3 ORDER BY message_id LIMIT $4");
    DEAD_BY_ID = concat!("SELECT ", outbox_columns!(), " FROM outbox WHERE dead_at IS NOT NULL AND message_id = $1");
    REPLAY = "UPDATE outbox SET dead_at = NULL, due_at = $3, attempts = 0, \
              expires_at = CASE WHEN kind <> 'sms' THEN $4 ELSE expires_at END \
              WHERE partner_id = $1 AND message_id = $2 AND dead_at IS NOT NULL";
    RENEW = "UPDATE outbox SET due_at = $4 WHERE partner_id = $1 AND message_id = $2 AND lease = $3";
    OLD_MAIL = "SELECT partner_id, message_id FROM outbox WHERE kind = 'mail' AND expires_at < $1 \
                AND (dead_at IS NOT NULL OR due_at < $1) LIMIT $2";
    OLD_CODES = "SELECT partner_id, message_id FROM outbox WHERE kind = 'code' AND expires_at < $1 \
                 AND (dead_at IS NOT NULL OR due_at < $1) LIMIT $2";
    OLD_WEBHOOKS = "SELECT partner_id, message_id FROM outbox WHERE kind = 'webhook' AND expires_at < $1 \
                    AND (dead_at IS NOT NULL OR due_at < $1) LIMIT $2";
    OLD_INVOICES = concat!("SELECT ", outbox_columns!(), " FROM outbox WHERE kind = 'invoice' AND expires_at < $1 \
                    AND (dead_at IS NOT NULL OR due_at < $1) LIMIT $2");
    /// Each half by an index of its own, which holds the channel: what waits is not small where a receiver is down.
    COUNTS = "SELECT channel, CAST(SUM(waiting) AS BIGINT) AS waiting, CAST(SUM(dead) AS BIGINT) AS dead FROM ( \
              SELECT channel, COUNT(*) AS waiting, 0 AS dead FROM outbox WHERE dead_at IS NULL GROUP BY channel \
              UNION ALL SELECT channel, 0, COUNT(*) FROM outbox WHERE dead_at IS NOT NULL GROUP BY channel) counted \
              GROUP BY channel ORDER BY channel";
    COUNT_NOT_SEALED_UNDER = "SELECT COUNT(*) FROM outbox WHERE master_key_version <> $1 AND payload <> $2";
}

/// Adds a message that nobody has tried yet.
///
/// # Errors
/// When the statement fails.
pub async fn insert(tx: &mut Tx, row: &OutboxRow) -> Result<(), StoreError> {
    execute!(
        tx,
        INSERT,
        row.partner.0,
        row.message,
        &row.channel,
        row.lane,
        &row.kind,
        &row.payload,
        row.master_key_version,
        row.due_at.micros(),
        row.created_at.micros(),
        row.expires_at.micros(),
    )
    .map(drop)
}

/// At most `limit` lanes of a channel after `after` that hold messages, in their order, each with the partner of the message that is due
/// first; `None` where none is due at `now`.
///
/// # Errors
/// When the statement fails.
pub async fn lanes(
    db: &mut impl Access,
    channel: &str,
    after: i64,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(i64, Option<PartnerId>)>, StoreError> {
    let mut rows = fetch!(fetch_all, (i64, Option<i64>), db, LANES, channel, after, now.micros(), limit)?;
    rows.sort_unstable();
    Ok(rows.into_iter().map(|(lane, partner)| (lane, partner.map(PartnerId))).collect())
}

/// Takes at most `limit` messages of a lane that are due at `now`, until `until`. Run it by [`crate::Db::take`].
///
/// # Errors
/// When the statement fails.
pub async fn take(
    tx: &mut Tx,
    channel: &str,
    lane: i64,
    now: Timestamp,
    lease: Uuid,
    until: Timestamp,
    limit: i64,
) -> Result<Vec<OutboxRow>, StoreError> {
    fetch!(fetch_all, OutboxRow, tx, TAKE, channel, lane, now.micros(), lease, until.micros(), limit)
}

/// Removes a message that was sent; false when the lease had ended and another worker has taken it.
///
/// # Errors
/// When the statement fails.
pub async fn done(tx: &mut Tx, row: &OutboxRow) -> Result<bool, StoreError> {
    Ok(execute!(tx, DONE, row.partner.0, row.message, row.lease)? == 1)
}

/// Gives a message back, to be tried again at `due_at`; false when another worker has taken it. A try that says nothing of the message
/// is not counted.
///
/// # Errors
/// When the statement fails.
pub async fn again(
    tx: &mut Tx,
    row: &OutboxRow,
    due_at: Timestamp,
    fault: &str,
    counts: bool,
) -> Result<bool, StoreError> {
    let uncounted = i64::from(!counts);
    Ok(execute!(tx, AGAIN, row.partner.0, row.message, row.lease, due_at.micros(), fault, uncounted)? == 1)
}

/// Notes of the try that is being made that the other side may have taken the message; false when another worker has it.
///
/// # Errors
/// When the statement fails.
pub async fn doubt(tx: &mut Tx, row: &OutboxRow) -> Result<bool, StoreError> {
    Ok(execute!(tx, DOUBT, row.partner.0, row.message, row.lease)? == 1)
}

/// Gives a message up; false when another worker has taken it.
///
/// # Errors
/// When the statement fails.
pub async fn give_up(tx: &mut Tx, row: &OutboxRow, now: Timestamp, fault: &str) -> Result<bool, StoreError> {
    Ok(execute!(tx, GIVE_UP, row.partner.0, row.message, row.lease, now.micros(), fault)? == 1)
}

/// Gives up at most `limit` messages of a lane that nobody has taken, and gives their number. Run it by [`crate::Db::take`].
///
/// # Errors
/// When the statement fails.
pub async fn give_up_lane(
    tx: &mut Tx,
    channel: &str,
    lane: i64,
    now: Timestamp,
    fault: &str,
    limit: i64,
) -> Result<u64, StoreError> {
    execute!(tx, GIVE_UP_LANE, channel, lane, now.micros(), fault, limit)
}

/// Removes at most `limit` messages of a lane that nobody has taken, and gives their number. Run it by [`crate::Db::take`].
///
/// # Errors
/// When the statement fails.
pub async fn forget_lane(tx: &mut Tx, channel: &str, lane: i64, limit: i64) -> Result<u64, StoreError> {
    execute!(tx, FORGET_LANE, channel, lane, limit)
}

/// How many messages of a lane wait; no more than `most` are counted.
///
/// # Errors
/// When the statement fails.
pub async fn waiting_of_lane(db: &mut impl Access, channel: &str, lane: i64, most: i64) -> Result<i64, StoreError> {
    fetch!(count, db, WAITING_OF_LANE, channel, lane, most)
}

/// Removes a message, whoever has it.
///
/// # Errors
/// When the statement fails.
pub async fn forget(tx: &mut Tx, partner: PartnerId, message: Uuid) -> Result<bool, StoreError> {
    Ok(execute!(tx, FORGET, partner.0, message)? == 1)
}

/// A message that was not sent yet.
///
/// # Errors
/// When the statement fails.
pub async fn by_id(db: &mut impl Access, partner: PartnerId, message: Uuid) -> Result<Option<OutboxRow>, StoreError> {
    fetch!(fetch_optional, OutboxRow, db, BY_ID, partner.0, message)
}

/// At most `limit` messages that were given up, after `after`, oldest first.
///
/// # Errors
/// When the statement fails.
pub async fn dead(db: &mut impl Access, after: Uuid, limit: i64) -> Result<Vec<OutboxRow>, StoreError> {
    fetch!(fetch_all, OutboxRow, db, DEAD, after, limit)
}

/// The same of one lane.
///
/// # Errors
/// When the statement fails.
pub async fn dead_of_lane(
    db: &mut impl Access,
    channel: &str,
    lane: i64,
    after: Uuid,
    limit: i64,
) -> Result<Vec<OutboxRow>, StoreError> {
    fetch!(fetch_all, OutboxRow, db, DEAD_OF_LANE, channel, lane, after, limit)
}

/// The message of this identifier, when it was given up.
///
/// # Errors
/// When the statement fails.
pub async fn dead_by_id(db: &mut impl Access, message: Uuid) -> Result<Option<OutboxRow>, StoreError> {
    fetch!(fetch_optional, OutboxRow, db, DEAD_BY_ID, message)
}

/// Has a message that was given up tried again from `now` on, as if it were new; false when it was not given up. It is worth sending until
/// `worth_until` then, unless it is a short message, whose end stays.
///
/// # Errors
/// When the statement fails.
pub async fn replay(
    tx: &mut Tx,
    partner: PartnerId,
    message: Uuid,
    now: Timestamp,
    worth_until: Timestamp,
) -> Result<bool, StoreError> {
    Ok(execute!(tx, REPLAY, partner.0, message, now.micros(), worth_until.micros())? == 1)
}

/// Lets the lease of a message end at `until`; false when another worker has taken it.
///
/// # Errors
/// When the statement fails.
pub async fn renew(tx: &mut Tx, row: &OutboxRow, until: Timestamp) -> Result<bool, StoreError> {
    Ok(execute!(tx, RENEW, row.partner.0, row.message, row.lease, until.micros())? == 1)
}

/// Removes at most `limit` mails that nobody is sending and that were worth sending until before `before`, and gives their number.
///
/// # Errors
/// When a statement fails.
pub async fn purge_mail(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    let old = fetch!(fetch_all, (i64, Uuid), tx, OLD_MAIL, before.micros(), limit)?;
    forget_all(tx, &old).await
}

/// The same of one-time codes.
///
/// # Errors
/// When a statement fails.
pub async fn purge_codes(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    let old = fetch!(fetch_all, (i64, Uuid), tx, OLD_CODES, before.micros(), limit)?;
    forget_all(tx, &old).await
}

/// The same of webhooks.
///
/// # Errors
/// When a statement fails.
pub async fn purge_webhooks(tx: &mut Tx, before: Timestamp, limit: i64) -> Result<u64, StoreError> {
    let old = fetch!(fetch_all, (i64, Uuid), tx, OLD_WEBHOOKS, before.micros(), limit)?;
    forget_all(tx, &old).await
}

/// At most `limit` invoices that nobody is sending and that were worth sending until before `before`.
///
/// # Errors
/// When the statement fails.
pub async fn old_invoices(db: &mut impl Access, before: Timestamp, limit: i64) -> Result<Vec<OutboxRow>, StoreError> {
    fetch!(fetch_all, OutboxRow, db, OLD_INVOICES, before.micros(), limit)
}

async fn forget_all(tx: &mut Tx, old: &[(i64, Uuid)]) -> Result<u64, StoreError> {
    for (partner, message) in old {
        execute!(tx, FORGET, *partner, *message)?;
    }
    Ok(old.len() as u64)
}

/// How many messages each channel has.
///
/// # Errors
/// When the statement fails.
pub async fn counts(db: &mut impl Access) -> Result<Vec<Waiting>, StoreError> {
    fetch!(fetch_all, Waiting, db, COUNTS)
}

/// How many sealed messages are sealed under another master key than `version`. They go by themselves: when they are sent, or when they
/// are not worth sending any more.
///
/// # Errors
/// When the statement fails.
pub async fn count_not_sealed_under(db: &mut impl Access, version: i64) -> Result<i64, StoreError> {
    let nothing: &[u8] = &[];
    fetch!(count, db, COUNT_NOT_SEALED_UNDER, version, nothing)
}
