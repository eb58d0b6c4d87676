-- Telling people in time: what is planned to be told, what was told, and what is still on its way.

ALTER TABLE accounts ADD COLUMN email TEXT;
-- BCP 47, of those that the product speaks.
ALTER TABLE accounts ADD COLUMN language TEXT;

-- Whether clocks of the ticket may still make something ring.
ALTER TABLE tickets ADD COLUMN rings INTEGER NOT NULL DEFAULT 1;
CREATE INDEX tickets_that_ring ON tickets (id) WHERE rings = 1;

-- Tickets whose rings are to be planned again. Noted in the transaction that gives cause for it, so that no cause is ever lost.
CREATE TABLE replans (
    ticket TEXT PRIMARY KEY NOT NULL REFERENCES tickets (id),
    -- Grows when it is noted again.
    mark   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO replans (ticket, mark) SELECT id, 1 FROM tickets;

-- What is to be told to whom. A ring is told once in each round; another round begins only after it was taken back.
CREATE TABLE rings (
    id        INTEGER PRIMARY KEY,
    ticket    TEXT NOT NULL REFERENCES tickets (id),
    -- Which ring of the ticket, as JSON.
    ring      TEXT NOT NULL,
    -- A person; empty for the company's own system.
    recipient TEXT NOT NULL,
    means     TEXT NOT NULL,
    round     INTEGER NOT NULL,
    state     TEXT NOT NULL CHECK (state IN ('planned', 'told', 'correcting', 'corrected', 'cancelled')),
    -- When there is cause for it, and when it (or its correction) is told.
    rings_at  INTEGER NOT NULL,
    tell_at   INTEGER NOT NULL,
    due       INTEGER,
    late      INTEGER NOT NULL CHECK (late IN (0, 1)),
    urgent    INTEGER NOT NULL CHECK (urgent IN (0, 1)),
    told_at   INTEGER,
    -- Why it is not told, or was taken back, as JSON.
    cause     TEXT,
    UNIQUE (ticket, ring, recipient, means, round)
) STRICT;

CREATE INDEX rings_to_tell ON rings (tell_at) WHERE state IN ('planned', 'correcting');

-- What people are told in the product.
CREATE TABLE notices (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    key     TEXT NOT NULL UNIQUE,
    person  TEXT NOT NULL REFERENCES people (id),
    told_at INTEGER NOT NULL,
    read_at INTEGER,
    body    TEXT NOT NULL
) STRICT;

CREATE INDEX notices_by_person ON notices (person, id);
CREATE INDEX notices_unread ON notices (person) WHERE read_at IS NULL;

-- What leaves the house: tried until it is taken over by the other side.
CREATE TABLE deliveries (
    id           INTEGER PRIMARY KEY,
    key          TEXT NOT NULL UNIQUE,
    means        TEXT NOT NULL,
    recipient    TEXT NOT NULL,
    body         TEXT NOT NULL,
    made_at      INTEGER NOT NULL,
    attempts     INTEGER NOT NULL DEFAULT 0,
    next_try     INTEGER NOT NULL,
    delivered_at INTEGER,
    given_up_at  INTEGER,
    error        TEXT
) STRICT;

CREATE INDEX deliveries_waiting ON deliveries (means, next_try) WHERE delivered_at IS NULL AND given_up_at IS NULL;
