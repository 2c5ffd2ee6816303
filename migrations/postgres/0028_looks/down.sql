INSERT INTO flow_looks SELECT day, department_id, person_id, 'figures', at FROM flow_looks WHERE kind = 'obstacle'
ON CONFLICT DO NOTHING;
DELETE FROM flow_looks WHERE kind = 'obstacle';
ALTER TABLE flow_looks DROP CONSTRAINT flow_looks_kind_check;
ALTER TABLE flow_looks ADD CONSTRAINT flow_looks_kind_check
    CHECK (kind IN ('figures', 'rows', 'export', 'report'));
