-- How often: a thousand files must not look like one glance. Of everything but files the first time of a day counts.
ALTER TABLE flow_looks ADD COLUMN times INTEGER NOT NULL DEFAULT 1;
