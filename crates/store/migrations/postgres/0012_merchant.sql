-- Merchants: what the point-of-sale service has to know of a client of it, with its locations and users.
-- Times are microseconds since 1970 (UTC).
-- The twin of ../sqlite/0012_merchant.sql: same tables, same columns, same order.

-- Nobody adds a client of the service meanwhile: it would get no row here. The index below needs all of `oauth_client`: taken at the end,
-- an older program that has read the table and wants to write to it would be in the way, and this in its.
LOCK TABLE client IN SHARE ROW EXCLUSIVE MODE;
LOCK TABLE oauth_client IN ACCESS EXCLUSIVE MODE;

-- One for each client whose service is POS_FINANCING.
CREATE TABLE merchant (
    partner_id          BIGINT  NOT NULL,
    client_id           BIGINT  NOT NULL,
    -- merchant_id of the POS API, leased like the number of a client, and never given twice.
    merchant_id         BIGINT  NOT NULL,
    name                TEXT    NOT NULL,
    trust_url           TEXT,
    -- Why its users may get tokens with their passwords; null when they may not.
    password_grant      TEXT,
    -- en or fr: of mails and of the first screen of the widget.
    default_language    TEXT    NOT NULL,
    -- 1 for yes.
    merchant_override   BIGINT  NOT NULL,
    created_at          BIGINT  NOT NULL,
    changed_at          BIGINT,
    PRIMARY KEY (partner_id, client_id),
    FOREIGN KEY (partner_id, client_id) REFERENCES client (partner_id, client_id)
);
INSERT INTO merchant (partner_id, client_id, merchant_id, name, default_language, merchant_override, created_at)
SELECT partner_id, client_id, 300000 + ROW_NUMBER() OVER (ORDER BY client_id), substr(name, 1, 130),
    CASE language_code WHEN 'FR' THEN 'fr' ELSE 'en' END, 0, created_at
FROM client WHERE service_type = 'POS_FINANCING';
INSERT INTO number_block (kind, next) SELECT 'merchant', 300001 + COUNT(*) FROM merchant;

CREATE TABLE merchant_location (
    partner_id  BIGINT  NOT NULL,
    client_id   BIGINT  NOT NULL,
    -- As the merchant calls it.
    location_id TEXT    COLLATE "C" NOT NULL,
    name        TEXT    NOT NULL,
    province    TEXT    NOT NULL,
    created_at  BIGINT  NOT NULL,
    PRIMARY KEY (partner_id, client_id, location_id),
    FOREIGN KEY (partner_id, client_id) REFERENCES merchant (partner_id, client_id)
);

CREATE TABLE merchant_user (
    partner_id    BIGINT  NOT NULL,
    client_id     BIGINT  NOT NULL,
    -- Without regard to case, so that two users never differ in case only.
    name_folded   TEXT    COLLATE "C" NOT NULL,
    name          TEXT    NOT NULL,
    -- Argon2id, in the form of a PHC string.
    password      TEXT    NOT NULL,
    location_id   TEXT    COLLATE "C",
    created_at    BIGINT  NOT NULL,
    disabled_at   BIGINT,
    last_login_at BIGINT,
    -- Wrong passwords since the last right one, and until when none is taken.
    failed_count  BIGINT  NOT NULL,
    locked_until  BIGINT,
    -- Counted up when the user is disabled, enabled or gets another password: tokens given before do not work any more.
    tokens_version BIGINT NOT NULL,
    PRIMARY KEY (partner_id, client_id, name_folded),
    FOREIGN KEY (partner_id, client_id) REFERENCES merchant (partner_id, client_id),
    FOREIGN KEY (partner_id, client_id, location_id) REFERENCES merchant_location (partner_id, client_id, location_id)
);

-- The operator may choose a client id, and tokens are asked for by it: no two merchants of the installation have the same.
DROP INDEX oauth_client_number;
CREATE UNIQUE INDEX oauth_client_number ON oauth_client (oauth_client_id);
