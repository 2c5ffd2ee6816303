-- How many insights came to have ratings enough on each day that is over: a page that asks how many had by the
-- end of a period adds up some hundred small rows instead of counting all insights. The day, in UTC, is that on
-- which an insight both had its ratings and was two weeks old. Every change of a value keeps the days right that
-- are there; one that is not there is made again soon, and counted until then.
CREATE TABLE covered_days (
    day DATE NOT NULL PRIMARY KEY,
    insights BIGINT NOT NULL
);

CREATE FUNCTION count_covered_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.enough_since IS NOT NULL THEN
        UPDATE covered_days SET insights = insights - 1
        WHERE day = GREATEST(CAST(OLD.enough_since AS DATE), CAST(OLD.contributed_at AS DATE) + 14);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.enough_since IS NOT NULL THEN
        UPDATE covered_days SET insights = insights + 1
        WHERE day = GREATEST(CAST(NEW.enough_since AS DATE), CAST(NEW.contributed_at AS DATE) + 14);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER insight_values_covered_new AFTER INSERT ON insight_values FOR EACH ROW
    WHEN (NEW.enough_since IS NOT NULL) EXECUTE FUNCTION count_covered_day();
CREATE TRIGGER insight_values_covered AFTER UPDATE OF enough_since, contributed_at ON insight_values FOR EACH ROW
    WHEN (OLD.enough_since IS DISTINCT FROM NEW.enough_since OR OLD.contributed_at <> NEW.contributed_at)
    EXECUTE FUNCTION count_covered_day();
CREATE TRIGGER insight_values_covered_gone AFTER DELETE ON insight_values FOR EACH ROW
    WHEN (OLD.enough_since IS NOT NULL) EXECUTE FUNCTION count_covered_day();

-- The topics of a department are counted from indexes alone, which lead from its insights to their tags.
DROP INDEX insights_department_day;
CREATE INDEX insights_department_day ON insights (department_id, day, undone, segment_id, id);
