CREATE TABLE flow_looks_new (
    day DATE NOT NULL,
    department_id BIGINT NOT NULL,            -- 0: the whole company
    person_id BIGINT NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL CHECK (kind IN ('figures', 'rows', 'export', 'report')),
    at TIMESTAMP NOT NULL,                    -- the first time that day
    PRIMARY KEY (day, department_id, person_id, kind)
) WITHOUT ROWID;
INSERT OR IGNORE INTO flow_looks_new
SELECT day, department_id, person_id, CASE kind WHEN 'obstacle' THEN 'figures' ELSE kind END, at FROM flow_looks;
DROP TABLE flow_looks;
ALTER TABLE flow_looks_new RENAME TO flow_looks;
