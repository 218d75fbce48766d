-- Manual onboarding and notices of keys that will expire. Times are microseconds since 1970 (UTC).
-- The twin of ../postgres/0004_deployment.sql: same tables, same columns, same order.

-- Requests that the operator decides. Partner 0: it came by the public form.
CREATE TABLE deployment_request (
    partner_id        INTEGER NOT NULL,
    request_id        BLOB    NOT NULL,
    state             TEXT    NOT NULL,
    -- What is asked for, as it was sent.
    client            TEXT    NOT NULL,
    accounting_system TEXT    NOT NULL,
    responsible_name  TEXT    NOT NULL,
    responsible_email TEXT    NOT NULL,
    created_at        INTEGER NOT NULL,
    decided_at        INTEGER,
    -- Why it was rejected.
    reason            TEXT    NOT NULL,
    -- The client that was created, and its partner; 0 before.
    client_partner_id INTEGER NOT NULL,
    client_id         INTEGER NOT NULL,
    PRIMARY KEY (partner_id, request_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX deployment_request_number ON deployment_request (request_id);
CREATE INDEX deployment_request_state ON deployment_request (state, request_id);
CREATE INDEX deployment_request_decided ON deployment_request (decided_at) WHERE decided_at IS NOT NULL;

-- Links that show the credentials of a client once. `lookup` is a keyed hash of the token in the address, which is kept nowhere.
CREATE TABLE credentials_link (
    partner_id INTEGER NOT NULL,
    link_id    BLOB    NOT NULL,
    client_id  INTEGER NOT NULL,
    request_id BLOB    NOT NULL,
    lookup     BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER,
    PRIMARY KEY (partner_id, link_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX credentials_link_lookup ON credentials_link (lookup);
CREATE INDEX credentials_link_client ON credentials_link (partner_id, client_id);
CREATE INDEX credentials_link_expiry ON credentials_link (expires_at);

-- Notices that were sent of keys that will expire: one for each key and lead time, which is in microseconds.
CREATE TABLE expiry_notice (
    partner_id INTEGER NOT NULL,
    key_id     BLOB    NOT NULL,
    lead       INTEGER NOT NULL,
    -- That of the key. Behind it the row is of no use.
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (partner_id, key_id, lead)
) STRICT, WITHOUT ROWID;
CREATE INDEX expiry_notice_expiry ON expiry_notice (expires_at);

CREATE INDEX api_key_expiring ON api_key (expires_at) WHERE expires_at IS NOT NULL AND revoked_at IS NULL AND successor_id IS NULL;
