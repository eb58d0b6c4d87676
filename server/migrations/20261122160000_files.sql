-- Files: which content there is, for which tickets it was brought, and what is still on its way. The bytes are in the folder
-- `files/` beside the database, each under its SHA-256. Hashes are 64 lower-case hexadecimal digits.

-- Content that is there: verified, and on disk before its row.
CREATE TABLE files (
    hash       TEXT PRIMARY KEY NOT NULL CHECK (length(hash) = 64),
    bytes      INTEGER NOT NULL CHECK (bytes > 0),
    -- What its first bytes say that it is, if that is what it was said to be; `application/octet-stream` otherwise.
    media_type TEXT NOT NULL,
    -- Never before the last change that had arrived: a backup whose last change arrived later has the file, too.
    stored_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- For which tickets somebody has brought the bytes. Whoever only knows the hash of a file must not get it by naming it.
CREATE TABLE file_tickets (
    hash   TEXT NOT NULL REFERENCES files (hash),
    ticket TEXT NOT NULL REFERENCES tickets (id),
    PRIMARY KEY (hash, ticket)
) STRICT, WITHOUT ROWID;

-- Which files the record says belong to which tickets, and who said so.
CREATE TABLE attachments (
    hash   TEXT NOT NULL,
    ticket TEXT NOT NULL REFERENCES tickets (id),
    person TEXT NOT NULL,
    PRIMARY KEY (hash, ticket, person)
) STRICT, WITHOUT ROWID;

-- What is on its way, and for some days what has come.
CREATE TABLE uploads (
    id         TEXT PRIMARY KEY NOT NULL,
    person     TEXT NOT NULL,
    ticket     TEXT NOT NULL REFERENCES tickets (id),
    hash       TEXT NOT NULL CHECK (length(hash) = 64),
    bytes      INTEGER NOT NULL CHECK (bytes > 0),
    -- What it is said to be.
    media_type TEXT NOT NULL,
    -- As the device has sent it.
    metadata   TEXT NOT NULL,
    -- How much of it is certain to be on disk.
    received   INTEGER NOT NULL CHECK (received BETWEEN 0 AND bytes),
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX uploads_by_person ON uploads (person);
CREATE INDEX uploads_by_expiry ON uploads (expires_at);
