-- Sessions of the widget, one row each. Times are microseconds since 1970 (UTC). `sealed` is what the shop has told of the customer, under the
-- master key. `expires_at` is until when the row counts: the token's time, then the session's, then that of what it has proved.
-- The twin of ../sqlite/0019_widget_session.sql: same tables, same columns, same order.

CREATE TABLE widget_session (
    partner_id         BIGINT NOT NULL,
    client_id          BIGINT NOT NULL,
    widget_session_id  UUID   NOT NULL,
    -- x-reference-id of the call that began it.
    reference_id       UUID   NOT NULL,
    -- Of the token that began it.
    family_id          UUID   NOT NULL,
    scope              TEXT   NOT NULL,
    -- The client of the merchant on whose book the accounts are.
    lender_id          BIGINT NOT NULL,
    -- purchase or apply.
    flow               TEXT   NOT NULL,
    -- en or fr.
    lang               TEXT   NOT NULL,
    sealed             BYTEA   NOT NULL,
    master_key_version BIGINT NOT NULL,
    -- The keyed hash of the token in the address, which opens it once, and that of the key that the page then has.
    token_hash         BYTEA   NOT NULL,
    key_hash           BYTEA,
    -- begun, opened, verified or ended.
    step               TEXT   NOT NULL,
    -- The way that was chosen last to prove it: sms, email or security_question; the keyed hash of where it leads, and that of the code.
    format             TEXT,
    destination_hash   BYTEA,
    code_hash          BYTEA,
    code_expires_at    BIGINT,
    -- The wrong answers since the way was chosen, and in all; how often one was chosen.
    tries              BIGINT NOT NULL,
    wrong_total        BIGINT NOT NULL,
    made_total         BIGINT NOT NULL,
    -- How it ended, and the account that was chosen, named, or opened by the application that came of it.
    outcome            TEXT,
    account_number     BIGINT,
    -- When what it has proved was used for a purchase.
    used_at            BIGINT,
    created_at         BIGINT NOT NULL,
    changed_at         BIGINT NOT NULL,
    expires_at         BIGINT NOT NULL,
    PRIMARY KEY (partner_id, client_id, widget_session_id)
);
CREATE UNIQUE INDEX widget_session_token ON widget_session (partner_id, client_id, token_hash);
CREATE INDEX widget_session_expiry ON widget_session (expires_at);
-- Counts the open sessions of a merchant.
CREATE INDEX widget_session_open ON widget_session (partner_id, client_id, scope, step, expires_at);
-- Counts the sessions that a token family has begun lately.
CREATE INDEX widget_session_family ON widget_session (partner_id, client_id, scope, family_id, created_at);
-- Finds what a token family has proved of an account.
CREATE INDEX widget_session_account ON widget_session (partner_id, lender_id, account_number, family_id) WHERE account_number IS NOT NULL;

-- What was asked of a telephone number, an address or a question, by which session of which family, to count it over an hour and a day.

CREATE TABLE widget_asked (
    partner_id        BIGINT NOT NULL,
    destination_hash  BYTEA  NOT NULL,
    client_id         BIGINT NOT NULL,
    widget_session_id UUID   NOT NULL,
    family_id         UUID   NOT NULL,
    scope             TEXT   NOT NULL,
    wrong_total       BIGINT NOT NULL,
    made_total        BIGINT NOT NULL,
    changed_at        BIGINT NOT NULL,
    PRIMARY KEY (partner_id, destination_hash, client_id, widget_session_id)
);
CREATE INDEX widget_asked_changed ON widget_asked (changed_at);
-- Counts what a merchant's sessions ask, and those of one token family.
CREATE INDEX widget_asked_family ON widget_asked (partner_id, client_id, scope, family_id, changed_at, made_total);
CREATE INDEX widget_asked_client ON widget_asked (partner_id, client_id, changed_at, made_total);
