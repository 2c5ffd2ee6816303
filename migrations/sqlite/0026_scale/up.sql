-- How many insights came to have ratings enough on each day that is over: a page that asks how many had by the
-- end of a period adds up some hundred small rows instead of counting all insights. The day, in UTC, is that on
-- which an insight both had its ratings and was two weeks old. Every change of a value keeps the days right that
-- are there; one that is not there is made again soon, and counted until then.
CREATE TABLE covered_days (
    day DATE NOT NULL PRIMARY KEY,
    insights BIGINT NOT NULL
);

CREATE TRIGGER insight_values_covered_new AFTER INSERT ON insight_values
WHEN NEW.enough_since IS NOT NULL
BEGIN
    UPDATE covered_days SET insights = insights + 1
    WHERE day = max(date(NEW.enough_since), date(NEW.contributed_at, '+14 days'));
END;
CREATE TRIGGER insight_values_covered AFTER UPDATE OF enough_since, contributed_at ON insight_values
WHEN OLD.enough_since IS NOT NEW.enough_since OR OLD.contributed_at <> NEW.contributed_at
BEGIN
    UPDATE covered_days SET insights = insights - 1
    WHERE day = max(date(OLD.enough_since), date(OLD.contributed_at, '+14 days'));
    UPDATE covered_days SET insights = insights + 1
    WHERE day = max(date(NEW.enough_since), date(NEW.contributed_at, '+14 days'));
END;
CREATE TRIGGER insight_values_covered_gone AFTER DELETE ON insight_values
WHEN OLD.enough_since IS NOT NULL
BEGIN
    UPDATE covered_days SET insights = insights - 1
    WHERE day = max(date(OLD.enough_since), date(OLD.contributed_at, '+14 days'));
END;
