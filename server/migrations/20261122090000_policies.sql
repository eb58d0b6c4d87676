-- What was promised, version by version. A published version is kept for ever, word for word: what was judged by it must be
-- judged the same way again.
CREATE TABLE policies (
    version      INTEGER PRIMARY KEY,
    effective    INTEGER NOT NULL,
    -- Absent for the version that the product came with.
    published_at INTEGER,
    -- Whether devices have been given it; from `effective` on.
    in_force     INTEGER NOT NULL CHECK (in_force IN (0, 1)),
    -- A version that was scheduled can be withdrawn before it takes effect. Its number is not given again.
    withdrawn_at INTEGER,
    document     TEXT NOT NULL,
    CHECK (in_force = 0 OR withdrawn_at IS NULL)
) STRICT;

CREATE TRIGGER policies_are_never_altered BEFORE UPDATE OF version, effective, published_at, document ON policies
BEGIN
    SELECT RAISE(ABORT, 'a published policy is never altered');
END;

CREATE TRIGGER policies_in_force_stay_in_force BEFORE UPDATE OF in_force, withdrawn_at ON policies
WHEN OLD.in_force = 1 OR OLD.withdrawn_at IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'a policy in force can not be withdrawn, nor one withdrawn come into force');
END;

CREATE TRIGGER policies_are_never_removed BEFORE DELETE ON policies
BEGIN
    SELECT RAISE(ABORT, 'a published policy is never removed');
END;

ALTER TABLE directory DROP COLUMN policy;

-- Policies that are being worked on, as they stand in the editor: what is in them may still be wrong.
CREATE TABLE policy_drafts (
    id         TEXT PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL,
    -- The version it started from.
    base       INTEGER NOT NULL,
    document   TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    updated_by TEXT NOT NULL
) STRICT;
