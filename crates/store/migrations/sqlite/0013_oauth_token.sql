-- Token pairs of the point-of-sale API, a row for each issuance: an access token, and the refresh token that it was given with.
-- `access_lookup` and `refresh_lookup` are keyed hashes; the tokens themselves are kept nowhere. `secret_mark` is the beginning of
-- the keyed hash of the client secret that the family began with: with another secret its tokens do not work.
-- The twin of ../postgres/0013_oauth_token.sql: same tables, same columns, same order.

CREATE TABLE oauth_token (
    partner_id     INTEGER NOT NULL,
    client_id      INTEGER NOT NULL,
    token_id       BLOB NOT NULL,
    -- That of its first pair.
    family_id      BLOB NOT NULL,
    access_lookup  BLOB NOT NULL,
    refresh_lookup BLOB NOT NULL,
    scope          TEXT NOT NULL,
    -- The merchant user, with the grant `password`: the folded name, and `tokens_version` of then. With another the pair does not work.
    username       TEXT,
    user_version   INTEGER,
    secret_mark    BLOB NOT NULL,
    created_at     INTEGER NOT NULL,
    expires_at     INTEGER NOT NULL,
    -- When the access token was revoked alone.
    revoked_at     INTEGER,
    -- When it was refreshed. Its refresh token has ended then.
    refreshed_at   INTEGER,
    PRIMARY KEY (partner_id, client_id, token_id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX oauth_token_access ON oauth_token (access_lookup);
CREATE UNIQUE INDEX oauth_token_refresh ON oauth_token (refresh_lookup);
CREATE INDEX oauth_token_expiry ON oauth_token (expires_at);

-- Families that have ended. A row of its own, so that ending one takes a single insert however many pairs it has, and also ends a pair
-- that is being made at that moment.
CREATE TABLE oauth_family_end (
    partner_id INTEGER NOT NULL,
    client_id  INTEGER NOT NULL,
    family_id  BLOB NOT NULL,
    reason     TEXT NOT NULL,
    ended_at   INTEGER NOT NULL,
    PRIMARY KEY (partner_id, client_id, family_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX oauth_family_end_time ON oauth_family_end (ended_at);
