-- A table that is renamed would open the temporary database, which a connection then cannot put elsewhere.
CREATE TABLE flow_looks_kept AS SELECT day, department_id, person_id, kind, at FROM flow_looks;
DROP TABLE flow_looks;
CREATE TABLE flow_looks (
    day DATE NOT NULL,
    department_id BIGINT NOT NULL,            -- 0: the whole company
    person_id BIGINT NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL CHECK (kind IN ('figures', 'rows', 'export', 'report')),
    at TIMESTAMP NOT NULL,                    -- the first time that day
    PRIMARY KEY (day, department_id, person_id, kind)
) WITHOUT ROWID;
INSERT OR IGNORE INTO flow_looks
SELECT day, department_id, person_id, CASE kind WHEN 'obstacle' THEN 'figures' ELSE kind END, at FROM flow_looks_kept;
DROP TABLE flow_looks_kept;
