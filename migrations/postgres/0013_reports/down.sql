DROP TABLE flow_looks;
DROP TABLE report_mails;
DROP TABLE reports;
