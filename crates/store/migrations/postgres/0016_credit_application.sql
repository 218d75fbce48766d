-- Applications for credit, each with what it was decided by. Times are microseconds since 1970 (UTC).
-- The twin of ../sqlite/0016_credit_application.sql: same tables, same columns, same order.

-- Whether accounts of the category standard, and accounts for businesses, are offered: 1 for yes.
ALTER TABLE merchant ADD COLUMN standard_accounts BIGINT NOT NULL DEFAULT 0;
ALTER TABLE merchant ADD COLUMN business_accounts BIGINT NOT NULL DEFAULT 0;

CREATE TABLE credit_application (
    partner_id           BIGINT NOT NULL,
    -- The client of the merchant that took it.
    client_id            BIGINT NOT NULL,
    application_id       UUID   NOT NULL,
    -- The client of the merchant on whose book the account would be.
    lender_id            BIGINT NOT NULL,
    -- x-reference-id, and the token family and scope that it came by.
    reference_id         UUID   NOT NULL,
    family_id            UUID   NOT NULL,
    scope                TEXT   NOT NULL,
    widget_session_id    UUID,
    external_location_id TEXT,
    -- The keyed hash of the person's name and day of birth, as in credit_account.
    identity_hash        BYTEA  NOT NULL,
    -- approved, pending, declined or retry, and why, with commas between.
    status               TEXT   NOT NULL,
    reasons              TEXT   NOT NULL,
    -- Until when it has others of the person declined.
    bars_until           BIGINT,
    -- The account that was opened.
    account_number       BIGINT,
    -- The version of the terms that was accepted, and in which language.
    terms_version        TEXT   NOT NULL,
    terms_language       TEXT   NOT NULL,
    -- What was sent, and what the decision went by, under the master key.
    sealed               BYTEA  NOT NULL,
    master_key_version   BIGINT NOT NULL,
    created_at           BIGINT NOT NULL,
    -- When it was decided for good, and by whom: the policy, or an operator.
    decided_at           BIGINT,
    decided_by           TEXT,
    PRIMARY KEY (partner_id, client_id, application_id),
    FOREIGN KEY (partner_id, client_id) REFERENCES merchant (partner_id, client_id)
);
-- The operator knows an application by its identifier alone, and lists them in its order: that of time.
CREATE UNIQUE INDEX credit_application_id ON credit_application (application_id);
CREATE INDEX credit_application_status ON credit_application (status, application_id);
CREATE INDEX credit_application_identity ON credit_application (partner_id, lender_id, identity_hash, status);
-- Counts the applications of a day of a merchant, and of one token family.
CREATE INDEX credit_application_recent ON credit_application (partner_id, client_id, scope, created_at);
CREATE INDEX credit_application_family ON credit_application (partner_id, client_id, scope, family_id, created_at);
-- Which token family an account was opened by.
CREATE INDEX credit_application_account ON credit_application (partner_id, lender_id, account_number) WHERE account_number IS NOT NULL;
