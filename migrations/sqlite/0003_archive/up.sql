-- What was shared. department_id, manager and day are those of the contribution and never change.
CREATE TABLE insights (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    reference TEXT NOT NULL UNIQUE,           -- the name an import or export gives it
    title TEXT NOT NULL,
    body TEXT NOT NULL,                       -- Markdown, at most 64 KiB
    quote TEXT NOT NULL DEFAULT '',           -- the customer's own words
    segment_id BIGINT REFERENCES segments (id),
    customer_id BIGINT REFERENCES customers (id),
    source TEXT NOT NULL DEFAULT 'other'
        CHECK (source IN ('call', 'visit', 'survey', 'support', 'social', 'sales', 'research', 'complaint', 'other')),
    observed_on DATE,
    evidence_url TEXT NOT NULL DEFAULT '',
    author_id BIGINT NOT NULL REFERENCES people (id),
    department_id BIGINT NOT NULL REFERENCES departments (id),
    manager BOOLEAN NOT NULL,
    contributed_at TIMESTAMP NOT NULL,
    day DATE NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    edited_at TIMESTAMP,
    withdrawn_at TIMESTAMP,
    withdrawn_by BIGINT REFERENCES people (id),
    withdrawn_reason TEXT NOT NULL DEFAULT '',
    -- Withdrawn within ten minutes of being shared: it never was a contribution.
    undone BOOLEAN NOT NULL DEFAULT FALSE,
    -- Withdrawn because it says the same as this one, which stands for both.
    merged_into BIGINT REFERENCES insights (id)
);
CREATE INDEX insights_newest ON insights (contributed_at, id);
CREATE INDEX insights_author ON insights (author_id, contributed_at);
CREATE INDEX insights_customer ON insights (customer_id, contributed_at);
CREATE INDEX insights_segment ON insights (segment_id, contributed_at);
CREATE INDEX insights_department ON insights (department_id, contributed_at);
CREATE INDEX insights_day ON insights (day);
CREATE INDEX insights_merged ON insights (merged_into) WHERE merged_into IS NOT NULL;
-- What the facets of the archive are counted from, without reading a text.
CREATE INDEX insights_facets ON insights (segment_id, department_id, source) WHERE withdrawn_at IS NULL;

-- Everybody who may be paid for an insight and may not rate it.
CREATE TABLE insight_authors (
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    person_id BIGINT NOT NULL REFERENCES people (id),
    role TEXT NOT NULL CHECK (role IN ('author', 'corroborator')),
    merged_from BIGINT REFERENCES insights (id), -- the insight with which a corroborator came
    PRIMARY KEY (insight_id, person_id)
);
CREATE INDEX insight_authors_person ON insight_authors (person_id);

CREATE TABLE insight_tags (
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    tag_id BIGINT NOT NULL REFERENCES tags (id),
    PRIMARY KEY (insight_id, tag_id)
);
CREATE INDEX insight_tags_tag ON insight_tags (tag_id, insight_id);

-- Every text an insight ever had; version 1 is what was contributed.
CREATE TABLE insight_versions (
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    version INTEGER NOT NULL,
    title TEXT NOT NULL,
    body TEXT NOT NULL,
    quote TEXT NOT NULL,
    details TEXT NOT NULL,                    -- segment, customer, source, date, tags, link: one "name: value" a line
    reason TEXT NOT NULL DEFAULT '',          -- "what changed", in the editor's words
    edited_by BIGINT NOT NULL REFERENCES people (id),
    edited_at TIMESTAMP NOT NULL,
    PRIMARY KEY (insight_id, version)
);

CREATE TABLE remarks (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    person_id BIGINT NOT NULL REFERENCES people (id),
    department_id BIGINT NOT NULL REFERENCES departments (id),
    body TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    day DATE NOT NULL,
    withdrawn_at TIMESTAMP
);
CREATE INDEX remarks_insight ON remarks (insight_id, id);

-- "I used this": once per person and insight, the note may be written later.
CREATE TABLE uses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    person_id BIGINT NOT NULL REFERENCES people (id),
    department_id BIGINT NOT NULL REFERENCES departments (id),
    manager BOOLEAN NOT NULL,
    at TIMESTAMP NOT NULL,
    day DATE NOT NULL,
    note TEXT NOT NULL DEFAULT '',
    signed BOOLEAN NOT NULL DEFAULT TRUE,     -- FALSE: shown with the department only
    UNIQUE (insight_id, person_id)
);
CREATE INDEX uses_person ON uses (person_id, at);
CREATE INDEX uses_day ON uses (day);

-- The full-text index: rowid is the insight's id. Withdrawn insights are not in it.
CREATE VIRTUAL TABLE insight_search USING fts5 (
    title, words, names,
    tokenize = "unicode61 remove_diacritics 2"
);
