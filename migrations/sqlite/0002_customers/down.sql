DROP TABLE tags;
DROP TABLE customers;
DROP TABLE segments;
