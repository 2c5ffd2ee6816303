DROP TABLE person_daily;
DROP TABLE flow_daily;
DROP TABLE activity_daily;
DROP TABLE searches;
DROP TABLE first_accesses;
DROP TABLE accesses;
