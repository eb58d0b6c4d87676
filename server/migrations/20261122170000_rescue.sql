-- The key that rescue files are sealed for: the secret half, as 32 bytes. It lives as long as the database: a file may be
-- brought after years.
CREATE TABLE rescue_key (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    secret   BLOB NOT NULL CHECK (length(secret) = 32)
) STRICT;

CREATE TRIGGER the_rescue_key_is_never_altered BEFORE UPDATE ON rescue_key
BEGIN
    SELECT RAISE(ABORT, 'files are sealed for this key');
END;

CREATE TRIGGER the_rescue_key_is_never_removed BEFORE DELETE ON rescue_key
BEGIN
    SELECT RAISE(ABORT, 'files are sealed for this key');
END;

-- Who brought a parked change in a rescue file; absent if its author's device has sent it.
ALTER TABLE parked ADD COLUMN brought_by TEXT;
-- The department that decides on it as long as its ticket is not in the record; absent if the ticket was there or the change
-- registers it.
ALTER TABLE parked ADD COLUMN filed_in TEXT;

CREATE TRIGGER who_brought_a_parked_change_is_never_altered BEFORE UPDATE OF brought_by, filed_in ON parked
BEGIN
    SELECT RAISE(ABORT, 'a parked change stays as it came');
END;
