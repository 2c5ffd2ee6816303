DROP INDEX ratings_judged;
DROP INDEX insights_newest;
CREATE INDEX insights_newest ON insights (contributed_at, id);
DROP INDEX insights_author;
CREATE INDEX insights_author ON insights (author_id, contributed_at);
DROP INDEX ratings_person;
CREATE INDEX ratings_person ON ratings (person_id, at);
