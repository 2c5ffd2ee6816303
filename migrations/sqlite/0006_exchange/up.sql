-- Files that an administrator has uploaded and seen the report of, until they say "import" or an hour
-- has passed. In the database, so that any node can carry on.
CREATE TABLE checked_uploads (
    digest TEXT NOT NULL PRIMARY KEY,         -- SHA-256 of the key in the form that confirms, in hex
    person_id BIGINT NOT NULL REFERENCES people (id),
    at TIMESTAMP NOT NULL,
    people BLOB,
    insights BLOB,
    accesses BLOB,
    ratings BLOB
);
CREATE INDEX checked_uploads_at ON checked_uploads (at);
