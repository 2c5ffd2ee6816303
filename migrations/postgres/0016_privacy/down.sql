DROP TABLE privacy_thresholds;
DROP TABLE privacy_checks;
