DROP INDEX insight_values_enough;
