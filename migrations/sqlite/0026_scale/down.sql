DROP TRIGGER insight_values_covered_gone;
DROP TRIGGER insight_values_covered;
DROP TRIGGER insight_values_covered_new;
DROP TABLE covered_days;
