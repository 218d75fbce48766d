-- What is left unpaid when the time of a plan is over.
-- The twin of ../postgres/0021_maturity.sql: same columns, same order, same indexes.

-- Of a plan that is the same as cash its yearly rate in hundredths of a percent, as it was when the purchase was authorized; else nothing. Who
-- has bought before was not told of it, and is charged none.
ALTER TABLE credit_authorization ADD COLUMN late_rate INTEGER NOT NULL DEFAULT 0;

-- What it has put on the promotional balance, less what returns took off; the rate as above; of a promotional capture the months of its plan,
-- grace included; the least that was owed of it at any time, as far as it can't be told from the balances; the first day after the time of the
-- plan, null of a regular capture; and the day on which it has matured, null before.
ALTER TABLE credit_capture ADD COLUMN billed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE credit_capture ADD COLUMN late_rate INTEGER NOT NULL DEFAULT 0;
ALTER TABLE credit_capture ADD COLUMN plan_months INTEGER NOT NULL DEFAULT 0;
ALTER TABLE credit_capture ADD COLUMN owed_throughout INTEGER NOT NULL DEFAULT 0;
ALTER TABLE credit_capture ADD COLUMN matures_on INTEGER;
ALTER TABLE credit_capture ADD COLUMN matured_on INTEGER;

-- The day on which the next capture matures, null where none will; and the day on which the last one of a plan that is the same as cash does.
ALTER TABLE credit_account ADD COLUMN next_maturity INTEGER;
ALTER TABLE credit_account ADD COLUMN late_until INTEGER NOT NULL DEFAULT 0;

UPDATE credit_capture SET
    billed = amount + charge_interest + charge_fees - COALESCE((
        SELECT SUM(r.amount + r.charge_interest + r.charge_fees) FROM capture_return r
        WHERE r.partner_id = credit_capture.partner_id AND r.lender_id = credit_capture.lender_id
            AND r.account_number = credit_capture.account_number AND r.capture_id = credit_capture.capture_id), 0),
    plan_months = (
        SELECT a.earned_until_month FROM credit_authorization a
        WHERE a.partner_id = credit_capture.partner_id AND a.lender_id = credit_capture.lender_id
            AND a.account_number = credit_capture.account_number AND a.authorization_id = credit_capture.authorization_id)
WHERE transaction_type = 'promotional_purchase';
-- Whose time is over by now matures now: nobody is charged by the day for the time before.
UPDATE credit_capture SET
    owed_throughout = billed,
    matures_on = MAX(captured_at / 86400000000 + (plan_months * 365 + 11) / 12, CAST(strftime('%s', 'now') AS INTEGER) / 86400, (
        SELECT a.interest_from FROM credit_account a
        WHERE a.partner_id = credit_capture.partner_id AND a.lender_id = credit_capture.lender_id
            AND a.account_number = credit_capture.account_number))
WHERE transaction_type = 'promotional_purchase';
UPDATE credit_account SET next_maturity = (
    SELECT MIN(c.matures_on) FROM credit_capture c
    WHERE c.partner_id = credit_account.partner_id AND c.lender_id = credit_account.lender_id
        AND c.account_number = credit_account.account_number);

CREATE INDEX credit_capture_maturing ON credit_capture (partner_id, lender_id, account_number, matures_on)
    WHERE matured_on IS NULL AND matures_on IS NOT NULL;
CREATE INDEX credit_account_maturing ON credit_account (next_maturity) WHERE next_maturity IS NOT NULL;
