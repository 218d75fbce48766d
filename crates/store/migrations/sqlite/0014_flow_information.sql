-- What tills have said of an applicant before applying, one row for each flow of a merchant: `sealed` is all of it, under the master key.
-- `reference_id` is the merchant's `x-reference-id`. `family_id` and `scope` are of the token that opened
-- the flow. A row counts until `expires_at`, which each change puts off for a day at most, and is removed after it.
-- The twin of ../postgres/0014_flow_information.sql: same tables, same columns, same order.

CREATE TABLE flow_information (
    partner_id         INTEGER NOT NULL,
    client_id          INTEGER NOT NULL,
    reference_id       BLOB NOT NULL,
    family_id          BLOB NOT NULL,
    scope              TEXT NOT NULL,
    sealed             BLOB NOT NULL,
    master_key_version INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    changed_at         INTEGER NOT NULL,
    expires_at         INTEGER NOT NULL,
    PRIMARY KEY (partner_id, client_id, reference_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX flow_information_expiry ON flow_information (expires_at);
-- Counts the open flows of a merchant, and of one token family.
CREATE INDEX flow_information_open ON flow_information (partner_id, client_id, scope, family_id, expires_at);
