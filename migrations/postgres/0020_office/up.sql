-- Who was here on which day, for the ladder of participation: being signed in is a rung of its own, below which
-- stand those who only looked at lists.
CREATE TABLE seen_days (
    day DATE NOT NULL,
    person_id BIGINT NOT NULL REFERENCES people (id),
    PRIMARY KEY (day, person_id)
);

-- How much each person stands between others, for that person alone; computed anew each night.
CREATE TABLE own_brokerage (
    person_id BIGINT NOT NULL PRIMARY KEY REFERENCES people (id),
    from_day DATE NOT NULL,
    to_day DATE NOT NULL,
    betweenness DOUBLE PRECISION NOT NULL,
    burt_constraint DOUBLE PRECISION,          -- NULL: nobody beside them, or too many people to tell
    is_estimate BOOLEAN NOT NULL
);
