-- Of one client's deliveries only those that failed are asked for by their status. They are few, so that their index takes part in few writes.
-- The twin of ../sqlite/0010_failed_of_client.sql.
DROP INDEX distribution_of_client_by_status;
CREATE INDEX distribution_of_client_failed ON distribution (partner_id, client_id, invoice_date, distribution_id) WHERE status = 'FAILED';
