-- Whether a merchant may have credit held without capturing it at once: 1 for yes.
-- The twin of ../sqlite/0026_preauthorization.sql.
ALTER TABLE merchant ADD COLUMN preauthorization BIGINT NOT NULL DEFAULT 1;
