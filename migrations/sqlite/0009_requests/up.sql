-- What people ask for. department_id, manager and day are those of the asking and never change; where the
-- credits are, only the ledger says.
CREATE TABLE requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    asker_id BIGINT NOT NULL REFERENCES people (id),
    department_id BIGINT NOT NULL REFERENCES departments (id),
    manager BOOLEAN NOT NULL,
    question TEXT NOT NULL,                   -- one line
    why TEXT NOT NULL DEFAULT '',             -- Markdown: what the answer is needed for
    segment_id BIGINT REFERENCES segments (id),
    customer_id BIGINT REFERENCES customers (id),
    asked_at TIMESTAMP NOT NULL,
    day DATE NOT NULL,
    closes_at TIMESTAMP NOT NULL,             -- answers until then; awards until the grace after it ends
    extended_at TIMESTAMP,                    -- the one extension
    edited_at TIMESTAMP,
    state TEXT NOT NULL DEFAULT 'open'
        CHECK (state IN ('open', 'awarded', 'auto_awarded', 'expired', 'cancelled')),
    closed_at TIMESTAMP,                      -- when it left the state open
    bounty BIGINT NOT NULL DEFAULT 0 CHECK (bounty >= 0), -- all that was ever put in, in credits
    words TEXT NOT NULL,                      -- question, why and names as bare words, a blank around each
    moved_at TIMESTAMP NOT NULL,              -- of the last line of its history
    revision INTEGER NOT NULL DEFAULT 0,      -- counted up by whoever changes it: one at a time
    CHECK ((state = 'open') = (closed_at IS NULL))
);
CREATE INDEX requests_ending ON requests (state, closes_at, id);
CREATE INDEX requests_bounty ON requests (state, bounty, id);
CREATE INDEX requests_moved ON requests (moved_at, id);
CREATE INDEX requests_asker ON requests (asker_id, id);
CREATE INDEX requests_customer ON requests (customer_id);
CREATE INDEX requests_segment ON requests (segment_id);

-- Departments that may know; everything below one is meant too.
CREATE TABLE request_departments (
    request_id BIGINT NOT NULL REFERENCES requests (id),
    department_id BIGINT NOT NULL REFERENCES departments (id),
    PRIMARY KEY (request_id, department_id)
);
CREATE INDEX request_departments_department ON request_departments (department_id);

CREATE TABLE request_tags (
    request_id BIGINT NOT NULL REFERENCES requests (id),
    tag_id BIGINT NOT NULL REFERENCES tags (id),
    PRIMARY KEY (request_id, tag_id)
);
CREATE INDEX request_tags_tag ON request_tags (tag_id, request_id);

-- Who put credits in, and how many altogether: the asker and those who want to know too.
CREATE TABLE request_funders (
    request_id BIGINT NOT NULL REFERENCES requests (id),
    person_id BIGINT NOT NULL REFERENCES people (id),
    credits BIGINT NOT NULL CHECK (credits > 0),
    first_at TIMESTAMP NOT NULL,
    PRIMARY KEY (request_id, person_id)
);
CREATE INDEX request_funders_person ON request_funders (person_id);

-- Insights offered as answers, each by whoever linked it; awarded ones say what they were paid.
CREATE TABLE request_answers (
    request_id BIGINT NOT NULL REFERENCES requests (id),
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    person_id BIGINT NOT NULL REFERENCES people (id),
    department_id BIGINT NOT NULL REFERENCES departments (id),
    manager BOOLEAN NOT NULL,
    at TIMESTAMP NOT NULL,
    day DATE NOT NULL,
    withdrawn_at TIMESTAMP,                   -- the link was taken back
    weight INTEGER NOT NULL DEFAULT 0,        -- of the award; 0: not awarded
    credits BIGINT NOT NULL DEFAULT 0,        -- what it was paid
    PRIMARY KEY (request_id, insight_id)
);
CREATE INDEX request_answers_insight ON request_answers (insight_id);
CREATE INDEX request_answers_person ON request_answers (person_id);

-- The history of a request, a line for each thing that happened; who acted, and where they were then.
CREATE TABLE request_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id BIGINT NOT NULL REFERENCES requests (id),
    kind TEXT NOT NULL CHECK (kind IN ('asked', 'funded', 'edited', 'answered', 'unlinked', 'extended',
        'awarded', 'auto_awarded', 'expired', 'cancelled')),
    actor_id BIGINT REFERENCES people (id),   -- NULL: the clock
    department_id BIGINT REFERENCES departments (id),
    manager BOOLEAN NOT NULL DEFAULT FALSE,
    at TIMESTAMP NOT NULL,
    day DATE NOT NULL,
    credits BIGINT NOT NULL DEFAULT 0,
    insight_id BIGINT REFERENCES insights (id),
    detail TEXT NOT NULL DEFAULT ''           -- an edit: the question as it was
);
CREATE INDEX request_events_request ON request_events (request_id, id);

-- One row per person who ever asked: whoever asks changes it first, so that of two requests of one
-- person at once the second sees the first.
CREATE TABLE request_askers (
    person_id INTEGER PRIMARY KEY REFERENCES people (id),
    last_at TIMESTAMP NOT NULL
);

-- What somebody follows: requests about it are wanted from them.
CREATE TABLE follows (
    person_id BIGINT NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL CHECK (kind IN ('customer', 'segment', 'topic')),
    object_id BIGINT NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (person_id, kind, object_id)
);
CREATE INDEX follows_object ON follows (kind, object_id);
