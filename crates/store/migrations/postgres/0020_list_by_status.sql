-- Indexes for lists that are filtered: what a page has is found, whatever else there is.
-- The twin of ../sqlite/0020_list_by_status.sql: same indexes.

-- A merchant's authorizations of one status and kind, by time. A status is never null: that this is said has SQLite take this index, and not
-- that of all of the merchant's, where a status is named.
CREATE INDEX credit_authorization_status
    ON credit_authorization (partner_id, client_id, status, transaction_type, created_at, authorization_id)
    WHERE status IS NOT NULL;
-- Whether an application that a merchant took waits.
CREATE INDEX credit_application_pending ON credit_application (partner_id, client_id) WHERE status = 'pending';
