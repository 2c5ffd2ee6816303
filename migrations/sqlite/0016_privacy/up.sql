-- That nobody can be worked out, and that nobody alone makes it easier.

-- Each night's attempt to work single people out of what the pages tell: what was tried, never what could
-- be found.
CREATE TABLE privacy_checks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TIMESTAMP NOT NULL,
    periods BIGINT NOT NULL,                  -- periods that were combined
    sums BIGINT NOT NULL,                     -- sums of openings and searches that are told of them
    cells BIGINT NOT NULL,                    -- cells of tables of flows
    insights BIGINT NOT NULL,                 -- insights whose shown value was looked at
    complete BOOLEAN NOT NULL,                -- false: time ran out before everything was tried
    findings BIGINT NOT NULL                  -- how much follows about fewer people than may be told of
);

-- Changes of the thresholds from which values are shown. Lowering takes two people.
CREATE TABLE privacy_thresholds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,                       -- of the setting
    was BIGINT NOT NULL,
    value BIGINT NOT NULL,
    proposed_by BIGINT REFERENCES people (id), -- NULL: raised by the settings of a node
    proposed_at TIMESTAMP NOT NULL,
    reason TEXT NOT NULL,
    decided_by BIGINT REFERENCES people (id),
    decided_at TIMESTAMP,                     -- NULL: waits for the second person
    agreed BOOLEAN NOT NULL,
    told_up_to BIGINT NOT NULL,               -- everybody up to this id was told
    CHECK (proposed_by IS NULL OR decided_by IS NULL OR NOT agreed OR proposed_by <> decided_by)
);
