-- What stands in the way of information, what was done about it, and whether it helped.

-- An obstacle with the figure it hurts. It changes; what it was before stands in its events.
CREATE TABLE obstacles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    metric TEXT NOT NULL,                     -- C1 to C23; C7: a flow
    part TEXT NOT NULL,
    whom TEXT NOT NULL,                       -- all, managers
    from_key TEXT NOT NULL,                   -- the groups of a flow, as addresses name them; empty where it is none
    from_name TEXT NOT NULL,
    to_key TEXT NOT NULL,
    to_name TEXT NOT NULL,
    description TEXT NOT NULL,
    action TEXT NOT NULL,                     -- what is planned
    owner_id BIGINT NOT NULL REFERENCES people (id),
    due_on DATE NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'acting', 'removed', 'accepted')),
    version INTEGER NOT NULL,
    opened_by BIGINT NOT NULL REFERENCES people (id),
    opened_at TIMESTAMP NOT NULL,
    opened_on DATE NOT NULL,
    ended_on DATE,                            -- since when it is removed or accepted
    undone BOOLEAN NOT NULL,                  -- opened by mistake and taken back
    weeks TEXT NOT NULL                       -- JSON: the chart of its figure as last drawn; empty until then
);
CREATE INDEX obstacles_owner ON obstacles (owner_id);

-- What happened to an obstacle.
CREATE TABLE obstacle_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    obstacle_id BIGINT NOT NULL REFERENCES obstacles (id),
    kind TEXT NOT NULL CHECK (kind IN ('opened', 'changed', 'state', 'acted', 'trial', 'taken_back')),
    actor_id BIGINT REFERENCES people (id),   -- NULL: by itself
    at TIMESTAMP NOT NULL,
    day DATE NOT NULL,                        -- of an action: when it was done
    words TEXT NOT NULL,                      -- the reason, or what was done
    before TEXT NOT NULL,                     -- JSON: what it said before; empty where nothing changed
    after TEXT NOT NULL
);
CREATE INDEX obstacle_events_obstacle ON obstacle_events (obstacle_id, id);

-- The figure of an obstacle by span of days, as it was computed: the first is that of its opening.
CREATE TABLE obstacle_measures (
    obstacle_id BIGINT NOT NULL REFERENCES obstacles (id),
    to_day DATE NOT NULL,                     -- the day after the last
    from_day DATE NOT NULL,
    figure TEXT NOT NULL,                     -- JSON
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (obstacle_id, to_day)
) WITHOUT ROWID;

-- Whether sending insights to a department helps: half of them is sent at once, half waits.
CREATE TABLE trials (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    obstacle_id BIGINT NOT NULL REFERENCES obstacles (id),
    department_id BIGINT NOT NULL REFERENCES departments (id),
    seed TEXT NOT NULL,                       -- of the draw, and of the interval
    started_by BIGINT NOT NULL REFERENCES people (id),
    started_at TIMESTAMP NOT NULL,
    started_on DATE NOT NULL,
    ends_on DATE NOT NULL,                    -- the first day that does not count
    state TEXT NOT NULL CHECK (state IN ('running', 'finished', 'stopped')),
    ended_at TIMESTAMP,
    ended_by BIGINT REFERENCES people (id),   -- who stopped it
    reason TEXT NOT NULL,                     -- why it was stopped
    outcome TEXT NOT NULL                     -- JSON: counts of halves, never of people; empty until its end
);
CREATE INDEX trials_obstacle ON trials (obstacle_id);

CREATE TABLE trial_insights (
    trial_id BIGINT NOT NULL REFERENCES trials (id),
    insight_id BIGINT NOT NULL REFERENCES insights (id),
    pair INTEGER NOT NULL,                    -- two of a pair were opened alike before; 0: without a partner
    at_once BOOLEAN NOT NULL,
    PRIMARY KEY (trial_id, insight_id)
) WITHOUT ROWID;

-- Why people did not share, by department and month: how many, never who.
CREATE TABLE unshared_counts (
    month DATE NOT NULL,
    department_id BIGINT NOT NULL REFERENCES departments (id),
    reason TEXT NOT NULL CHECK (reason IN ('no_time', 'not_wanted', 'looks', 'rival', 'where', 'other')),
    people INTEGER NOT NULL,
    PRIMARY KEY (month, department_id, reason)
) WITHOUT ROWID;

-- Who has said so this month, not what: so that nobody counts twice. Emptied when the month is over.
CREATE TABLE unshared_marks (
    month DATE NOT NULL,
    person_id BIGINT NOT NULL REFERENCES people (id),
    PRIMARY KEY (month, person_id)
) WITHOUT ROWID;

-- The report that later ones compare with: the company's first four weeks, or once another by hand.
CREATE TABLE report_baselines (
    by_hand BOOLEAN NOT NULL PRIMARY KEY,
    report_id BIGINT NOT NULL REFERENCES reports (id),
    marked_by BIGINT REFERENCES people (id),  -- NULL: by itself
    marked_at TIMESTAMP NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER report_baselines_no_update BEFORE UPDATE ON report_baselines BEGIN SELECT RAISE(ABORT, 'a baseline stays'); END;
CREATE TRIGGER report_baselines_no_delete BEFORE DELETE ON report_baselines BEGIN SELECT RAISE(ABORT, 'a baseline stays'); END;
