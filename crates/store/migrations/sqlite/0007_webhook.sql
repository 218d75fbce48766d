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
    -- When the first of the tries failed since the last that did not, how many have failed since, and before when there is none.
    failing_since      INTEGER,
    failures           INTEGER NOT NULL,
    next_try_at        INTEGER,
    -- When it was disabled, and why. Nothing is written for it then.
    disabled_at        INTEGER,
    disabled_reason    TEXT    NOT NULL,
    PRIMARY KEY (partner_id, endpoint_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX webhook_endpoint_number ON webhook_endpoint (endpoint_id);
-- Those that wait for their next try.
CREATE INDEX webhook_endpoint_paused ON webhook_endpoint (next_try_at) WHERE next_try_at IS NOT NULL;

CREATE INDEX outbox_webhook ON outbox (expires_at) WHERE kind = 'webhook';
-- Of what was given up: how many of a channel, and which of an endpoint.
CREATE INDEX outbox_dead_lane ON outbox (channel, lane, message_id) WHERE dead_at IS NOT NULL;
