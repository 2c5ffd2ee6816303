DROP TABLE own_brokerage;
DROP TABLE seen_days;
