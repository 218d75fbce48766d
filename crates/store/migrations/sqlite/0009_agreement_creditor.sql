-- The creditors that have an identifier in any system, each once, with what a list shows of them, so that a page by agreement is read in a
-- row: its creditors stand anywhere in their table. The database itself keeps the copies, because an older program may still run beside
-- this one and knows nothing of them.
-- The twin of ../postgres/0009_agreement_creditor.sql: same tables, same columns, same order.

CREATE TABLE agreement_creditor (
    partner_id       INTEGER NOT NULL,
    identifier       TEXT    NOT NULL,
    client_id        INTEGER NOT NULL,
    customer_code    INTEGER NOT NULL,
    reference_prefix INTEGER NOT NULL,
    service_type     TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    business_code    TEXT    NOT NULL,
    country_code     TEXT    NOT NULL,
    created_at       INTEGER NOT NULL,
    name_folded      TEXT    NOT NULL,
    status           TEXT    NOT NULL,
    changed_at       INTEGER,
    PRIMARY KEY (partner_id, identifier, client_id)
) STRICT, WITHOUT ROWID;
INSERT INTO agreement_creditor
SELECT DISTINCT a.partner_id, a.identifier, a.client_id, c.customer_code, c.reference_prefix, c.service_type, c.name, c.business_code,
    c.country_code, c.created_at, c.name_folded, c.status, c.changed_at
FROM agreement a JOIN client c ON c.partner_id = a.partner_id AND c.client_id = a.client_id
ORDER BY a.partner_id, a.identifier, a.client_id;

CREATE TRIGGER agreement_added AFTER INSERT ON agreement BEGIN
    INSERT INTO agreement_creditor
    SELECT c.partner_id, new.identifier, c.client_id, c.customer_code, c.reference_prefix, c.service_type, c.name, c.business_code,
        c.country_code, c.created_at, c.name_folded, c.status, c.changed_at
    FROM client c WHERE c.partner_id = new.partner_id AND c.client_id = new.client_id
    ON CONFLICT DO NOTHING;
END;
-- Another system may know the creditor by the same identifier.
CREATE TRIGGER agreement_removed AFTER DELETE ON agreement BEGIN
    DELETE FROM agreement_creditor
    WHERE partner_id = old.partner_id AND identifier = old.identifier AND client_id = old.client_id AND NOT EXISTS (
        SELECT 1 FROM agreement a
        WHERE a.partner_id = old.partner_id AND a.client_id = old.client_id AND a.identifier = old.identifier
    );
END;
CREATE TRIGGER client_changed AFTER UPDATE OF service_type, name, name_folded, status, changed_at ON client BEGIN
    UPDATE agreement_creditor SET service_type = new.service_type, name = new.name, name_folded = new.name_folded, status = new.status,
        changed_at = new.changed_at
    WHERE partner_id = new.partner_id AND client_id = new.client_id AND identifier IN (
        SELECT a.identifier FROM agreement a WHERE a.partner_id = new.partner_id AND a.client_id = new.client_id
    );
END;
