-- Whether a merchant may have credit held without capturing it at once: 1 for yes.
-- The twin of ../postgres/0026_preauthorization.sql.
ALTER TABLE merchant ADD COLUMN preauthorization INTEGER NOT NULL DEFAULT 1;
