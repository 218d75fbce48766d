-- The creditors that have an identifier in any system, each once, with what a list shows of them, so that a page by agreement is read in a
-- row: its creditors stand anywhere in their table. The database itself keeps the copies, because an older program may still run beside
-- this one and knows nothing of them.
-- The twin of ../sqlite/0009_agreement_creditor.sql: same tables, same columns, same order.

-- Nobody writes meanwhile: what is not in the copies yet would not get into them.
LOCK TABLE client, agreement IN SHARE ROW EXCLUSIVE MODE;

CREATE TABLE agreement_creditor (
    partner_id       BIGINT NOT NULL,
    identifier       TEXT   NOT NULL,
    client_id        BIGINT NOT NULL,
    customer_code    BIGINT NOT NULL,
    reference_prefix BIGINT NOT NULL,
    service_type     TEXT   NOT NULL,
    name             TEXT   NOT NULL,
    business_code    TEXT   NOT NULL,
    country_code     TEXT   NOT NULL,
    created_at       BIGINT NOT NULL,
    name_folded      TEXT   NOT NULL,
    status           TEXT   NOT NULL,
    changed_at       BIGINT,
    PRIMARY KEY (partner_id, identifier, client_id)
);
INSERT INTO agreement_creditor
SELECT DISTINCT a.partner_id, a.identifier, a.client_id, c.customer_code, c.reference_prefix, c.service_type, c.name, c.business_code,
    c.country_code, c.created_at, c.name_folded, c.status, c.changed_at
FROM agreement a JOIN client c ON c.partner_id = a.partner_id AND c.client_id = a.client_id;

CREATE FUNCTION agreement_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO agreement_creditor
    SELECT c.partner_id, new.identifier, c.client_id, c.customer_code, c.reference_prefix, c.service_type, c.name, c.business_code,
        c.country_code, c.created_at, c.name_folded, c.status, c.changed_at
    FROM client c WHERE c.partner_id = new.partner_id AND c.client_id = new.client_id
    ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER agreement_added AFTER INSERT ON agreement FOR EACH ROW EXECUTE FUNCTION agreement_added();

-- Another system may know the creditor by the same identifier.
CREATE FUNCTION agreement_removed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM agreement_creditor
    WHERE partner_id = old.partner_id AND identifier = old.identifier AND client_id = old.client_id AND NOT EXISTS (
        SELECT 1 FROM agreement a
        WHERE a.partner_id = old.partner_id AND a.client_id = old.client_id AND a.identifier = old.identifier
    );
    RETURN NULL;
END
$$;
CREATE TRIGGER agreement_removed AFTER DELETE ON agreement FOR EACH ROW EXECUTE FUNCTION agreement_removed();

-- It inserts or updates, so that a transaction that has begun before there were copies, and does not see them, meets one and is run again;
-- a change of the agreements counts their version, so that it comes by here as well.
CREATE FUNCTION client_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO agreement_creditor
    SELECT DISTINCT new.partner_id, a.identifier, new.client_id, new.customer_code, new.reference_prefix, new.service_type, new.name,
        new.business_code, new.country_code, new.created_at, new.name_folded, new.status, new.changed_at
    FROM agreement a WHERE a.partner_id = new.partner_id AND a.client_id = new.client_id
    ON CONFLICT (partner_id, identifier, client_id) DO UPDATE SET service_type = excluded.service_type, name = excluded.name,
        name_folded = excluded.name_folded, status = excluded.status, changed_at = excluded.changed_at;
    RETURN NULL;
END
$$;
CREATE TRIGGER client_changed AFTER UPDATE OF service_type, name, name_folded, status, changed_at, agreements_version ON client
FOR EACH ROW EXECUTE FUNCTION client_changed();
