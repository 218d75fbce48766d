-- What is to be sent, and the short messages. Times are microseconds since 1970 (UTC).
-- The twin of ../postgres/0003_outbox.sql: same tables, same columns, same order.

-- Written in the transaction of its cause; a row is there until it was sent or given up. `due_at` is when it may be taken next, and
-- while somebody has it the end of the lease, so that a worker that died gives it back by itself.
CREATE TABLE outbox (
    partner_id         INTEGER NOT NULL,
    message_id         BLOB   NOT NULL,
    channel            TEXT   NOT NULL,
    -- Whose it is, so that one's many do not hold up another's few: the client, or the partner as a negative number.
    lane               INTEGER NOT NULL,
    kind               TEXT   NOT NULL,
    -- Sealed, where no table of its kind holds it.
    payload            BLOB   NOT NULL,
    master_key_version INTEGER NOT NULL,
    due_at             INTEGER NOT NULL,
    lease              BLOB,
    attempts           INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    expires_at         INTEGER NOT NULL,
    fault              TEXT   NOT NULL,
    dead_at            INTEGER,
    PRIMARY KEY (partner_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_due ON outbox (channel, lane, due_at) WHERE dead_at IS NULL;
CREATE INDEX outbox_dead ON outbox (message_id) WHERE dead_at IS NOT NULL;

CREATE TABLE sms (
    partner_id INTEGER NOT NULL,
    sms_id     BLOB   NOT NULL,
    -- The creditor; 0 for the partner's own.
    client_id  INTEGER NOT NULL,
    channel    TEXT   NOT NULL,
    recipient  TEXT   NOT NULL,
    sender     TEXT   NOT NULL,
    body       TEXT   NOT NULL,
    reference  TEXT   NOT NULL,
    encoding   TEXT   NOT NULL,
    part_count INTEGER NOT NULL,
    state      TEXT   NOT NULL,
    state_at   INTEGER NOT NULL,
    error_code TEXT   NOT NULL,
    reason     TEXT   NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    -- When the provider had taken all of it.
    sent_at    INTEGER,
    final_at   INTEGER,
    PRIMARY KEY (partner_id, sms_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sms_of_client ON sms (partner_id, client_id, sms_id);
CREATE INDEX sms_open ON sms (expires_at) WHERE final_at IS NULL;
CREATE INDEX sms_created ON sms (created_at);

-- The messages that carry a text, as far as the provider has taken them. `lookup` is the normal form of the provider's identifier.
CREATE TABLE sms_part (
    partner_id          INTEGER NOT NULL,
    sms_id              BLOB   NOT NULL,
    part_index          INTEGER NOT NULL,
    channel             TEXT   NOT NULL,
    provider_message_id TEXT   NOT NULL,
    lookup              TEXT   NOT NULL,
    state               TEXT   NOT NULL,
    PRIMARY KEY (partner_id, sms_id, part_index)
) STRICT, WITHOUT ROWID;
CREATE INDEX sms_part_lookup ON sms_part (channel, lookup);

-- The delivery reports: each step that a message or a part of it has made.
CREATE TABLE sms_report (
    partner_id          INTEGER NOT NULL,
    sms_id              BLOB   NOT NULL,
    report_id           BLOB   NOT NULL,
    at                  INTEGER NOT NULL,
    state               TEXT   NOT NULL,
    provider_message_id TEXT   NOT NULL,
    error_code          TEXT   NOT NULL,
    PRIMARY KEY (partner_id, sms_id, report_id)
) STRICT, WITHOUT ROWID;

-- Receipts of which the message is not known, or not yet.
CREATE TABLE sms_receipt (
    channel             TEXT   NOT NULL,
    receipt_id          BLOB   NOT NULL,
    provider_message_id TEXT   NOT NULL,
    lookup              TEXT   NOT NULL,
    state               TEXT   NOT NULL,
    error_code          TEXT   NOT NULL,
    recipient           TEXT   NOT NULL,
    received_at         INTEGER NOT NULL,
    PRIMARY KEY (channel, receipt_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sms_receipt_lookup ON sms_receipt (channel, lookup);
