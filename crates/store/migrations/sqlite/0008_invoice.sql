-- Invoices, how they were distributed, and the counts of that. Times are microseconds since 1970 (UTC).
-- The twin of ../postgres/0008_invoice.sql: same tables, same columns, same order.

-- `number` is the client's own, and there once. Amounts are in the smallest unit of the currency, without a sign.
CREATE TABLE invoice (
    partner_id         INTEGER NOT NULL,
    client_id          INTEGER NOT NULL,
    number             INTEGER NOT NULL,
    invoice_id         BLOB NOT NULL,
    kind               TEXT   NOT NULL,
    invoice_date       TEXT   NOT NULL,
    due_date           TEXT   NOT NULL,
    currency_code      TEXT   NOT NULL,
    net                INTEGER NOT NULL,
    vat                INTEGER NOT NULL,
    gross              INTEGER NOT NULL,
    payment_reference  TEXT   NOT NULL,
    -- The number of the invoice that a credit note credits; 0 for none.
    credited_number    INTEGER NOT NULL,
    -- The whole of it, sealed: buyers are people too.
    content            BLOB NOT NULL,
    master_key_version INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    PRIMARY KEY (partner_id, client_id, number),
    FOREIGN KEY (partner_id, client_id) REFERENCES client (partner_id, client_id)
) STRICT;
CREATE UNIQUE INDEX invoice_by_id ON invoice (partner_id, invoice_id);
CREATE INDEX invoice_credits ON invoice (partner_id, client_id, credited_number) WHERE credited_number > 0;

-- The files that go with an invoice, in the order given.
CREATE TABLE invoice_attachment (
    partner_id         INTEGER NOT NULL,
    invoice_id         BLOB NOT NULL,
    place              INTEGER NOT NULL,
    file_name          TEXT   NOT NULL,
    content            BLOB NOT NULL,
    master_key_version INTEGER NOT NULL,
    PRIMARY KEY (partner_id, invoice_id, place)
) STRICT;

-- One for each time that an invoice is sent anew. What a list asks for of its invoice stands here as well.
CREATE TABLE distribution (
    partner_id      INTEGER NOT NULL,
    distribution_id BLOB NOT NULL,
    client_id       INTEGER NOT NULL,
    invoice_id      BLOB NOT NULL,
    invoice_number  INTEGER NOT NULL,
    invoice_date    TEXT   NOT NULL,
    method          TEXT   NOT NULL,
    status          TEXT   NOT NULL,
    status_reason   TEXT   NOT NULL,
    attempts        INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    sent_at         INTEGER,
    delivered_at    INTEGER,
    -- 1 once the creditor, or the partner, has fetched the present status as unfetched.
    client_fetched  INTEGER NOT NULL,
    partner_fetched INTEGER NOT NULL,
    PRIMARY KEY (partner_id, distribution_id)
) STRICT, WITHOUT ROWID;
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
    partner_id      INTEGER NOT NULL,
    distribution_id BLOB NOT NULL,
    attempt_id      BLOB NOT NULL,
    at              INTEGER NOT NULL,
    -- The status that it led to.
    status          TEXT   NOT NULL,
    reason          TEXT   NOT NULL,
    PRIMARY KEY (partner_id, distribution_id, attempt_id)
) STRICT, WITHOUT ROWID;

-- How many deliveries of a creditor have a status, by the date of the invoice; of all creditors together where the number is 0, so that a
-- whole portfolio is summed up from few rows. Writers only append to the changes, so that no two of them meet on a row; what has been
-- added up is removed from there. The truth is the sum of both.
CREATE TABLE distribution_count (
    partner_id INTEGER NOT NULL,
    client_id  INTEGER NOT NULL,
    day        TEXT   NOT NULL,
    method     TEXT   NOT NULL,
    status     TEXT   NOT NULL,
    number     INTEGER NOT NULL,
    PRIMARY KEY (partner_id, client_id, day, method, status)
) STRICT, WITHOUT ROWID;
CREATE TABLE distribution_change (
    partner_id INTEGER NOT NULL,
    change_id  BLOB NOT NULL,
    client_id  INTEGER NOT NULL,
    day        TEXT   NOT NULL,
    method     TEXT   NOT NULL,
    status     TEXT   NOT NULL,
    number     INTEGER NOT NULL,
    PRIMARY KEY (partner_id, change_id)
) STRICT, WITHOUT ROWID;
