-- When keys were last used, apart from the keys: it changes for every key in use each minute, and the rows here are small and stand
-- together. The twin of ../postgres/0005_key_use.sql: same tables, same columns, same order.
CREATE TABLE api_key_use (
    partner_id   INTEGER NOT NULL,
    key_id       BLOB    NOT NULL,
    last_used_at INTEGER NOT NULL,
    PRIMARY KEY (partner_id, key_id)
) STRICT, WITHOUT ROWID;
INSERT INTO api_key_use (partner_id, key_id, last_used_at)
    SELECT partner_id, key_id, last_used_at FROM api_key WHERE last_used_at IS NOT NULL;
ALTER TABLE api_key DROP COLUMN last_used_at;
