-- Purchases on credit accounts, and the ledger. Amounts are Canadian cents; times are microseconds since 1970 (UTC), days are days since then.
-- The account stands in front of every key, so that all of one account is together.
-- The twin of ../sqlite/0017_purchase.sql: same tables, same columns, same order.

-- The part of the principal that is of regular purchases; the part of a cent of interest that was not charged yet; the first day whose
-- interest is not posted yet; the day on which the last finance charge is earned; and the first day whose interest is to be posted, null
-- where there is none to come.
ALTER TABLE credit_account ADD COLUMN regular BIGINT NOT NULL DEFAULT 0;
ALTER TABLE credit_account ADD COLUMN interest_rest BIGINT NOT NULL DEFAULT 0;
ALTER TABLE credit_account ADD COLUMN interest_from BIGINT NOT NULL DEFAULT 0;
ALTER TABLE credit_account ADD COLUMN earning_until BIGINT NOT NULL DEFAULT 0;
ALTER TABLE credit_account ADD COLUMN accrues_from BIGINT;
-- How many movements it has, and what was paid and refunded on it in all.
ALTER TABLE credit_account ADD COLUMN movement_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE credit_account ADD COLUMN paid_total BIGINT NOT NULL DEFAULT 0;
ALTER TABLE credit_account ADD COLUMN refunded_total BIGINT NOT NULL DEFAULT 0;
CREATE INDEX credit_account_accruing ON credit_account (accrues_from) WHERE accrues_from IS NOT NULL;

CREATE TABLE credit_authorization (
    partner_id       BIGINT NOT NULL,
    lender_id        BIGINT NOT NULL,
    account_number   BIGINT NOT NULL,
    authorization_id BIGINT NOT NULL,
    -- The client of the merchant that made it.
    client_id        BIGINT NOT NULL,
    -- regular_purchase or promotional_purchase, which has a plan and a term in months.
    transaction_type TEXT NOT NULL,
    plan_id          BIGINT,
    term             BIGINT,
    amount           BIGINT NOT NULL,
    charge_interest  BIGINT NOT NULL,
    charge_fees      BIGINT NOT NULL,
    -- From and until how many months after a capture its interest is earned.
    earned_from_month  BIGINT NOT NULL,
    earned_until_month BIGINT NOT NULL,
    captured         BIGINT NOT NULL,
    released         BIGINT NOT NULL,
    -- opened, closed, expired or unauthorized.
    status           TEXT NOT NULL,
    -- The merchant's order.
    reference        TEXT,
    created_at       BIGINT NOT NULL,
    expires_at       BIGINT NOT NULL,
    -- expires_at while something is held.
    open_until       BIGINT,
    PRIMARY KEY (partner_id, lender_id, account_number, authorization_id),
    FOREIGN KEY (partner_id, lender_id, account_number) REFERENCES credit_account (partner_id, lender_id, account_number)
);
CREATE UNIQUE INDEX credit_authorization_number ON credit_authorization (partner_id, client_id, authorization_id);
CREATE INDEX credit_authorization_list ON credit_authorization (partner_id, client_id, created_at, authorization_id);
CREATE INDEX credit_authorization_account ON credit_authorization (partner_id, lender_id, account_number, created_at);
CREATE INDEX credit_authorization_held ON credit_authorization (partner_id, lender_id, account_number, open_until)
    WHERE open_until IS NOT NULL;
CREATE INDEX credit_authorization_due ON credit_authorization (open_until) WHERE open_until IS NOT NULL;

CREATE TABLE credit_capture (
    partner_id       BIGINT NOT NULL,
    lender_id        BIGINT NOT NULL,
    account_number   BIGINT NOT NULL,
    capture_id       BIGINT NOT NULL,
    authorization_id BIGINT NOT NULL,
    client_id        BIGINT NOT NULL,
    transaction_type TEXT NOT NULL,
    plan_id          BIGINT,
    term             BIGINT,
    amount           BIGINT NOT NULL,
    charge_interest  BIGINT NOT NULL,
    charge_fees      BIGINT NOT NULL,
    -- What was brought back of the amount; the interest that was not earned on unearned_from; the fees that were not given back.
    returned         BIGINT NOT NULL,
    unearned         BIGINT NOT NULL,
    fees             BIGINT NOT NULL,
    unearned_from    BIGINT NOT NULL,
    earned_on        BIGINT NOT NULL,
    -- earned_on while there is interest to be earned.
    earning_until    BIGINT,
    reference        TEXT,
    captured_at      BIGINT NOT NULL,
    PRIMARY KEY (partner_id, lender_id, account_number, capture_id),
    FOREIGN KEY (partner_id, lender_id, account_number, authorization_id)
        REFERENCES credit_authorization (partner_id, lender_id, account_number, authorization_id)
);
CREATE UNIQUE INDEX credit_capture_number ON credit_capture (partner_id, client_id, capture_id);
CREATE INDEX credit_capture_list ON credit_capture (partner_id, client_id, captured_at, capture_id);
CREATE INDEX credit_capture_authorization ON credit_capture (partner_id, lender_id, account_number, authorization_id);
CREATE INDEX credit_capture_earning ON credit_capture (partner_id, lender_id, account_number, earning_until)
    WHERE earning_until IS NOT NULL;

CREATE TABLE capture_return (
    partner_id      BIGINT NOT NULL,
    lender_id       BIGINT NOT NULL,
    account_number  BIGINT NOT NULL,
    return_id       BIGINT NOT NULL,
    capture_id      BIGINT NOT NULL,
    client_id       BIGINT NOT NULL,
    amount          BIGINT NOT NULL,
    charge_interest BIGINT NOT NULL,
    charge_fees     BIGINT NOT NULL,
    reference       TEXT,
    returned_at     BIGINT NOT NULL,
    PRIMARY KEY (partner_id, lender_id, account_number, return_id),
    FOREIGN KEY (partner_id, lender_id, account_number, capture_id)
        REFERENCES credit_capture (partner_id, lender_id, account_number, capture_id)
);
CREATE UNIQUE INDEX capture_return_number ON capture_return (partner_id, client_id, return_id);
CREATE INDEX capture_return_capture ON capture_return (partner_id, lender_id, account_number, capture_id);

-- What happened on an account, numbered from 1 without a gap.
CREATE TABLE ledger_movement (
    partner_id      BIGINT NOT NULL,
    lender_id       BIGINT NOT NULL,
    account_number  BIGINT NOT NULL,
    movement_number BIGINT NOT NULL,
    kind            TEXT NOT NULL,
    -- The client of the merchant that caused it; null where nobody did.
    client_id       BIGINT,
    -- On what: authorization:ID, capture:ID, return:ID; empty for the account itself.
    subject         TEXT NOT NULL,
    reference       TEXT,
    -- Where and by whom, as the merchant calls them.
    location_id     TEXT,
    employee_id     TEXT,
    -- Of interest: the last day that it is for.
    interest_day    BIGINT,
    -- The balances after it.
    principal       BIGINT NOT NULL,
    regular         BIGINT NOT NULL,
    interest        BIGINT NOT NULL,
    held            BIGINT NOT NULL,
    at              BIGINT NOT NULL,
    PRIMARY KEY (partner_id, lender_id, account_number, movement_number),
    FOREIGN KEY (partner_id, lender_id, account_number) REFERENCES credit_account (partner_id, lender_id, account_number)
);
CREATE UNIQUE INDEX ledger_movement_interest ON ledger_movement (partner_id, lender_id, account_number, interest_day)
    WHERE interest_day IS NOT NULL;

-- The postings of a movement: what one account of the chart is debited and another credited.
CREATE TABLE ledger_entry (
    partner_id      BIGINT NOT NULL,
    lender_id       BIGINT NOT NULL,
    account_number  BIGINT NOT NULL,
    movement_number BIGINT NOT NULL,
    line            BIGINT NOT NULL,
    debit           TEXT NOT NULL,
    credit          TEXT NOT NULL,
    amount          BIGINT NOT NULL CHECK (amount > 0),
    PRIMARY KEY (partner_id, lender_id, account_number, movement_number, line),
    FOREIGN KEY (partner_id, lender_id, account_number, movement_number)
        REFERENCES ledger_movement (partner_id, lender_id, account_number, movement_number)
);

-- Payments and refunds, each with what was credited so in all, so that what was credited in a day is the difference of two rows.
CREATE TABLE account_credit (
    partner_id      BIGINT NOT NULL,
    lender_id       BIGINT NOT NULL,
    account_number  BIGINT NOT NULL,
    -- payment or refund.
    class           TEXT NOT NULL,
    at              BIGINT NOT NULL,
    movement_number BIGINT NOT NULL,
    running_total   BIGINT NOT NULL,
    PRIMARY KEY (partner_id, lender_id, account_number, class, at, movement_number),
    FOREIGN KEY (partner_id, lender_id, account_number, movement_number)
        REFERENCES ledger_movement (partner_id, lender_id, account_number, movement_number)
);

CREATE TRIGGER capture_return_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON capture_return
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER ledger_movement_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_movement
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER account_credit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON account_credit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
