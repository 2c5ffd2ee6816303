-- Asked with every rating and every feed, from the index alone: whether a rating is one too many of one author's
-- insights, how much somebody shared in a month, which insights are the newest that are not withdrawn.
DROP INDEX ratings_person;
CREATE INDEX ratings_person ON ratings (person_id, at, insight_id);
DROP INDEX insights_author;
CREATE INDEX insights_author ON insights (author_id, contributed_at, id, undone);
DROP INDEX insights_newest;
CREATE INDEX insights_newest ON insights (contributed_at, id, withdrawn_at);
-- The ratings of an insight lie scattered over the table: computing its value read a page for each of them.
CREATE INDEX ratings_judged ON ratings (insight_id, person_id, value, at, department_id);
