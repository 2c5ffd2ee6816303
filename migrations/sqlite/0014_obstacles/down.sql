DROP TABLE report_baselines;
DROP TABLE unshared_marks;
DROP TABLE unshared_counts;
DROP TABLE trial_insights;
DROP TABLE trials;
DROP TABLE obstacle_measures;
DROP TABLE obstacle_events;
DROP TABLE obstacles;
