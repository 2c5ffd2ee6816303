DROP TABLE insight_values;
DROP TABLE value_epochs;
DROP TABLE raters;
DROP TABLE value_reveals;
DROP TABLE ratings;
