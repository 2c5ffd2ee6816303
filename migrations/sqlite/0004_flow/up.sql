-- Who opened what, and the daily counts that pages read. Events hold the department and manager flag
-- at the time of the event; a segment of 0 means "no segment".
CREATE TABLE accesses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    person_id BIGINT NOT NULL REFERENCES people (id),
    department_id BIGINT NOT NULL REFERENCES departments (id),
    manager BOOLEAN NOT NULL,
    segment_id BIGINT NOT NULL,               -- the insight's at that time; an edit moves no access
    at TIMESTAMP NOT NULL,
    day DATE NOT NULL
);
CREATE INDEX accesses_insight ON accesses (insight_id);
CREATE INDEX accesses_person ON accesses (person_id, at);
CREATE TRIGGER accesses_no_update BEFORE UPDATE ON accesses BEGIN SELECT RAISE(ABORT, 'accesses is append-only'); END;
CREATE TRIGGER accesses_no_delete BEFORE DELETE ON accesses BEGIN SELECT RAISE(ABORT, 'accesses is append-only'); END;

-- The first counted access of a person to an insight (reach and flow count it once, ever), and when the
-- last one counted (the 30-minute rule). from_department_id and segment_id are the insight's.
CREATE TABLE first_accesses (
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    person_id BIGINT NOT NULL REFERENCES people (id),
    from_department_id BIGINT NOT NULL REFERENCES departments (id),
    to_department_id BIGINT NOT NULL REFERENCES departments (id),
    segment_id BIGINT NOT NULL,
    manager BOOLEAN NOT NULL,
    at TIMESTAMP NOT NULL,
    day DATE NOT NULL,
    last_at TIMESTAMP NOT NULL,
    PRIMARY KEY (insight_id, person_id)
) WITHOUT ROWID;
CREATE INDEX first_accesses_flow ON first_accesses (from_department_id, to_department_id, day, person_id);

CREATE TABLE searches (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id BIGINT NOT NULL REFERENCES people (id),
    department_id BIGINT NOT NULL REFERENCES departments (id),
    manager BOOLEAN NOT NULL,
    words TEXT NOT NULL,
    results INTEGER NOT NULL,
    at TIMESTAMP NOT NULL,
    day DATE NOT NULL
);
CREATE INDEX searches_day ON searches (day);

-- Roll-ups: written in the transaction of the event, rebuilt by `flow --rebuild`.
CREATE TABLE activity_daily (
    day DATE NOT NULL,
    department_id BIGINT NOT NULL,            -- of the person who acted
    manager BOOLEAN NOT NULL,
    segment_id BIGINT NOT NULL,               -- of the insight; 0 for none, and for searches
    contributions BIGINT NOT NULL DEFAULT 0,
    accesses BIGINT NOT NULL DEFAULT 0,
    uses BIGINT NOT NULL DEFAULT 0,
    searches BIGINT NOT NULL DEFAULT 0,
    zero_result_searches BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (day, department_id, manager, segment_id)
) WITHOUT ROWID;

-- One pair of departments and one period are neighbours, so a matrix is one short range per cell.
CREATE TABLE flow_daily (
    day DATE NOT NULL,
    from_department_id BIGINT NOT NULL,
    to_department_id BIGINT NOT NULL,
    segment_id BIGINT NOT NULL,
    first_accesses BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (from_department_id, to_department_id, day, segment_id)
) WITHOUT ROWID;

CREATE TABLE person_daily (
    person_id BIGINT NOT NULL,
    day DATE NOT NULL,
    segment_id BIGINT NOT NULL,
    contributions BIGINT NOT NULL DEFAULT 0,
    accesses BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (person_id, day, segment_id)
) WITHOUT ROWID;
-- Few people contribute on any day: who did is found without reading what they read.
CREATE INDEX person_daily_contributors ON person_daily (person_id, day, segment_id) WHERE contributions > 0;
-- Whether five people read of a segment, without reading what they read. With the count, or SQLite takes
-- the primary key and reads every day of everybody.
CREATE INDEX person_daily_segments ON person_daily (segment_id, person_id, day, accesses);
