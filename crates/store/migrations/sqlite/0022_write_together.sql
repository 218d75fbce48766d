-- What is written at one time lies in one place, so that writes that share a commit share its pages.
-- The twin of ../postgres/0022_write_together.sql: same columns, same order, same indexes.

-- The entries of the ledger in the order of time, as a journal has them. An account's are found by its movements.
CREATE TABLE ledger_entry_by_time (
    partner_id      INTEGER NOT NULL,
    -- When the movement was made, as it says itself.
    at              INTEGER NOT NULL,
    lender_id       INTEGER NOT NULL,
    account_number  INTEGER NOT NULL,
    movement_number INTEGER NOT NULL,
    line            INTEGER NOT NULL,
    debit           TEXT    NOT NULL,
    credit          TEXT    NOT NULL,
    amount          INTEGER NOT NULL CHECK (amount > 0),
    PRIMARY KEY (partner_id, at, lender_id, account_number, movement_number, line),
    FOREIGN KEY (partner_id, lender_id, account_number, movement_number)
        REFERENCES ledger_movement (partner_id, lender_id, account_number, movement_number)
) STRICT, WITHOUT ROWID;
INSERT INTO ledger_entry_by_time
    SELECT e.partner_id, m.at, e.lender_id, e.account_number, e.movement_number, e.line, e.debit, e.credit, e.amount
    FROM ledger_entry e JOIN ledger_movement m USING (partner_id, lender_id, account_number, movement_number)
    ORDER BY e.partner_id, m.at, e.lender_id, e.account_number, e.movement_number, e.line;
DROP TABLE ledger_entry;
ALTER TABLE ledger_entry_by_time RENAME TO ledger_entry;
CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry
BEGIN
    SELECT RAISE(ABORT, 'entries of the ledger are never changed');
END;
CREATE TRIGGER ledger_entry_no_delete BEFORE DELETE ON ledger_entry
BEGIN
    SELECT RAISE(ABORT, 'entries of the ledger are never removed');
END;

-- Captures in the order in which they come, and returns in that of their identifiers, which have the time in them. The captures of an account are
-- found by when they mature, null where they don't; of those that have not matured interest is earned, too.
CREATE TABLE credit_capture_anew (
    partner_id       INTEGER NOT NULL,
    lender_id        INTEGER NOT NULL,
    account_number   INTEGER NOT NULL,
    capture_id       INTEGER NOT NULL,
    authorization_id INTEGER NOT NULL,
    client_id        INTEGER NOT NULL,
    transaction_type TEXT NOT NULL,
    plan_id          INTEGER,
    term             INTEGER,
    amount           INTEGER NOT NULL,
    charge_interest  INTEGER NOT NULL,
    charge_fees      INTEGER NOT NULL,
    returned         INTEGER NOT NULL,
    unearned         INTEGER NOT NULL,
    fees             INTEGER NOT NULL,
    unearned_from    INTEGER NOT NULL,
    earned_on        INTEGER NOT NULL,
    earning_until    INTEGER,
    reference        TEXT,
    captured_at      INTEGER NOT NULL,
    billed           INTEGER NOT NULL DEFAULT 0,
    late_rate        INTEGER NOT NULL DEFAULT 0,
    plan_months      INTEGER NOT NULL DEFAULT 0,
    owed_throughout  INTEGER NOT NULL DEFAULT 0,
    matures_on       INTEGER,
    matured_on       INTEGER,
    PRIMARY KEY (partner_id, client_id, capture_id),
    FOREIGN KEY (partner_id, lender_id, account_number, authorization_id)
        REFERENCES credit_authorization (partner_id, lender_id, account_number, authorization_id)
) STRICT;
INSERT INTO credit_capture_anew SELECT
    partner_id, lender_id, account_number, capture_id, authorization_id, client_id, transaction_type, plan_id, term, amount, charge_interest,
    charge_fees, returned, unearned, fees, unearned_from, earned_on, earning_until, reference, captured_at, billed, late_rate, plan_months,
    owed_throughout, matures_on, matured_on
    FROM credit_capture ORDER BY captured_at, capture_id;
DROP TABLE credit_capture;
ALTER TABLE credit_capture_anew RENAME TO credit_capture;
CREATE INDEX credit_capture_list ON credit_capture (partner_id, client_id, captured_at, capture_id);
CREATE INDEX credit_capture_authorization ON credit_capture (partner_id, client_id, authorization_id, captured_at, capture_id);
CREATE INDEX credit_capture_account ON credit_capture (partner_id, lender_id, account_number, matured_on, matures_on);

CREATE TABLE capture_return_anew (
    partner_id      INTEGER NOT NULL,
    lender_id       INTEGER NOT NULL,
    account_number  INTEGER NOT NULL,
    return_id       INTEGER NOT NULL,
    capture_id      INTEGER NOT NULL,
    client_id       INTEGER NOT NULL,
    amount          INTEGER NOT NULL,
    charge_interest INTEGER NOT NULL,
    charge_fees     INTEGER NOT NULL,
    reference       TEXT,
    returned_at     INTEGER NOT NULL,
    PRIMARY KEY (partner_id, client_id, return_id),
    FOREIGN KEY (partner_id, client_id, capture_id) REFERENCES credit_capture (partner_id, client_id, capture_id)
) STRICT, WITHOUT ROWID;
INSERT INTO capture_return_anew SELECT
    partner_id, lender_id, account_number, return_id, capture_id, client_id, amount, charge_interest, charge_fees, reference, returned_at
    FROM capture_return ORDER BY partner_id, client_id, return_id;
DROP TABLE capture_return;
ALTER TABLE capture_return_anew RENAME TO capture_return;
CREATE INDEX capture_return_capture ON capture_return (partner_id, client_id, capture_id, returned_at, return_id);
CREATE TRIGGER capture_return_no_update BEFORE UPDATE ON capture_return
BEGIN
    SELECT RAISE(ABORT, 'returns are never changed');
END;
CREATE TRIGGER capture_return_no_delete BEFORE DELETE ON capture_return
BEGIN
    SELECT RAISE(ABORT, 'returns are never removed');
END;

-- An account knows how many of its authorizations hold something, and that the time of none of them is over before holds_until, which is null
-- where there are none. With that nobody looks for them before that time, and they need no index of their own.
ALTER TABLE credit_account ADD COLUMN open_count INTEGER NOT NULL DEFAULT 0;
ALTER TABLE credit_account ADD COLUMN holds_until INTEGER;
UPDATE credit_account SET
    open_count = (
        SELECT COUNT(*) FROM credit_authorization a
        WHERE a.partner_id = credit_account.partner_id AND a.lender_id = credit_account.lender_id
            AND a.account_number = credit_account.account_number AND a.open_until IS NOT NULL),
    holds_until = (
        SELECT MIN(a.open_until) FROM credit_authorization a
        WHERE a.partner_id = credit_account.partner_id AND a.lender_id = credit_account.lender_id
            AND a.account_number = credit_account.account_number)
WHERE held <> 0;
DROP INDEX credit_authorization_held;

-- Rows of hundreds of bytes are no keys: SQLite would compare whole rows to find one, and keep them in the inner pages of the tree.
CREATE TABLE credit_account_anew (
    partner_id         INTEGER NOT NULL,
    lender_id          INTEGER NOT NULL,
    account_number     INTEGER NOT NULL,
    client_id          INTEGER NOT NULL,
    customer_number    INTEGER NOT NULL,
    account_type       TEXT NOT NULL,
    status             TEXT NOT NULL,
    status_reason      TEXT NOT NULL,
    risk_rating        TEXT NOT NULL,
    province           TEXT NOT NULL,
    preferred_language TEXT NOT NULL,
    identity_hash      BLOB NOT NULL,
    identity_number    INTEGER NOT NULL,
    card_hash          BLOB NOT NULL,
    card_ending        TEXT NOT NULL,
    sealed             BLOB NOT NULL,
    master_key_version INTEGER NOT NULL,
    credit_limit       INTEGER NOT NULL,
    principal          INTEGER NOT NULL,
    interest           INTEGER NOT NULL,
    held               INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    changed_at         INTEGER NOT NULL,
    closed_at          INTEGER,
    regular            INTEGER NOT NULL DEFAULT 0,
    interest_rest      INTEGER NOT NULL DEFAULT 0,
    interest_from      INTEGER NOT NULL DEFAULT 0,
    earning_until      INTEGER NOT NULL DEFAULT 0,
    accrues_from       INTEGER,
    movement_count     INTEGER NOT NULL DEFAULT 0,
    paid_total         INTEGER NOT NULL DEFAULT 0,
    refunded_total     INTEGER NOT NULL DEFAULT 0,
    next_maturity      INTEGER,
    late_until         INTEGER NOT NULL DEFAULT 0,
    open_count         INTEGER NOT NULL DEFAULT 0,
    holds_until        INTEGER,
    PRIMARY KEY (partner_id, lender_id, account_number),
    FOREIGN KEY (partner_id, lender_id) REFERENCES merchant (partner_id, client_id),
    FOREIGN KEY (partner_id, client_id) REFERENCES merchant (partner_id, client_id)
) STRICT;
INSERT INTO credit_account_anew SELECT
    partner_id, lender_id, account_number, client_id, customer_number, account_type, status, status_reason, risk_rating, province,
    preferred_language, identity_hash, identity_number, card_hash, card_ending, sealed, master_key_version, credit_limit, principal, interest,
    held, created_at, changed_at, closed_at, regular, interest_rest, interest_from, earning_until, accrues_from, movement_count, paid_total,
    refunded_total, next_maturity, late_until, open_count, holds_until
    FROM credit_account ORDER BY partner_id, lender_id, account_number;
DROP TABLE credit_account;
ALTER TABLE credit_account_anew RENAME TO credit_account;
CREATE UNIQUE INDEX credit_account_identity ON credit_account (partner_id, lender_id, identity_hash, identity_number);
CREATE UNIQUE INDEX credit_account_card ON credit_account (partner_id, lender_id, card_hash);
CREATE UNIQUE INDEX credit_account_customer ON credit_account (partner_id, lender_id, customer_number);
CREATE INDEX credit_account_accruing ON credit_account (accrues_from) WHERE accrues_from IS NOT NULL;
CREATE INDEX credit_account_maturing ON credit_account (next_maturity) WHERE next_maturity IS NOT NULL;

CREATE TABLE credit_application_anew (
    partner_id           INTEGER NOT NULL,
    client_id            INTEGER NOT NULL,
    application_id       BLOB NOT NULL,
    lender_id            INTEGER NOT NULL,
    reference_id         BLOB NOT NULL,
    family_id            BLOB NOT NULL,
    scope                TEXT NOT NULL,
    widget_session_id    BLOB,
    external_location_id TEXT,
    identity_hash        BLOB NOT NULL,
    status               TEXT NOT NULL,
    reasons              TEXT NOT NULL,
    bars_until           INTEGER,
    account_number       INTEGER,
    terms_version        TEXT NOT NULL,
    terms_language       TEXT NOT NULL,
    sealed               BLOB NOT NULL,
    master_key_version   INTEGER NOT NULL,
    created_at           INTEGER NOT NULL,
    decided_at           INTEGER,
    decided_by           TEXT,
    PRIMARY KEY (partner_id, client_id, application_id),
    FOREIGN KEY (partner_id, client_id) REFERENCES merchant (partner_id, client_id)
) STRICT;
INSERT INTO credit_application_anew SELECT
    partner_id, client_id, application_id, lender_id, reference_id, family_id, scope, widget_session_id, external_location_id, identity_hash,
    status, reasons, bars_until, account_number, terms_version, terms_language, sealed, master_key_version, created_at, decided_at, decided_by
    FROM credit_application ORDER BY partner_id, client_id, application_id;
DROP TABLE credit_application;
ALTER TABLE credit_application_anew RENAME TO credit_application;
CREATE UNIQUE INDEX credit_application_id ON credit_application (application_id);
CREATE INDEX credit_application_status ON credit_application (status, application_id);
CREATE INDEX credit_application_identity ON credit_application (partner_id, lender_id, identity_hash, status);
CREATE INDEX credit_application_recent ON credit_application (partner_id, client_id, scope, created_at);
CREATE INDEX credit_application_family ON credit_application (partner_id, client_id, scope, family_id, created_at);
CREATE INDEX credit_application_pending ON credit_application (partner_id, client_id) WHERE status = 'pending';
-- The applications that have opened an account, with all that is asked of them.
CREATE INDEX credit_application_account
    ON credit_application (partner_id, lender_id, account_number, family_id, created_at, decided_at) WHERE account_number IS NOT NULL;
