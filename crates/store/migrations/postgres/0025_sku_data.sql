-- What was bought or brought back by a movement, as the merchant has told it: for the customer's statement, sealed.
-- The twin of ../sqlite/0025_sku_data.sql: same columns, same order, same indexes.
CREATE TABLE sku_data (
    partner_id         BIGINT NOT NULL,
    lender_id          BIGINT NOT NULL,
    account_number     BIGINT NOT NULL,
    movement_number    BIGINT NOT NULL,
    -- That of the movement: a capture that tells nothing shows what its authorization has told.
    subject            TEXT NOT NULL,
    sealed             BYTEA NOT NULL,
    master_key_version BIGINT NOT NULL,
    PRIMARY KEY (partner_id, lender_id, account_number, movement_number),
    FOREIGN KEY (partner_id, lender_id, account_number, movement_number)
        REFERENCES ledger_movement (partner_id, lender_id, account_number, movement_number)
);
CREATE INDEX sku_data_subject ON sku_data (partner_id, lender_id, account_number, subject, movement_number);
CREATE INDEX sku_data_master_key ON sku_data (master_key_version);
