DROP TABLE review_scans;
DROP TABLE review_bands;
DROP TABLE review_reports;
DROP TABLE review_ratings;
DROP TABLE review_people;
DROP TABLE review_decisions;
DROP TABLE review_cases;
