-- Who shared and who opened something on a day that is over, as sets of people: a page that asks who was active
-- in half a year joins some hundred small rows instead of looking everybody up. Made from person_daily; a day
-- that is not there is looked up there. A segment of -1 means all of them, 0 none.
CREATE TABLE active_days (
    day DATE NOT NULL,
    segment_id BIGINT NOT NULL,
    contributed BLOB NOT NULL,
    accessed BLOB NOT NULL,
    PRIMARY KEY (day, segment_id)
);

-- What a department shared about in a period, and whether it shared anything of a segment, is read from the index
-- alone.
CREATE INDEX insights_department_day ON insights (department_id, day, undone, segment_id);
