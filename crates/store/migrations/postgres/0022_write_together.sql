-- What is written at one time lies in one place, so that writes that share a commit share its pages.
-- The twin of ../sqlite/0022_write_together.sql: same columns, same order, same indexes.

-- The entries of the ledger in the order of time, as a journal has them. An account's are found by its movements.
CREATE TABLE ledger_entry_by_time (
    partner_id      BIGINT NOT NULL,
    -- When the movement was made, as it says itself.
    at              BIGINT NOT NULL,
    lender_id       BIGINT NOT NULL,
    account_number  BIGINT NOT NULL,
    movement_number BIGINT NOT NULL,
    line            BIGINT NOT NULL,
    debit           TEXT NOT NULL,
    credit          TEXT NOT NULL,
    amount          BIGINT NOT NULL CHECK (amount > 0),
    FOREIGN KEY (partner_id, lender_id, account_number, movement_number)
        REFERENCES ledger_movement (partner_id, lender_id, account_number, movement_number)
);
INSERT INTO ledger_entry_by_time
    SELECT e.partner_id, m.at, e.lender_id, e.account_number, e.movement_number, e.line, e.debit, e.credit, e.amount
    FROM ledger_entry e JOIN ledger_movement m USING (partner_id, lender_id, account_number, movement_number)
    ORDER BY e.partner_id, m.at, e.lender_id, e.account_number, e.movement_number, e.line;
DROP TABLE ledger_entry;
ALTER TABLE ledger_entry_by_time RENAME TO ledger_entry;
ALTER TABLE ledger_entry ADD PRIMARY KEY (partner_id, at, lender_id, account_number, movement_number, line);
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();

-- Captures and returns are known by their merchant and identifier, which has the time in it. The captures of an account are found by when they
-- mature, null where they don't; of those that have not matured interest is earned, too.
ALTER TABLE capture_return DROP CONSTRAINT capture_return_pkey;
ALTER TABLE credit_capture DROP CONSTRAINT credit_capture_pkey CASCADE;
DROP INDEX credit_capture_number, credit_capture_authorization, credit_capture_earning, credit_capture_maturing;
DROP INDEX capture_return_number, capture_return_capture;
ALTER TABLE credit_capture ADD PRIMARY KEY (partner_id, client_id, capture_id);
CREATE INDEX credit_capture_authorization ON credit_capture (partner_id, client_id, authorization_id, captured_at, capture_id);
CREATE INDEX credit_capture_account ON credit_capture (partner_id, lender_id, account_number, matured_on, matures_on);
ALTER TABLE capture_return
    ADD PRIMARY KEY (partner_id, client_id, return_id),
    ADD FOREIGN KEY (partner_id, client_id, capture_id) REFERENCES credit_capture (partner_id, client_id, capture_id);
CREATE INDEX capture_return_capture ON capture_return (partner_id, client_id, capture_id, returned_at, return_id);

-- An account knows how many of its authorizations hold something, and that the time of none of them is over before holds_until, which is null
-- where there are none. With that nobody looks for them before that time, and they need no index of their own.
ALTER TABLE credit_account ADD COLUMN open_count BIGINT NOT NULL DEFAULT 0;
ALTER TABLE credit_account ADD COLUMN holds_until BIGINT;
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

DROP INDEX credit_application_account;
-- The applications that have opened an account, with all that is asked of them.
CREATE INDEX credit_application_account
    ON credit_application (partner_id, lender_id, account_number, family_id, created_at, decided_at) WHERE account_number IS NOT NULL;
