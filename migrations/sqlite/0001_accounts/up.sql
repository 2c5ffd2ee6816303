-- People, the department tree, and everything that lets a person in.

-- A row is one path during one time: renaming or moving a department closes the row and opens a new
-- one, so an event that names a department keeps the path it had at the time of the event.
CREATE TABLE departments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL,                       -- Service/North/Plant 4
    folded_path TEXT NOT NULL,                -- path after Unicode case folding
    opened_on DATE NOT NULL,
    closed_on DATE,
    succeeded_by BIGINT REFERENCES departments (id)
);
CREATE UNIQUE INDEX departments_open_path ON departments (folded_path) WHERE closed_on IS NULL;

CREATE TABLE people (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    email TEXT NOT NULL,
    folded_email TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    folded_name TEXT NOT NULL,                -- name after Unicode case folding: search and order
    handle TEXT NOT NULL UNIQUE,              -- how colleagues mention them: @ann.sample
    role TEXT NOT NULL CHECK (role IN ('employee', 'curator', 'cco', 'admin')),
    department_id BIGINT NOT NULL REFERENCES departments (id),
    manager BOOLEAN NOT NULL DEFAULT FALSE,
    password_hash TEXT,                       -- argon2id PHC string; NULL until an invitation is accepted
    joined_on DATE,                           -- NULL: always been here
    left_on DATE,
    disabled_at TIMESTAMP,
    created_at TIMESTAMP NOT NULL,
    unread_notices INTEGER NOT NULL DEFAULT 0 -- how many notices they have not read
);
CREATE INDEX people_department ON people (department_id);
CREATE INDEX people_name ON people (folded_name, id);

-- Where a person belonged, half-open [from_day, to_day). The open row agrees with people.
CREATE TABLE memberships (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id BIGINT NOT NULL REFERENCES people (id),
    department_id BIGINT NOT NULL REFERENCES departments (id),
    manager BOOLEAN NOT NULL,
    from_day DATE,                            -- NULL: always
    to_day DATE                               -- NULL: still
);
CREATE INDEX memberships_person ON memberships (person_id);
CREATE UNIQUE INDEX memberships_open ON memberships (person_id) WHERE to_day IS NULL;

CREATE TABLE sessions (
    digest TEXT NOT NULL PRIMARY KEY,         -- SHA-256 of the cookie's token, in hex
    person_id BIGINT NOT NULL REFERENCES people (id),
    created_at TIMESTAMP NOT NULL,
    last_seen_at TIMESTAMP NOT NULL,
    proved_at TIMESTAMP NOT NULL               -- when the password was given last
);
CREATE INDEX sessions_person ON sessions (person_id);

-- Links that let somebody in without a password: first set-up, invitation, reset, demo role.
CREATE TABLE sign_in_links (
    digest TEXT NOT NULL PRIMARY KEY,         -- SHA-256 of the token in the link, in hex
    purpose TEXT NOT NULL CHECK (purpose IN ('setup', 'invitation', 'reset', 'demo')),
    person_id BIGINT REFERENCES people (id),  -- NULL for 'setup': it makes the first administrator
    created_at TIMESTAMP NOT NULL,
    expires_at TIMESTAMP NOT NULL,
    used_at TIMESTAMP
);
CREATE INDEX sign_in_links_person ON sign_in_links (person_id);

-- Failed sign-ins, counted for all nodes together.
CREATE TABLE sign_in_failures (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,                    -- SHA-256 of the folded e-mail: a password typed into the wrong field is not kept
    address TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
CREATE INDEX sign_in_failures_account ON sign_in_failures (account, at);
CREATE INDEX sign_in_failures_address ON sign_in_failures (address, at);

-- What pressing a button twice did the first time: one row per form that was sent and took effect.
CREATE TABLE submissions (
    person_id BIGINT NOT NULL REFERENCES people (id),
    key TEXT NOT NULL,
    location TEXT NOT NULL,                   -- where the first answer redirected to
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (person_id, key)
);

-- Append-only: who changed what. Names and addresses never stand in it, ids do.
CREATE TABLE audit_log (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TIMESTAMP NOT NULL,
    actor_id BIGINT REFERENCES people (id),   -- NULL: the command line or a job
    action TEXT NOT NULL,
    object TEXT NOT NULL,                     -- person:12, insight:7
    detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX audit_log_object ON audit_log (object, id);
CREATE TRIGGER audit_log_no_update BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;
CREATE TRIGGER audit_log_no_delete BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'audit_log is append-only'); END;

-- Work that runs on a clock, by whichever node takes the lease.
CREATE TABLE jobs (
    name TEXT NOT NULL PRIMARY KEY,
    due_at TIMESTAMP NOT NULL,
    leased_by TEXT,
    leased_until TIMESTAMP,
    last_run_at TIMESTAMP,
    note TEXT NOT NULL DEFAULT ''
);

-- Facts about this database itself: 'kind' says demo, 'value_policy' which model its values follow.
CREATE TABLE facts (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
);
