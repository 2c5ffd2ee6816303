-- What a nightly check tried besides: ends of rounds of ratings, points of curves and distributions, halves of
-- trials, and reasons for not sharing.
ALTER TABLE privacy_checks ADD COLUMN rounds BIGINT NOT NULL DEFAULT 0;
ALTER TABLE privacy_checks ADD COLUMN points BIGINT NOT NULL DEFAULT 0;
ALTER TABLE privacy_checks ADD COLUMN halves BIGINT NOT NULL DEFAULT 0;
ALTER TABLE privacy_checks ADD COLUMN reasons BIGINT NOT NULL DEFAULT 0;
