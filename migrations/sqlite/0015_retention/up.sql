-- Who read what is forgotten after the set number of days; counts remain.

-- Every access of a day before this one is among the counts. The line only moves on; it is what lets a row
-- of accesses be deleted.
CREATE TABLE retention_line (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    before_day DATE NOT NULL
);
CREATE TRIGGER retention_line_no_way_back BEFORE UPDATE ON retention_line WHEN NEW.before_day < OLD.before_day
BEGIN SELECT RAISE(ABORT, 'retention_line only moves on'); END;
CREATE TRIGGER retention_line_no_delete BEFORE DELETE ON retention_line
BEGIN SELECT RAISE(ABORT, 'retention_line only moves on'); END;

DROP TRIGGER accesses_no_delete;
CREATE TRIGGER accesses_no_delete BEFORE DELETE ON accesses
WHEN NOT EXISTS (SELECT 1 FROM retention_line WHERE OLD.day < before_day)
BEGIN SELECT RAISE(ABORT, 'accesses is append-only'); END;
CREATE INDEX accesses_day ON accesses (day);

-- Calendar months whose figures are kept for good, because people were forgotten in them.
CREATE TABLE kept_months (
    from_day DATE NOT NULL PRIMARY KEY,
    to_day DATE NOT NULL,
    kept_at TIMESTAMP NOT NULL
) WITHOUT ROWID;

-- How many people opened something in such a month, by where they were at its end. A segment of -1 stands
-- for all of them.
CREATE TABLE month_readers (
    from_day DATE NOT NULL REFERENCES kept_months (from_day),
    segment_id BIGINT NOT NULL,
    department_id BIGINT NOT NULL REFERENCES departments (id),
    manager BOOLEAN NOT NULL,
    readers BIGINT NOT NULL,
    PRIMARY KEY (from_day, segment_id, department_id, manager)
) WITHOUT ROWID;

-- How many people stand behind a flow of such a month.
CREATE TABLE month_flow_readers (
    from_day DATE NOT NULL REFERENCES kept_months (from_day),
    from_department_id BIGINT NOT NULL REFERENCES departments (id),
    to_department_id BIGINT NOT NULL REFERENCES departments (id),
    segment_id BIGINT NOT NULL,               -- -1 for all
    readers BIGINT NOT NULL,
    PRIMARY KEY (from_day, from_department_id, to_department_id, segment_id)
) WITHOUT ROWID;

-- What remains of the openings of an insight that are before the line, by the readers' department.
CREATE TABLE insight_reads (
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    department_id BIGINT NOT NULL REFERENCES departments (id),
    accesses BIGINT NOT NULL,
    readers BIGINT NOT NULL,                  -- those who opened it last before the line
    last_day DATE NOT NULL,
    PRIMARY KEY (insight_id, department_id)
) WITHOUT ROWID;

-- How old it was when it was opened, in its first year: "0:3 1:12" is three times on its first day, twelve
-- times on the next.
CREATE TABLE insight_read_ages (
    insight_id INTEGER PRIMARY KEY REFERENCES insights (id),
    ages TEXT NOT NULL
);
