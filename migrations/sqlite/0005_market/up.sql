-- Ratings and what they say. Nobody but the rater sees a row of ratings.
CREATE TABLE ratings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    person_id BIGINT NOT NULL REFERENCES people (id),
    department_id BIGINT NOT NULL REFERENCES departments (id),
    manager BOOLEAN NOT NULL,
    value INTEGER NOT NULL CHECK (value BETWEEN 1 AND 5),
    version INTEGER NOT NULL,                 -- of the insight, the text that was judged
    blind BOOLEAN NOT NULL,                   -- FALSE: the rater had seen the shown value
    first_at TIMESTAMP NOT NULL,
    at TIMESTAMP NOT NULL,                    -- of the value that counts
    day DATE NOT NULL,
    UNIQUE (insight_id, person_id)
);
CREATE INDEX ratings_person ON ratings (person_id, at);

-- Who pressed "Show without rating": a later rating of theirs is not blind.
CREATE TABLE value_reveals (
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    person_id BIGINT NOT NULL REFERENCES people (id),
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (insight_id, person_id)
);

-- The leniency of a rater, in stars, within the cap.
CREATE TABLE raters (
    person_id INTEGER PRIMARY KEY REFERENCES people (id),
    leniency DOUBLE NOT NULL,
    ratings INTEGER NOT NULL
);

-- mu is frozen inside an epoch.
CREATE TABLE value_epochs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mu DOUBLE NOT NULL,
    started_at TIMESTAMP NOT NULL
);
INSERT INTO value_epochs (mu, started_at) VALUES (3.0, '2026-01-01 00:00:00');

-- The value of every insight. The first part is the estimate and never shown; the shown_ part is what
-- pages and lists use and moves only after ratings by two further people or seven days.
CREATE TABLE insight_values (
    insight_id INTEGER PRIMARY KEY REFERENCES insights (id),
    raters INTEGER NOT NULL DEFAULT 0,
    departments INTEGER NOT NULL DEFAULT 0,
    epoch_id BIGINT NOT NULL REFERENCES value_epochs (id),
    value DOUBLE NOT NULL,
    sd DOUBLE NOT NULL,
    lower DOUBLE NOT NULL,
    label TEXT NOT NULL DEFAULT 'early' CHECK (label IN ('early', 'rated', 'local', 'broad', 'mixed')),
    computed_at TIMESTAMP NOT NULL,
    shown_tenths INTEGER NOT NULL DEFAULT 0,  -- tenths of a star, clipped to [10, 50]; 0: not shown yet
    shown_low_tenths INTEGER NOT NULL DEFAULT 0,
    shown_high_tenths INTEGER NOT NULL DEFAULT 0,
    shown_label TEXT NOT NULL DEFAULT 'early' CHECK (shown_label IN ('early', 'rated', 'local', 'broad', 'mixed')),
    shown_raters INTEGER NOT NULL DEFAULT 0,
    shown_at TIMESTAMP,
    uses INTEGER NOT NULL DEFAULT 0,
    contributed_at TIMESTAMP NOT NULL         -- the insight's, so that one index carries the order
);
CREATE INDEX insight_values_most_valued ON insight_values (shown_tenths, uses, contributed_at, insight_id);
