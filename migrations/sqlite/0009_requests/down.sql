DROP TABLE follows;
DROP TABLE request_askers;
DROP TABLE request_events;
DROP TABLE request_answers;
DROP TABLE request_funders;
DROP TABLE request_tags;
DROP TABLE request_departments;
DROP TABLE requests;
