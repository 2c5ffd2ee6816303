-- What people are told, in the product and by mail.

-- A line on somebody's page of notices. Until it is read, further events of the same kind about the same
-- thing are gathered in it.
CREATE TABLE notices (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    person_id BIGINT NOT NULL REFERENCES people (id),
    kind TEXT NOT NULL,
    about TEXT NOT NULL,                      -- insight:7
    title TEXT NOT NULL,                      -- of that thing
    path TEXT NOT NULL,                       -- where the line leads
    text TEXT NOT NULL,                       -- the sentence
    events INTEGER NOT NULL,
    at TIMESTAMP NOT NULL,                    -- of the latest event
    read_at TIMESTAMP,
    mail_since TIMESTAMP                      -- since when something in it waits for a mail
);
CREATE UNIQUE INDEX notices_open ON notices (person_id, kind, about) WHERE read_at IS NULL;
CREATE INDEX notices_person ON notices (person_id, at, id);
CREATE INDEX notices_mail ON notices (person_id) WHERE mail_since IS NOT NULL;

-- The events behind the lines: the same one tells a person once.
CREATE TABLE notice_events (
    person_id BIGINT NOT NULL REFERENCES people (id),
    key TEXT NOT NULL,                        -- use:7:12
    notice_id BIGINT REFERENCES notices (id),
    department TEXT NOT NULL,                 -- where it happened, if that may be said
    text TEXT NOT NULL,
    at TIMESTAMP NOT NULL,
    PRIMARY KEY (person_id, key)
);
CREATE INDEX notice_events_notice ON notice_events (notice_id);
CREATE INDEX notice_events_same ON notice_events (key);

-- How somebody wants notices by mail; no row: as the company has it.
CREATE TABLE mail_wishes (
    person_id BIGINT NOT NULL PRIMARY KEY REFERENCES people (id),
    rhythm TEXT NOT NULL CHECK (rhythm IN ('at_once', 'daily', 'weekly', 'never')),
    muted TEXT NOT NULL,                      -- kinds that come by no mail, between blanks
    changed_at TIMESTAMP NOT NULL
);

-- Mail to be sent: written in the transaction of what it tells, sent after it.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,          -- the same at every try
    person_id BIGINT NOT NULL REFERENCES people (id),
    address TEXT,                             -- NULL: wherever the person is reached when it is sent
    purpose TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,                       -- emptied when it is sent
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed', 'dropped')),
    tries INTEGER NOT NULL DEFAULT 0,
    next_at TIMESTAMP NOT NULL,
    not_after TIMESTAMP,                      -- later it would be of no use
    leased_by TEXT,
    leased_until TIMESTAMP,
    problem TEXT NOT NULL DEFAULT '',         -- the mail server's words at the last try
    created_at TIMESTAMP NOT NULL,
    ended_at TIMESTAMP
);
CREATE INDEX outbox_waiting ON outbox (next_at) WHERE state = 'waiting';
CREATE INDEX outbox_failed ON outbox (id) WHERE state = 'failed';
CREATE INDEX outbox_person ON outbox (person_id);

-- What lets somebody stop the mail without signing in: one for each mail.
CREATE TABLE unsubscribe_links (
    digest TEXT NOT NULL PRIMARY KEY,         -- SHA-256 of the token in the link, in hex
    person_id BIGINT NOT NULL REFERENCES people (id),
    created_at TIMESTAMP NOT NULL
);
CREATE INDEX unsubscribe_links_created ON unsubscribe_links (created_at);

-- Who asked for a link to a new password, for known and unknown addresses alike.
CREATE TABLE link_requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,                    -- SHA-256 of the folded e-mail
    address TEXT NOT NULL,
    at TIMESTAMP NOT NULL
);
CREATE INDEX link_requests_account ON link_requests (account, at);
CREATE INDEX link_requests_address ON link_requests (address, at);
