-- Constants with which an epoch computes, as NAME=value pairs; empty: the defaults. In the table, so that
-- all nodes compute alike and a change begins an epoch.
ALTER TABLE value_epochs ADD COLUMN policy TEXT NOT NULL DEFAULT '';

-- floor(100 * lower): what is paid on.
ALTER TABLE insight_values ADD COLUMN lower_hundredths INTEGER NOT NULL DEFAULT 0;

-- Since when three raters of two departments have rated it; NULL while they have not. What flow pages count.
ALTER TABLE insight_values ADD COLUMN enough_since TIMESTAMP;

-- What all raters of a voice (the market's department, or an open case treated as one) say of an insight.
CREATE TABLE value_cells (
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    voice TEXT NOT NULL,
    n INTEGER NOT NULL,
    sum DOUBLE NOT NULL,            -- of stars less mu less leniency
    PRIMARY KEY (insight_id, voice)
);

-- Insights whose ratings changed since leniencies were looked at; every rating adds a row, the job takes
-- them away. No unique key: two transactions never wait for each other here.
CREATE TABLE value_changes (
    id INTEGER PRIMARY KEY,
    insight_id BIGINT NOT NULL REFERENCES insights (id)
);

-- Raters whose leniency is to be looked at again, first come first served; only the job writes here.
CREATE TABLE value_queue (
    id INTEGER PRIMARY KEY,
    person_id BIGINT NOT NULL UNIQUE REFERENCES people (id)
);

-- One row: how far leniencies may be from the solution. Locked by whoever changes them.
CREATE TABLE value_state (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    factor DOUBLE NOT NULL,              -- factor by which a pass shrinks what is left
    residual DOUBLE NOT NULL,       -- largest |T(b) - b| of those in the queue, in stars
    refit_bound DOUBLE NOT NULL,    -- error left by the last refit, in stars
    refit_at TIMESTAMP,
    drained_at TIMESTAMP
);
INSERT INTO value_state (id, factor, residual, refit_bound) VALUES (1, 0, 0, 0);

-- Ratings that do not count as usual. By insight and person, so that one taken back and given again
-- stands as before.
CREATE TABLE rating_standings (
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    person_id BIGINT NOT NULL REFERENCES people (id),
    case_id BIGINT NOT NULL,                  -- of the review that decided so; 0: held by rule
    standing TEXT NOT NULL CHECK (standing IN ('void', 'one', 'held')),
    until_day DATE,                           -- held: the first day on which it counts
    PRIMARY KEY (insight_id, person_id, case_id)
);
CREATE INDEX rating_standings_case ON rating_standings (case_id);

-- How a shown value came about, as of its last move; departments with few raters are merged in it.
CREATE TABLE value_accounts (
    insight_id INTEGER PRIMARY KEY REFERENCES insights (id),
    account TEXT NOT NULL
);
