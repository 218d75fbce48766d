-- What must be known of an invoice on its way: whether a try of before may have been taken, and whether a person has to approve it.
-- The twin of ../sqlite/0011_invoice_doubt.sql: same tables, same columns, same order.

-- How many tries ended without a word on whether the other side has it.
ALTER TABLE outbox ADD COLUMN unsure BIGINT NOT NULL DEFAULT 0;
-- 1 while it waits for a person, and has no place in the outbox.
ALTER TABLE distribution ADD COLUMN awaits_approval BIGINT NOT NULL DEFAULT 0;
-- 1 when we have given it up though it may have arrived: it is believed who says that it has.
ALTER TABLE distribution ADD COLUMN in_doubt BIGINT NOT NULL DEFAULT 0;
-- The delivery that has taken its place, where the invoice was sent again.
ALTER TABLE distribution ADD COLUMN replaced_by UUID;
-- Those that nobody can send are ended after their time, and looked for from time to time.
CREATE INDEX outbox_invoice ON outbox (expires_at) WHERE kind = 'invoice';
