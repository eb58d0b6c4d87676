-- Who works here, and how they prove it.
--
-- What every device may know (people, departments) stands apart from what none may (accounts, sessions, links).
-- Instants are milliseconds since 1970 in UTC; ids are UUIDs in their usual spelling; lists are JSON arrays.

CREATE TABLE departments (
    id       TEXT PRIMARY KEY NOT NULL,
    name     TEXT NOT NULL,
    parent   TEXT REFERENCES departments (id),
    function TEXT NOT NULL,
    regions  TEXT NOT NULL
) STRICT;

CREATE TABLE people (
    id         TEXT PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL,
    department TEXT NOT NULL REFERENCES departments (id),
    skills     TEXT NOT NULL,
    active     INTEGER NOT NULL CHECK (active IN (0, 1))
) STRICT;

-- One row: what else belongs to the directory. Its revision grows with every change of people, departments or policy.
CREATE TABLE directory (
    only_row INTEGER PRIMARY KEY NOT NULL CHECK (only_row = 1),
    revision INTEGER NOT NULL,
    company  TEXT NOT NULL,
    policy   TEXT
) STRICT;

INSERT INTO directory (only_row, revision, company, policy) VALUES (1, 1, '', NULL);

CREATE TABLE accounts (
    person        TEXT PRIMARY KEY NOT NULL REFERENCES people (id),
    user_name     TEXT NOT NULL UNIQUE,
    -- Argon2id in PHC form; absent until the person has set a password.
    password_hash TEXT,
    last_sign_in  INTEGER
) STRICT;

-- Only the SHA-256 of a session's token is kept: a stolen copy of this table opens no door.
CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY NOT NULL,
    id         TEXT NOT NULL UNIQUE,
    person     TEXT NOT NULL REFERENCES people (id),
    created_at INTEGER NOT NULL,
    seen_at    INTEGER NOT NULL
) STRICT;

CREATE INDEX sessions_by_person ON sessions (person);

-- Links that work once. One without a person makes the first admin; one with a person sets that person's password.
CREATE TABLE one_time_links (
    token_hash TEXT PRIMARY KEY NOT NULL,
    person     TEXT UNIQUE REFERENCES people (id),
    expires_at INTEGER NOT NULL
) STRICT;
