-- Whether the outermost department above it may be told by itself where readers of an insight are counted; set
-- each night from how many people are there.
ALTER TABLE departments ADD COLUMN told_alone BOOLEAN NOT NULL DEFAULT TRUE;
-- How many lists of single insights and words a nightly check looked at.
ALTER TABLE privacy_checks ADD COLUMN lists BIGINT NOT NULL DEFAULT 0;
