-- When the database was restored from a backup, if it was: for as long as devices keep what they have sent, something may be missing here
-- that their people have seen.
ALTER TABLE server ADD COLUMN restored_at INTEGER;

-- What has come since then and did not go into the record.
CREATE TABLE set_aside (
    device     TEXT NOT NULL,
    device_seq INTEGER NOT NULL,
    ticket     TEXT NOT NULL,
    -- Why it will not go there by itself (JSON); nothing, while it waits on its device for what it follows.
    because    TEXT,
    -- Copies of a device make different changes under one number.
    PRIMARY KEY (device, device_seq, ticket)
) STRICT, WITHOUT ROWID;
