-- What the customer office does about a flow that is stuck, and what it takes to tell which one is.

-- An insight that a department was told to read, or a request that its managers were asked to see to: once
-- for each department, whoever sends it.
CREATE TABLE sendings (
    kind TEXT NOT NULL CHECK (kind IN ('insight', 'request')),
    object_id BIGINT NOT NULL,                -- of an insight or a request
    department_id BIGINT NOT NULL REFERENCES departments (id),
    reason TEXT NOT NULL CHECK (reason IN ('under_read', 'not_found', 'not_trusted', 'not_known', 'trial')),
    person_id BIGINT REFERENCES people (id),  -- who sent it; NULL: by itself
    people INTEGER NOT NULL,                  -- who were told
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (kind, object_id, department_id)
);
CREATE INDEX sendings_department ON sendings (department_id, at);

-- Which insights may answer an open request that nobody has answered, as the job found them.
CREATE TABLE request_matches (
    request_id BIGINT NOT NULL REFERENCES requests (id),
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    PRIMARY KEY (request_id, insight_id)
);
CREATE INDEX request_matches_insight ON request_matches (insight_id);

-- When a request was last compared with the archive.
CREATE TABLE request_scans (
    request_id BIGINT NOT NULL PRIMARY KEY REFERENCES requests (id),
    at TIMESTAMP NOT NULL
);
CREATE INDEX request_scans_at ON request_scans (at);

-- How many people of a department had opened one of those insights, counted up to five.
CREATE TABLE insight_readers (
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    department_id BIGINT NOT NULL REFERENCES departments (id),
    readers INTEGER NOT NULL,
    PRIMARY KEY (insight_id, department_id)
);

-- The insights behind a kept figure.
CREATE TABLE figure_insights (
    from_day DATE NOT NULL,
    to_day DATE NOT NULL,
    metric TEXT NOT NULL,
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    PRIMARY KEY (from_day, to_day, metric, insight_id)
);
CREATE INDEX figure_insights_insight ON figure_insights (insight_id);

-- What a kept period looks like beyond its figures: curves and distributions, of groups and never of people.
CREATE TABLE figure_shapes (
    from_day DATE NOT NULL,
    to_day DATE NOT NULL,
    name TEXT NOT NULL,
    shape TEXT NOT NULL,                      -- JSON
    PRIMARY KEY (from_day, to_day, name)
);
