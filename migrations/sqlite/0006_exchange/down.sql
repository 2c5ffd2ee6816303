DROP TABLE checked_uploads;
