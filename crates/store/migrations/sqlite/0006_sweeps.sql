-- Indexes for what is looked for from time to time, so that a look reads what it is after and not the whole table.
-- The twin of ../postgres/0006_sweeps.sql.
CREATE INDEX sms_receipt_number ON sms_receipt (receipt_id);
CREATE INDEX sms_receipt_received ON sms_receipt (received_at);
CREATE INDEX outbox_mail ON outbox (expires_at) WHERE kind = 'mail';
CREATE INDEX deployment_request_open ON deployment_request (partner_id) WHERE decided_at IS NULL;
