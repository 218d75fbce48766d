-- Partners, clients, keys, kept answers and the audit trail. Times are microseconds since 1970 (UTC).
-- The twin of ../postgres/0001_onboarding.sql: same tables, same columns, same order.

-- Facts of this installation, such as its environment.
CREATE TABLE installation (
    name  TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

-- Secrets of the installation, sealed under a master key, such as the pepper of the key look-up.
CREATE TABLE installation_secret (
    name               TEXT    NOT NULL PRIMARY KEY,
    sealed             BLOB    NOT NULL,
    master_key_version INTEGER NOT NULL
) STRICT;

-- Each process proves here that it can write.
CREATE TABLE heartbeat (
    name TEXT    NOT NULL PRIMARY KEY,
    at   INTEGER NOT NULL
) STRICT;

-- Numbers are leased by the block, so that no sequence is a bottleneck; one that was leased is never given again.
CREATE TABLE number_block (
    kind TEXT    NOT NULL PRIMARY KEY,
    next INTEGER NOT NULL
) STRICT;
INSERT INTO number_block (kind, next) VALUES
    ('partner', 1), ('client', 100001), ('customer_code', 500001), ('reference_prefix', 10000001);

-- Counts up when something that processes cache is no longer true.
CREATE TABLE cache_version (
    name    TEXT    NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT;
INSERT INTO cache_version (name, version) VALUES ('api_key', 0);

CREATE TABLE partner (
    partner_id INTEGER NOT NULL PRIMARY KEY,
    code       TEXT    NOT NULL UNIQUE,
    name       TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

-- client_id is the row number, so that a client is found in one descent. Inner pages of a table without row numbers hold whole rows, and
-- these are large: a look-up would read more of them. Numbers are never given twice, whoever the partner is.
CREATE TABLE client (
    partner_id       INTEGER NOT NULL,
    client_id        INTEGER NOT NULL PRIMARY KEY,
    customer_code    INTEGER NOT NULL,
    reference_prefix INTEGER NOT NULL,
    service_type     TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    business_code    TEXT    NOT NULL,
    vat_number       TEXT,
    postal_address   TEXT    NOT NULL,
    postal_code      TEXT    NOT NULL,
    postal_district  TEXT    NOT NULL,
    country_code     TEXT    NOT NULL,
    telephone        TEXT,
    email            TEXT    NOT NULL,
    website          TEXT,
    language_code    TEXT    NOT NULL,
    currency_code    TEXT    NOT NULL,
    iban             TEXT,
    bic              TEXT,
    bankgiro         TEXT,
    plusgiro         TEXT,
    created_at       INTEGER NOT NULL,
    UNIQUE (partner_id, client_id)
) STRICT;
CREATE UNIQUE INDEX client_business_code ON client (partner_id, country_code, business_code);

CREATE TABLE client_contact (
    partner_id INTEGER NOT NULL,
    client_id  INTEGER NOT NULL,
    role       TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    telephone  TEXT,
    mobile     TEXT,
    email      TEXT,
    PRIMARY KEY (partner_id, client_id, role),
    FOREIGN KEY (partner_id, client_id) REFERENCES client (partner_id, client_id)
) STRICT, WITHOUT ROWID;

-- client_id is 0 for a key that the partner itself holds.
CREATE TABLE api_key (
    partner_id         INTEGER NOT NULL,
    key_id             BLOB    NOT NULL,
    client_id          INTEGER NOT NULL,
    kind               TEXT    NOT NULL,
    lookup             BLOB    NOT NULL,
    sealed             BLOB    NOT NULL,
    master_key_version INTEGER NOT NULL,
    networks           TEXT    NOT NULL,
    created_at         INTEGER NOT NULL,
    expires_at         INTEGER,
    revoked_at         INTEGER,
    overlap_until      INTEGER,
    successor_id       BLOB,
    last_used_at       INTEGER,
    PRIMARY KEY (partner_id, key_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX api_key_number ON api_key (key_id);
CREATE INDEX api_key_holder ON api_key (partner_id, client_id);
CREATE INDEX api_key_superseded ON api_key (overlap_until) WHERE overlap_until IS NOT NULL;

-- From the keyed hash of a key's value to the key. A table of its own, so that it spreads by the hash while api_key stays with its
-- partner.
CREATE TABLE api_key_lookup (
    lookup     BLOB    NOT NULL PRIMARY KEY,
    partner_id INTEGER NOT NULL,
    key_id     BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

-- The OAuth credentials of a client of the point-of-sale service. The secret is kept like the value of a key.
CREATE TABLE oauth_client (
    partner_id         INTEGER NOT NULL,
    client_id          INTEGER NOT NULL,
    oauth_client_id    TEXT    NOT NULL,
    lookup             BLOB    NOT NULL,
    sealed             BLOB    NOT NULL,
    master_key_version INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    revoked_at         INTEGER,
    PRIMARY KEY (partner_id, client_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_client_number ON oauth_client (oauth_client_id);

-- Answers kept for repeats. holder_id is the client, or 0 for the partner itself.
CREATE TABLE idempotency (
    partner_id         INTEGER NOT NULL,
    holder_id          INTEGER NOT NULL,
    idempotency_key    TEXT    NOT NULL,
    operation          TEXT    NOT NULL,
    fingerprint        BLOB    NOT NULL,
    sealed_answer      BLOB    NOT NULL,
    master_key_version INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    expires_at         INTEGER NOT NULL,
    PRIMARY KEY (partner_id, holder_id, idempotency_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_expiry ON idempotency (expires_at);

CREATE TABLE audit_record (
    partner_id INTEGER NOT NULL,
    record_id  BLOB    NOT NULL,
    at         INTEGER NOT NULL,
    actor      TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    source     TEXT    NOT NULL,
    request_id TEXT    NOT NULL,
    outcome    TEXT    NOT NULL,
    detail     TEXT    NOT NULL,
    PRIMARY KEY (partner_id, record_id)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER audit_record_no_update BEFORE UPDATE ON audit_record
BEGIN
    SELECT RAISE(ABORT, 'audit records are never changed');
END;
CREATE TRIGGER audit_record_no_delete BEFORE DELETE ON audit_record
BEGIN
    SELECT RAISE(ABORT, 'audit records are never removed');
END;

-- Records that wait for their seal. A queue, so that the sealer finds what committed late as well.
CREATE TABLE audit_pending (
    partner_id INTEGER NOT NULL,
    record_id  BLOB    NOT NULL,
    PRIMARY KEY (partner_id, record_id)
) STRICT, WITHOUT ROWID;

-- One link of a partner's chain: the records it covers, in order, and the hash over them and the link before.
CREATE TABLE audit_seal (
    partner_id    INTEGER NOT NULL,
    seal_number   INTEGER NOT NULL,
    record_count  INTEGER NOT NULL,
    record_ids    BLOB    NOT NULL,
    previous_hash BLOB    NOT NULL,
    hash          BLOB    NOT NULL,
    sealed_at     INTEGER NOT NULL,
    PRIMARY KEY (partner_id, seal_number)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER audit_seal_no_update BEFORE UPDATE ON audit_seal
BEGIN
    SELECT RAISE(ABORT, 'audit seals are never changed');
END;
CREATE TRIGGER audit_seal_no_delete BEFORE DELETE ON audit_seal
BEGIN
    SELECT RAISE(ABORT, 'audit seals are never removed');
END;
