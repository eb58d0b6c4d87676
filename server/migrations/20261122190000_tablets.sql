-- How each device stood when it was last heard of, so that somebody hears of what is gone with one that is lost or wiped.
-- Nothing of the tickets is here, and nothing that could not be told anew by a device that is still there.
CREATE TABLE tablets (
    device      TEXT PRIMARY KEY NOT NULL,
    -- Whose it is: the person who was signed in when it was first heard of.
    person      TEXT NOT NULL,
    first_heard INTEGER NOT NULL,
    last_heard  INTEGER NOT NULL,
    -- The number of the newest change made on it. Which of those that waited have come since is known from `devices`.
    made        INTEGER NOT NULL CHECK (made >= 0),
    waiting     INTEGER NOT NULL CHECK (waiting >= 0),
    refused     INTEGER NOT NULL CHECK (refused >= 0),
    -- The hashes of what lay there and not here, as a JSON list. Which of them have come since is known from `files`.
    files       TEXT NOT NULL CHECK (json_valid(files)),
    -- When a rescue file with changes of it was last brought; absent if none ever was.
    rescued     INTEGER,
    -- Whether it said that it held anything.
    holds       INTEGER GENERATED ALWAYS AS (waiting > 0 OR refused > 0 OR files <> '[]') VIRTUAL
) STRICT, WITHOUT ROWID;

CREATE INDEX tablets_by_person ON tablets (person, last_heard);
-- Whether somebody has said that a file belongs to a ticket, where the office has yet to decide on it.
CREATE INDEX parked_by_author ON parked (ticket, author);
CREATE INDEX tablets_that_held ON tablets (person) WHERE holds;

-- Who has looked into what became of a device, and what they found. It counts until the device is heard of again.
CREATE TABLE tablets_looked_into (
    device     TEXT NOT NULL,
    -- When it had last been heard of.
    last_heard INTEGER NOT NULL,
    person     TEXT NOT NULL,
    at         INTEGER NOT NULL,
    why        TEXT NOT NULL,
    PRIMARY KEY (device, last_heard)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER what_was_looked_into_is_never_altered BEFORE UPDATE ON tablets_looked_into
BEGIN
    SELECT RAISE(ABORT, 'what was looked into stays as it was noted');
END;

CREATE TRIGGER what_was_looked_into_is_never_removed BEFORE DELETE ON tablets_looked_into
BEGIN
    SELECT RAISE(ABORT, 'what was looked into stays as it was noted');
END;
