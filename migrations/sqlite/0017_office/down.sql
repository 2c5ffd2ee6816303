DROP TABLE figure_shapes;
DROP TABLE figure_insights;
DROP TABLE insight_readers;
DROP TABLE request_scans;
DROP TABLE request_matches;
DROP TABLE sendings;
