-- When keys were last used, apart from the keys: it changes for every key in use each minute, and the rows here are small and stand
-- together. The twin of ../sqlite/0005_key_use.sql: same tables, same columns, same order.
CREATE TABLE api_key_use (
    partner_id   BIGINT NOT NULL,
    key_id       UUID   NOT NULL,
    last_used_at BIGINT NOT NULL,
    PRIMARY KEY (partner_id, key_id)
);
INSERT INTO api_key_use (partner_id, key_id, last_used_at)
    SELECT partner_id, key_id, last_used_at FROM api_key WHERE last_used_at IS NOT NULL;
ALTER TABLE api_key DROP COLUMN last_used_at;
