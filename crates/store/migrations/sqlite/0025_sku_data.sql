-- What was bought or brought back by a movement, as the merchant has told it: for the customer's statement, sealed.
-- The twin of ../postgres/0025_sku_data.sql: same columns, same order, same indexes.
CREATE TABLE sku_data (
    partner_id         INTEGER NOT NULL,
    lender_id          INTEGER NOT NULL,
    account_number     INTEGER NOT NULL,
    movement_number    INTEGER NOT NULL,
    -- That of the movement: a capture that tells nothing shows what its authorization has told.
    subject            TEXT NOT NULL,
    sealed             BLOB NOT NULL,
    master_key_version INTEGER NOT NULL,
    PRIMARY KEY (partner_id, lender_id, account_number, movement_number),
    FOREIGN KEY (partner_id, lender_id, account_number, movement_number)
        REFERENCES ledger_movement (partner_id, lender_id, account_number, movement_number)
) STRICT;
CREATE INDEX sku_data_subject ON sku_data (partner_id, lender_id, account_number, subject, movement_number);
CREATE INDEX sku_data_master_key ON sku_data (master_key_version);
