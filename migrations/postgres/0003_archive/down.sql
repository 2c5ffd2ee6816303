DROP TABLE insight_search;
DROP TABLE uses;
DROP TABLE remarks;
DROP TABLE insight_versions;
DROP TABLE insight_tags;
DROP TABLE insight_authors;
DROP TABLE insights;
