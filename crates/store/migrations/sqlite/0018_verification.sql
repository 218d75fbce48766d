-- One-time codes, one row for each account, merchant and request_id. Times are microseconds since 1970 (UTC).
-- The twin of ../postgres/0018_verification.sql: same tables, same columns, same order.

CREATE TABLE verification (
    partner_id     INTEGER NOT NULL,
    lender_id      INTEGER NOT NULL,
    account_number INTEGER NOT NULL,
    -- The client of the merchant that asked for it.
    client_id      INTEGER NOT NULL,
    -- As the merchant calls it.
    request_id     TEXT    NOT NULL,
    -- email, sms, security_question, regular_purchase_bypass or merchant_override.
    format         TEXT    NOT NULL,
    -- The keyed hash of the code; empty where no code was made, because the answer was wrong.
    code_hash      BLOB    NOT NULL,
    -- The wrong ones since the code was made, and in all; how often a code was made.
    tries          INTEGER NOT NULL,
    wrong_total    INTEGER NOT NULL,
    made_total     INTEGER NOT NULL,
    made_at        INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    used_at        INTEGER,
    -- When it was made or tried last.
    changed_at     INTEGER NOT NULL,
    PRIMARY KEY (partner_id, lender_id, account_number, client_id, request_id),
    FOREIGN KEY (partner_id, lender_id, account_number) REFERENCES credit_account (partner_id, lender_id, account_number)
) STRICT, WITHOUT ROWID;
CREATE INDEX verification_changed ON verification (changed_at);

-- Finds codes that were not sent in their time.
CREATE INDEX outbox_code ON outbox (expires_at) WHERE kind = 'code';
