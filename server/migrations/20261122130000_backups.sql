-- Backups that were made of this database and verified. What a device has on the server can only be let go of once it is in one.
CREATE TABLE backups (
    id      INTEGER PRIMARY KEY,
    -- Which history it is of: one of another history says nothing about this one.
    epoch   TEXT NOT NULL,
    -- The last change in it, and when that arrived; 0 if there was none.
    seq     INTEGER NOT NULL,
    arrived INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    -- How large it is.
    bytes   INTEGER NOT NULL
) STRICT;
