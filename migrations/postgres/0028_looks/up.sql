-- Whoever looks at one obstacle of theirs has not looked at the figures of the company.
ALTER TABLE flow_looks DROP CONSTRAINT flow_looks_kind_check;
ALTER TABLE flow_looks ADD CONSTRAINT flow_looks_kind_check
    CHECK (kind IN ('figures', 'rows', 'export', 'report', 'obstacle'));
