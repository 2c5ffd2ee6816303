-- Which kind of numbers the findings of a check were in.
ALTER TABLE privacy_checks ADD COLUMN found_in TEXT NOT NULL DEFAULT '';
