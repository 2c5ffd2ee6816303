-- Who opened an insight in a period is read from the index alone: the rows of an insight lie as far apart as its
-- openings.
DROP INDEX accesses_insight;
CREATE INDEX accesses_insight ON accesses (insight_id, day, department_id, person_id, manager);
