-- Credit accounts. Amounts are Canadian cents; times are microseconds since 1970 (UTC).
-- The twin of ../postgres/0015_credit_account.sql: same tables, same columns, same order.

-- The merchant on whose book this one lends, of the same partner; null for its own.
ALTER TABLE merchant ADD COLUMN lender_id INTEGER;

CREATE TABLE credit_account (
    partner_id         INTEGER NOT NULL,
    -- The client of the merchant on whose book it is.
    lender_id          INTEGER NOT NULL,
    account_number     INTEGER NOT NULL,
    -- The client of the merchant that took the application.
    client_id          INTEGER NOT NULL,
    -- customer_id of the POS API.
    customer_number    INTEGER NOT NULL,
    -- consumer or business.
    account_type       TEXT    NOT NULL,
    -- N, A, F, Z or C, and one of its reasons.
    status             TEXT    NOT NULL,
    status_reason      TEXT    NOT NULL,
    -- L, M, H, XH, XXH or XXXH.
    risk_rating        TEXT    NOT NULL,
    province           TEXT    NOT NULL,
    -- en or fr.
    preferred_language TEXT    NOT NULL,
    -- The keyed hash of the person's name and day of birth in their normal form. The number tells apart persons who have both alike: 0 unless
    -- the operator said that it is another person.
    identity_hash      BLOB    NOT NULL,
    identity_number    INTEGER NOT NULL,
    -- The keyed hash of the number of the virtual card, and its last four digits.
    card_hash          BLOB    NOT NULL,
    card_ending        TEXT    NOT NULL,
    -- The person, with the card's number, under the master key.
    sealed             BLOB    NOT NULL,
    master_key_version INTEGER NOT NULL,
    -- What may be owed and held; what is owed of purchases, and of interest; what open authorizations hold.
    credit_limit       INTEGER NOT NULL,
    principal          INTEGER NOT NULL,
    interest           INTEGER NOT NULL,
    held               INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    -- Each movement and each change of state sets it.
    changed_at         INTEGER NOT NULL,
    closed_at          INTEGER,
    PRIMARY KEY (partner_id, lender_id, account_number),
    FOREIGN KEY (partner_id, lender_id) REFERENCES merchant (partner_id, client_id),
    FOREIGN KEY (partner_id, client_id) REFERENCES merchant (partner_id, client_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX credit_account_identity ON credit_account (partner_id, lender_id, identity_hash, identity_number);
CREATE UNIQUE INDEX credit_account_card ON credit_account (partner_id, lender_id, card_hash);
CREATE UNIQUE INDEX credit_account_customer ON credit_account (partner_id, lender_id, customer_number);
