ALTER TABLE privacy_checks DROP COLUMN rounds;
ALTER TABLE privacy_checks DROP COLUMN points;
ALTER TABLE privacy_checks DROP COLUMN halves;
ALTER TABLE privacy_checks DROP COLUMN reasons;
