-- The annual rate of a promotional purchase, as calculate-interest has told it, in billionths. Null of a regular purchase, and of one from before this.
-- The twin of ../postgres/0024_annual_rate.sql.
ALTER TABLE credit_authorization ADD COLUMN annual_rate INTEGER;
