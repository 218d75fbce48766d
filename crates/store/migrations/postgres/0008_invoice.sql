-- Invoices, how they were distributed, and the counts of that. Times are microseconds since 1970 (UTC).
-- The twin of ../sqlite/0008_invoice.sql: same tables, same columns, same order.

-- `number` is the client's own, and there once. Amounts are in the smallest unit of the currency, without a sign.
CREATE TABLE invoice (
    partner_id         BIGINT NOT NULL,
    client_id          BIGINT NOT NULL,
    number             BIGINT NOT NULL,
    invoice_id         UUID NOT NULL,
    kind               TEXT   NOT NULL,
    invoice_date       TEXT   NOT NULL,
    due_date           TEXT   NOT NULL,
    currency_code      TEXT   NOT NULL,
    net                BIGINT NOT NULL,
    vat                BIGINT NOT NULL,
    gross              BIGINT NOT NULL,
    payment_reference  TEXT   NOT NULL,
    -- The number of the invoice that a credit note credits; 0 for none.
    credited_number    BIGINT NOT NULL,
    -- The whole of it, sealed: buyers are people too.
    content            BYTEA NOT NULL,
    master_key_version BIGINT NOT NULL,
    created_at         BIGINT NOT NULL,
    PRIMARY KEY (partner_id, client_id, number),
    FOREIGN KEY (partner_id, client_id) REFERENCES client (partner_id, client_id)
);
CREATE UNIQUE INDEX invoice_by_id ON invoice (partner_id, invoice_id);
CREATE INDEX invoice_credits ON invoice (partner_id, client_id, credited_number) WHERE credited_number > 0;

-- The files that go with an invoice, in the order given.
CREATE TABLE invoice_attachment (
    partner_id         BIGINT NOT NULL,
    invoice_id         UUID NOT NULL,
    place              BIGINT NOT NULL,
    file_name          TEXT   NOT NULL,
    content            BYTEA NOT NULL,
    master_key_version BIGINT NOT NULL,
    PRIMARY KEY (partner_id, invoice_id, place)
);

-- One for each time that an invoice is sent anew. What a list asks for of its invoice stands here as well.
CREATE TABLE distribution (
    partner_id      BIGINT NOT NULL,
    distribution_id UUID NOT NULL,
    client_id       BIGINT NOT NULL,
    invoice_id      UUID NOT NULL,
    invoice_number  BIGINT NOT NULL,
    invoice_date    TEXT   NOT NULL,
    method          TEXT   NOT NULL,
    status          TEXT   NOT NULL,
    status_reason   TEXT   NOT NULL,
    attempts        BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    sent_at         BIGINT,
    delivered_at    BIGINT,
    -- 1 once the creditor, or the partner, has fetched the present status as unfetched.
    client_fetched  BIGINT NOT NULL,
    partner_fetched BIGINT NOT NULL,
    PRIMARY KEY (partner_id, distribution_id)
);
CREATE INDEX distribution_of_client ON distribution (partner_id, client_id, invoice_date, distribution_id);
CREATE INDEX distribution_of_partner ON distribution (partner_id, invoice_date, distribution_id);
CREATE INDEX distribution_of_invoice ON distribution (partner_id, invoice_number, client_id);
-- Few have failed; what nobody fetches as unfetched may be all, so that one is for those who do.
CREATE INDEX distribution_failed ON distribution (partner_id, invoice_date, distribution_id) WHERE status = 'FAILED';
CREATE INDEX distribution_unfetched ON distribution (partner_id, invoice_date, distribution_id) WHERE partner_fetched = 0;
CREATE INDEX distribution_of_client_by_status ON distribution (partner_id, client_id, status, invoice_date, distribution_id);
CREATE INDEX distribution_of_client_unfetched ON distribution (partner_id, client_id, client_fetched, invoice_date, distribution_id);

-- Every try to hand one over.
CREATE TABLE distribution_attempt (
    partner_id      BIGINT NOT NULL,
    distribution_id UUID NOT NULL,
    attempt_id      UUID NOT NULL,
    at              BIGINT NOT NULL,
    -- The status that it led to.
    status          TEXT   NOT NULL,
    reason          TEXT   NOT NULL,
    PRIMARY KEY (partner_id, distribution_id, attempt_id)
);

-- How many deliveries of a creditor have a status, by the date of the invoice; of all creditors together where the number is 0, so that a
-- whole portfolio is summed up from few rows. Writers only append to the changes, so that no two of them meet on a row; what has been
-- added up is removed from there. The truth is the sum of both.
CREATE TABLE distribution_count (
    partner_id BIGINT NOT NULL,
    client_id  BIGINT NOT NULL,
    day        TEXT   NOT NULL,
    method     TEXT   NOT NULL,
    status     TEXT   NOT NULL,
    number     BIGINT NOT NULL,
    PRIMARY KEY (partner_id, client_id, day, method, status)
);
CREATE TABLE distribution_change (
    partner_id BIGINT NOT NULL,
    change_id  UUID NOT NULL,
    client_id  BIGINT NOT NULL,
    day        TEXT   NOT NULL,
    method     TEXT   NOT NULL,
    status     TEXT   NOT NULL,
    number     BIGINT NOT NULL,
    PRIMARY KEY (partner_id, change_id)
);
