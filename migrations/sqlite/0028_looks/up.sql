-- Whoever looks at one obstacle of theirs has not looked at the figures of the company.
-- A table that is renamed would open the temporary database, which a connection then cannot put elsewhere.
CREATE TABLE flow_looks_kept AS SELECT day, department_id, person_id, kind, at FROM flow_looks;
DROP TABLE flow_looks;
CREATE TABLE flow_looks (
    day DATE NOT NULL,
    department_id BIGINT NOT NULL,            -- 0: the whole company
    person_id BIGINT NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL CHECK (kind IN ('figures', 'rows', 'export', 'report', 'obstacle')),
    at TIMESTAMP NOT NULL,                    -- the first time that day
    PRIMARY KEY (day, department_id, person_id, kind)
) WITHOUT ROWID;
INSERT INTO flow_looks SELECT day, department_id, person_id, kind, at FROM flow_looks_kept;
DROP TABLE flow_looks_kept;
