ALTER TABLE sendings DROP COLUMN together;
