DROP INDEX accesses_insight;
CREATE INDEX accesses_insight ON accesses (insight_id);
