ALTER TABLE privacy_checks DROP COLUMN lists;
ALTER TABLE departments DROP COLUMN told_alone;
