-- Since when content counts as stored belongs to the ticket that it was brought for: what comes for a second ticket after a backup is in
-- that backup by its bytes, and not as the second ticket's file.
ALTER TABLE files RENAME TO earlier_files;
ALTER TABLE file_tickets RENAME TO earlier_file_tickets;

-- Content that is there: verified, and on disk before its row.
CREATE TABLE files (
    hash       TEXT PRIMARY KEY NOT NULL CHECK (length(hash) = 64),
    bytes      INTEGER NOT NULL CHECK (bytes > 0),
    -- What its first bytes say that it is, if that is what it was said to be; `application/octet-stream` otherwise.
    media_type TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO files (hash, bytes, media_type) SELECT hash, bytes, media_type FROM earlier_files;

-- For which tickets somebody has brought the bytes. Whoever only knows the hash of a file must not get it by naming it.
CREATE TABLE file_tickets (
    hash      TEXT NOT NULL REFERENCES files (hash),
    ticket    TEXT NOT NULL REFERENCES tickets (id),
    -- Never before the last change that had arrived: a backup whose last change arrived later has this row, and with it the file.
    stored_at INTEGER NOT NULL,
    PRIMARY KEY (hash, ticket)
) STRICT, WITHOUT ROWID;

-- When these were brought is not known. They are there now: a backup that ends later than the record does now has them all.
INSERT INTO file_tickets (hash, ticket, stored_at)
SELECT hash, ticket, max(stored_at, coalesce((SELECT arrived FROM changes ORDER BY seq DESC LIMIT 1), 0))
FROM earlier_file_tickets JOIN earlier_files USING (hash);

DROP TABLE earlier_file_tickets;
DROP TABLE earlier_files;
