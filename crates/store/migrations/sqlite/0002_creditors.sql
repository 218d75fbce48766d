-- Creditors as their partner manages them: settings, state, versions, external agreements and the history of changes.
-- The twin of ../postgres/0002_creditors.sql: same tables, same columns, same order.

-- The name in the form that it is searched by and sorted by. Empty where an older program added the client: the program fills it when
-- it starts, because neither engine folds a text beyond ASCII as the other does.
ALTER TABLE client ADD COLUMN name_folded TEXT NOT NULL DEFAULT '';
-- ACTIVE while the creditor holds a key that works or can be renewed, else REVOKED.
ALTER TABLE client ADD COLUMN status TEXT NOT NULL DEFAULT 'ACTIVE';
-- 1 for yes.
ALTER TABLE client ADD COLUMN expiry_notices INTEGER NOT NULL DEFAULT 1;
ALTER TABLE client ADD COLUMN sms_sender TEXT;
-- Each counts up with every change: of the creditor, and of its list of agreements.
ALTER TABLE client ADD COLUMN version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE client ADD COLUMN agreements_version INTEGER NOT NULL DEFAULT 1;
ALTER TABLE client ADD COLUMN changed_at INTEGER;

-- A key that is not revoked and not renewed works or can be renewed.
UPDATE client SET status = 'REVOKED' WHERE NOT EXISTS (
    SELECT 1 FROM api_key
    WHERE api_key.partner_id = client.partner_id AND api_key.client_id = client.client_id
        AND api_key.revoked_at IS NULL AND api_key.successor_id IS NULL
);

-- It holds what a list shows as well, so that a page by name is read in a row: its creditors stand anywhere in the table. PostgreSQL would
-- have to look into the table all the same, where rows were changed of late, and could no longer change a row in place.
CREATE INDEX client_name ON client (
    partner_id, name_folded, client_id, customer_code, reference_prefix, service_type, name, business_code, country_code, created_at, status,
    changed_at
);
-- Nearly every creditor is active, so the few that are not have an index of their own.
CREATE INDEX client_revoked ON client (
    partner_id, name_folded, client_id, customer_code, reference_prefix, service_type, name, business_code, country_code, created_at, status,
    changed_at
) WHERE status = 'REVOKED';
CREATE INDEX client_unfolded ON client (partner_id, client_id) WHERE name_folded = '';
-- With the code before the country, it also finds a business code whose country is not told.
DROP INDEX client_business_code;
CREATE UNIQUE INDEX client_business_code ON client (partner_id, business_code, country_code);

-- How a creditor is known in a system of its partner's. Dates are YYYY-MM-DD, and the last one is still inside.
CREATE TABLE agreement (
    partner_id INTEGER NOT NULL,
    client_id  INTEGER NOT NULL,
    system     TEXT    NOT NULL,
    identifier TEXT    NOT NULL,
    valid_from TEXT    NOT NULL,
    valid_to   TEXT,
    PRIMARY KEY (partner_id, client_id, system, identifier),
    FOREIGN KEY (partner_id, client_id) REFERENCES client (partner_id, client_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX agreement_name ON agreement (partner_id, system, identifier);
CREATE INDEX agreement_identifier ON agreement (partner_id, identifier, client_id);

-- One row for each change of a creditor; change_id sorts by time. changes is a list of {field, from, to} in JSON.
CREATE TABLE client_change (
    partner_id INTEGER NOT NULL,
    client_id  INTEGER NOT NULL,
    change_id  BLOB    NOT NULL,
    at         INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    request_id TEXT    NOT NULL,
    changes    TEXT    NOT NULL,
    PRIMARY KEY (partner_id, client_id, change_id),
    FOREIGN KEY (partner_id, client_id) REFERENCES client (partner_id, client_id)
) STRICT, WITHOUT ROWID;
