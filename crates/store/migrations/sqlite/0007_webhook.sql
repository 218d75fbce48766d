-- Where partners are told of events. Times are microseconds since 1970 (UTC).
-- The twin of ../postgres/0007_webhook.sql: same tables, same columns, same order.

CREATE TABLE webhook_endpoint (
    partner_id         INTEGER NOT NULL,
    endpoint_id        BLOB    NOT NULL,
    url                TEXT    NOT NULL,
    -- The kinds of event, separated by commas; empty for every one.
    events             TEXT    NOT NULL,
    -- The secret, and until `former_until` the one before it, both sealed under the same master key.
    sealed             BLOB    NOT NULL,
    former_sealed      BLOB,
    former_until       INTEGER,
    master_key_version INTEGER NOT NULL,
    created_at         INTEGER NOT NULL,
    -- When the first of the tries failed since the last that did not.
    failing_since      INTEGER,
    -- When it was disabled, and why. Nothing is written for it then.
    disabled_at        INTEGER,
    disabled_reason    TEXT    NOT NULL,
    PRIMARY KEY (partner_id, endpoint_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_endpoint_number ON webhook_endpoint (endpoint_id);

CREATE INDEX outbox_webhook ON outbox (expires_at) WHERE kind = 'webhook';
