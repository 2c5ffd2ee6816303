DROP INDEX insights_department_day;
CREATE INDEX insights_department_day ON insights (department_id, day, undone, segment_id);
DROP TRIGGER insight_values_covered_gone ON insight_values;
DROP TRIGGER insight_values_covered ON insight_values;
DROP TRIGGER insight_values_covered_new ON insight_values;
DROP FUNCTION count_covered_day();
DROP TABLE covered_days;
