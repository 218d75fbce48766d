-- Merchants: what the point-of-sale service has to know of a client of it, with its locations and users.
-- Times are microseconds since 1970 (UTC).
-- The twin of ../postgres/0012_merchant.sql: same tables, same columns, same order.

-- One for each client whose service is POS_FINANCING.
CREATE TABLE merchant (
    partner_id          INTEGER NOT NULL,
    client_id           INTEGER NOT NULL,
    -- merchant_id of the POS API, leased like the number of a client, and never given twice.
    merchant_id         INTEGER NOT NULL,
    name                TEXT    NOT NULL,
    trust_url           TEXT,
    -- Why its users may get tokens with their passwords; null when they may not.
    password_grant      TEXT,
    -- en or fr: of mails and of the first screen of the widget.
    default_language    TEXT    NOT NULL,
    -- 1 for yes.
    merchant_override   INTEGER NOT NULL,
    created_at          INTEGER NOT NULL,
    changed_at          INTEGER,
    PRIMARY KEY (partner_id, client_id),
    FOREIGN KEY (partner_id, client_id) REFERENCES client (partner_id, client_id)
) STRICT, WITHOUT ROWID;
INSERT INTO merchant (partner_id, client_id, merchant_id, name, default_language, merchant_override, created_at)
SELECT partner_id, client_id, 300000 + ROW_NUMBER() OVER (ORDER BY client_id), substr(name, 1, 130),
    CASE language_code WHEN 'FR' THEN 'fr' ELSE 'en' END, 0, created_at
FROM client WHERE service_type = 'POS_FINANCING';
INSERT INTO number_block (kind, next) SELECT 'merchant', 300001 + COUNT(*) FROM merchant;

CREATE TABLE merchant_location (
    partner_id  INTEGER NOT NULL,
    client_id   INTEGER NOT NULL,
    -- As the merchant calls it.
    location_id TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    province    TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (partner_id, client_id, location_id),
    FOREIGN KEY (partner_id, client_id) REFERENCES merchant (partner_id, client_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE merchant_user (
    partner_id    INTEGER NOT NULL,
    client_id     INTEGER NOT NULL,
    -- Without regard to case, so that two users never differ in case only.
    name_folded   TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    -- Argon2id, in the form of a PHC string.
    password      TEXT    NOT NULL,
    location_id   TEXT,
    created_at    INTEGER NOT NULL,
    disabled_at   INTEGER,
    last_login_at INTEGER,
    -- Wrong passwords since the last right one, and until when none is taken.
    failed_count  INTEGER NOT NULL,
    locked_until  INTEGER,
    -- Counted up when the user is disabled, enabled or gets another password: tokens given before do not work any more.
    tokens_version INTEGER NOT NULL,
    PRIMARY KEY (partner_id, client_id, name_folded),
    FOREIGN KEY (partner_id, client_id) REFERENCES merchant (partner_id, client_id),
    FOREIGN KEY (partner_id, client_id, location_id) REFERENCES merchant_location (partner_id, client_id, location_id)
) STRICT, WITHOUT ROWID;

-- The operator may choose a client id, and tokens are asked for by it: no two merchants of the installation have the same.
DROP INDEX oauth_client_number;
CREATE UNIQUE INDEX oauth_client_number ON oauth_client (oauth_client_id);
