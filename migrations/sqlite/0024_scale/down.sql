DROP INDEX insights_department_day;
DROP TABLE active_days;
