-- What leadership was told, as it was told, and who looked.

-- A report is never recomputed and never changed.
CREATE TABLE reports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    month DATE UNIQUE,                        -- the first day of the month that this is the company's report of; NULL: made by hand
    period_from DATE NOT NULL,
    period_to DATE NOT NULL,                  -- the day after its last
    segment_id BIGINT REFERENCES segments (id),
    made_by BIGINT REFERENCES people (id),    -- NULL: by itself
    made_at TIMESTAMP NOT NULL,
    sentence TEXT NOT NULL,
    frozen TEXT NOT NULL,                     -- JSON: numbers, definitions and the data of the charts
    CHECK (period_from < period_to)
);
CREATE INDEX reports_period ON reports (period_from, period_to);
CREATE TRIGGER reports_no_update BEFORE UPDATE ON reports BEGIN SELECT RAISE(ABORT, 'reports are frozen'); END;
CREATE TRIGGER reports_no_delete BEFORE DELETE ON reports BEGIN SELECT RAISE(ABORT, 'reports are frozen'); END;

-- Whom a report was mailed to; written with the mail.
CREATE TABLE report_mails (
    report_id BIGINT NOT NULL REFERENCES reports (id),
    person_id BIGINT NOT NULL REFERENCES people (id),
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (report_id, person_id)
) WITHOUT ROWID;

-- Who looked at figures about whom: one row for each person, department, kind of page and day.
CREATE TABLE flow_looks (
    day DATE NOT NULL,
    department_id BIGINT NOT NULL,            -- 0: the whole company
    person_id BIGINT NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL CHECK (kind IN ('figures', 'rows', 'export', 'report')),
    at TIMESTAMP NOT NULL,                    -- the first time that day
    PRIMARY KEY (day, department_id, person_id, kind)
) WITHOUT ROWID;
