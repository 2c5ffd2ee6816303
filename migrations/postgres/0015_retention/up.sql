-- Who read what is forgotten after the set number of days; counts remain.

-- Every access of a day before this one is among the counts. The line only moves on; it is what lets a row
-- of accesses be deleted.
CREATE TABLE retention_line (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    before_day DATE NOT NULL
);
CREATE FUNCTION refuse_way_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.before_day >= OLD.before_day THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '% only moves on', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER retention_line_no_way_back BEFORE UPDATE OR DELETE ON retention_line FOR EACH ROW EXECUTE FUNCTION refuse_way_back();

-- Accesses by month: what is forgotten goes with its partition, and what is asked of a month reads that
-- month. Days without a partition of their own go to accesses_rest, so that no opening is refused.
CREATE FUNCTION refuse_young_access() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.day < (SELECT before_day FROM retention_line WHERE id = 1) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'accesses is append-only';
END
$$;
CREATE SEQUENCE accesses_ids;
CREATE TABLE accesses_by_month (
    id BIGINT NOT NULL DEFAULT nextval('accesses_ids'),
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    person_id BIGINT NOT NULL REFERENCES people (id),
    department_id BIGINT NOT NULL REFERENCES departments (id),
    manager BOOLEAN NOT NULL,
    segment_id BIGINT NOT NULL,               -- the insight's at that time; an edit moves no access
    at TIMESTAMP NOT NULL,
    day DATE NOT NULL,
    PRIMARY KEY (id, day)
) PARTITION BY RANGE (day);
CREATE TABLE accesses_rest PARTITION OF accesses_by_month DEFAULT;
DO $$
DECLARE
    month DATE := (SELECT date_trunc('month', MIN(day)) FROM accesses);
    last DATE := (SELECT MAX(day) FROM accesses);
BEGIN
    WHILE month <= last LOOP
        EXECUTE format('CREATE TABLE accesses_%s PARTITION OF accesses_by_month FOR VALUES FROM (%L) TO (%L)',
            to_char(month, 'YYYY_MM'), month, month + INTERVAL '1 month');
        month := month + INTERVAL '1 month';
    END LOOP;
END
$$;
INSERT INTO accesses_by_month (id, insight_id, person_id, department_id, manager, segment_id, at, day)
SELECT id, insight_id, person_id, department_id, manager, segment_id, at, day FROM accesses;
SELECT setval('accesses_ids', COALESCE((SELECT MAX(id) FROM accesses), 0) + 1, false);
DROP TABLE accesses;
ALTER TABLE accesses_by_month RENAME TO accesses;
ALTER INDEX accesses_by_month_pkey RENAME TO accesses_pkey;
ALTER SEQUENCE accesses_ids OWNED BY accesses.id;
CREATE INDEX accesses_insight ON accesses (insight_id);
CREATE INDEX accesses_person ON accesses (person_id, at);
CREATE INDEX accesses_day ON accesses (day);
CREATE TRIGGER accesses_no_update BEFORE UPDATE ON accesses FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER accesses_no_delete BEFORE DELETE ON accesses FOR EACH ROW EXECUTE FUNCTION refuse_young_access();
CREATE TRIGGER accesses_no_truncate BEFORE TRUNCATE ON accesses FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Calendar months whose figures are kept for good, because people were forgotten in them.
CREATE TABLE kept_months (
    from_day DATE NOT NULL PRIMARY KEY,
    to_day DATE NOT NULL,
    kept_at TIMESTAMP NOT NULL
);

-- How many people opened something in such a month, by where they were at its end. A segment of -1 stands
-- for all of them.
CREATE TABLE month_readers (
    from_day DATE NOT NULL REFERENCES kept_months (from_day),
    segment_id BIGINT NOT NULL,
    department_id BIGINT NOT NULL REFERENCES departments (id),
    manager BOOLEAN NOT NULL,
    readers BIGINT NOT NULL,
    PRIMARY KEY (from_day, segment_id, department_id, manager)
);

-- How many people stand behind a flow of such a month.
CREATE TABLE month_flow_readers (
    from_day DATE NOT NULL REFERENCES kept_months (from_day),
    from_department_id BIGINT NOT NULL REFERENCES departments (id),
    to_department_id BIGINT NOT NULL REFERENCES departments (id),
    segment_id BIGINT NOT NULL,               -- -1 for all
    readers BIGINT NOT NULL,
    PRIMARY KEY (from_day, from_department_id, to_department_id, segment_id)
);

-- What remains of the openings of an insight that are before the line, by the readers' department.
CREATE TABLE insight_reads (
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    department_id BIGINT NOT NULL REFERENCES departments (id),
    accesses BIGINT NOT NULL,
    readers BIGINT NOT NULL,                  -- those who opened it last before the line
    last_day DATE NOT NULL,
    PRIMARY KEY (insight_id, department_id)
);

-- How old it was when it was opened, in its first year: "0:3 1:12" is three times on its first day, twelve
-- times on the next.
CREATE TABLE insight_read_ages (
    insight_id BIGINT NOT NULL PRIMARY KEY REFERENCES insights (id),
    ages TEXT NOT NULL
);
