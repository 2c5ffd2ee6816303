-- How many people of a department have opened an insight, whether or not it may answer a request: kept with
-- each first access, so that the page of an insight does not count them. What became counts is among them.
DELETE FROM insight_readers;
INSERT INTO insight_readers (insight_id, department_id, readers)
SELECT insight_id, department_id, CAST(SUM(readers) AS INTEGER)
FROM (SELECT insight_id, to_department_id AS department_id, 1 AS readers FROM first_accesses
      UNION ALL
      SELECT insight_id, department_id, readers FROM insight_reads) r
GROUP BY insight_id, department_id
HAVING SUM(readers) > 0;
