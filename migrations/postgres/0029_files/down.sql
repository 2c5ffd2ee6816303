ALTER TABLE flow_looks DROP COLUMN times;
