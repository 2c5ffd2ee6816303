ALTER TABLE privacy_checks DROP COLUMN found_in;
