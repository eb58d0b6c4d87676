-- Changes that came in after their author had lost the right to make them, word for word. The office decides on each, once.
CREATE TABLE parked (
    device        TEXT NOT NULL,
    device_seq    INTEGER NOT NULL,
    ticket        TEXT NOT NULL,
    author        TEXT NOT NULL,
    -- Where the ticket would be registered; absent unless the change is a registration.
    registered_in TEXT,
    -- When it came in. If it is let in, it arrives in the record at that time.
    received      INTEGER NOT NULL,
    -- Why it did not count by itself, as JSON.
    because       TEXT NOT NULL,
    body          TEXT NOT NULL,
    -- 'admitted', 'declined', or absent as long as nobody has decided.
    decision      TEXT CHECK (decision IN ('admitted', 'declined')),
    decided_by    TEXT,
    decided_at    INTEGER,
    -- Why it was declined, in the words of whoever did.
    why           TEXT,
    PRIMARY KEY (device, device_seq),
    CHECK ((decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL)),
    CHECK ((decision IS 'declined') = (why IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX parked_undecided ON parked (received) WHERE decision IS NULL;

CREATE TRIGGER parked_changes_are_never_altered
BEFORE UPDATE OF device, device_seq, ticket, author, registered_in, received, because, body ON parked
BEGIN
    SELECT RAISE(ABORT, 'a parked change stays as it came');
END;

CREATE TRIGGER parked_changes_are_never_removed BEFORE DELETE ON parked
BEGIN
    SELECT RAISE(ABORT, 'a parked change is never removed');
END;

CREATE TRIGGER decisions_are_final BEFORE UPDATE ON parked WHEN OLD.decision IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a decision on a parked change is final');
END;
