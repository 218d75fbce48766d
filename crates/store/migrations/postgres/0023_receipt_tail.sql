-- Of the number that a receipt names only the end is kept while it waits: it may be a customer's.
-- The twin of ../sqlite/0023_receipt_tail.sql.
UPDATE sms_receipt SET recipient = right(recipient, 4) WHERE length(recipient) > 4;
