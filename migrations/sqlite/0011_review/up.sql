-- What curators are asked to look at. A case holds ids, counts and means over at least three ratings,
-- never a single rating, never the words that gave it away.
CREATE TABLE review_cases (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL
        CHECK (kind IN ('reported', 'personal', 'duplicate', 'stale', 'ring', 'pair', 'serial', 'round_trip')),
    key TEXT NOT NULL UNIQUE,                 -- what it is about, and the how-manieth time: stale:7#2
    state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'watched', 'done')),
    insight_id BIGINT REFERENCES insights (id),
    other_id BIGINT REFERENCES insights (id), -- of a duplicate: the other one
    remark_id BIGINT REFERENCES remarks (id),
    evidence TEXT NOT NULL,                   -- JSON, by kind
    weight INTEGER NOT NULL DEFAULT 0,        -- how much evidence there is: comes again only when it grew
    opened_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL,
    decision TEXT NOT NULL DEFAULT '',
    reason TEXT NOT NULL DEFAULT '',
    decided_by BIGINT REFERENCES people (id), -- NULL with a decision: it closed by itself
    decided_at TIMESTAMP,
    shortfall BIGINT NOT NULL DEFAULT 0       -- credits a reversal could not take back
);
CREATE INDEX review_cases_queue ON review_cases (state, kind, opened_at, id);
CREATE INDEX review_cases_insight ON review_cases (insight_id);
CREATE INDEX review_cases_other ON review_cases (other_id);

-- Every decision a case ever had, with the reason in the curator's words; one taken back says when.
CREATE TABLE review_decisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    case_id BIGINT NOT NULL REFERENCES review_cases (id),
    decision TEXT NOT NULL,
    reason TEXT NOT NULL,
    person_id BIGINT REFERENCES people (id),
    at TIMESTAMP NOT NULL,
    undone_by BIGINT REFERENCES people (id),
    undone_at TIMESTAMP
);
CREATE INDEX review_decisions_case ON review_decisions (case_id, id);

-- Whose ratings or awards a case is about.
CREATE TABLE review_people (
    case_id BIGINT NOT NULL REFERENCES review_cases (id),
    person_id BIGINT NOT NULL REFERENCES people (id),
    PRIMARY KEY (case_id, person_id)
);
CREATE INDEX review_people_person ON review_people (person_id);

-- Which ratings a decision is about: whose and of what, never how many stars.
CREATE TABLE review_ratings (
    case_id BIGINT NOT NULL REFERENCES review_cases (id),
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    person_id BIGINT NOT NULL REFERENCES people (id),
    PRIMARY KEY (case_id, insight_id, person_id)
);

-- Who reported an insight, and why: once per person and case.
CREATE TABLE review_reports (
    case_id BIGINT NOT NULL REFERENCES review_cases (id),
    person_id BIGINT NOT NULL REFERENCES people (id),
    reason TEXT NOT NULL,
    words TEXT NOT NULL DEFAULT '',
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (case_id, person_id)
);

-- By what texts that say the same find each other: two texts have the more bands in common the more they
-- are alike (src/review/similar.rs).
CREATE TABLE review_bands (
    band BIGINT NOT NULL,
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    PRIMARY KEY (band, insight_id)
) WITHOUT ROWID;
CREATE INDEX review_bands_insight ON review_bands (insight_id);

-- How far a search through the whole archive has come.
CREATE TABLE review_scans (
    name TEXT NOT NULL PRIMARY KEY,
    upto BIGINT NOT NULL
);
