-- The record of tickets. Instants are milliseconds since 1970 in UTC; ids are UUIDs in their usual spelling.

-- What this database is. `epoch` names its history: a database restored from a backup starts another one.
CREATE TABLE server (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    epoch    TEXT NOT NULL
) STRICT;

-- The one counter that orders everything, and the hash of the last change. Moved in the transaction that writes what it
-- counts, so a reader who sees a value sees everything up to it.
CREATE TABLE counters (
    name  TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL,
    hash  BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT, WITHOUT ROWID;

INSERT INTO counters (name, value, hash) VALUES ('seq', 0, zeroblob(32));

-- Every change ever taken, word for word. Each carries the hash of the one before: nothing can be altered or taken out
-- without breaking the chain.
CREATE TABLE changes (
    seq           INTEGER PRIMARY KEY,
    device        TEXT NOT NULL,
    device_seq    INTEGER NOT NULL,
    ticket        TEXT NOT NULL,
    actor         TEXT NOT NULL,
    kind          TEXT NOT NULL,
    happened      INTEGER NOT NULL,
    arrived       INTEGER NOT NULL,
    previous_hash BLOB NOT NULL CHECK (length(previous_hash) = 32),
    hash          BLOB NOT NULL CHECK (length(hash) = 32),
    body          TEXT NOT NULL,
    UNIQUE (device, device_seq)
) STRICT;

CREATE TRIGGER changes_are_never_altered BEFORE UPDATE ON changes
BEGIN
    SELECT RAISE(ABORT, 'the record of changes is append-only');
END;

CREATE TRIGGER changes_are_never_removed BEFORE DELETE ON changes
BEGIN
    SELECT RAISE(ABORT, 'the record of changes is append-only');
END;

-- Each ticket's record as it is sent, beside what decides who is sent it.
CREATE TABLE tickets (
    id            TEXT PRIMARY KEY NOT NULL,
    revision      INTEGER NOT NULL,
    department    TEXT NOT NULL,
    accountable   TEXT,
    registered_in TEXT NOT NULL,
    stage         TEXT NOT NULL,
    number        TEXT UNIQUE,
    document      TEXT NOT NULL
) STRICT;

-- Pulling walks along the revisions and decides by the keys beside them, without touching the documents it leaves out.
CREATE UNIQUE INDEX tickets_by_revision ON tickets (revision, department, accountable, registered_in);

-- The keys that a ticket left behind, so that those who held it by them can be told that it is gone.
CREATE TABLE scope_moves (
    revision      INTEGER PRIMARY KEY,
    ticket        TEXT NOT NULL REFERENCES tickets (id),
    department    TEXT NOT NULL,
    accountable   TEXT,
    registered_in TEXT NOT NULL
) STRICT;

-- Devices that have pushed: whose they are, and the number of the last change that was judged (taken or refused).
CREATE TABLE devices (
    id         TEXT PRIMARY KEY NOT NULL,
    person     TEXT NOT NULL,
    judged     INTEGER NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL
) STRICT;

-- The last running number of each month, as `YYYYMM`.
CREATE TABLE numbers (
    month INTEGER PRIMARY KEY,
    last  INTEGER NOT NULL
) STRICT;
