-- Figures that take the events: computed by night or when somebody asks, of the whole company, suppressed
-- as the pages are. A run is a period [from_day, to_day) that was asked for.
CREATE TABLE figure_runs (
    from_day DATE NOT NULL,
    to_day DATE NOT NULL,
    asked_at TIMESTAMP NOT NULL,
    computed_at TIMESTAMP,                    -- NULL, or before asked_at: waits for its turn
    PRIMARY KEY (from_day, to_day)
);

CREATE TABLE figures (
    from_day DATE NOT NULL,
    to_day DATE NOT NULL,
    place INTEGER NOT NULL,                   -- in the order of the definitions
    metric TEXT NOT NULL,                     -- C1 to C23
    version INTEGER NOT NULL,                 -- of the definition it was computed by
    figure TEXT NOT NULL,                     -- JSON: value, unit, interval, n, why it is withheld
    PRIMARY KEY (from_day, to_day, place),
    FOREIGN KEY (from_day, to_day) REFERENCES figure_runs (from_day, to_day)
);
