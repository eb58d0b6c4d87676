-- What is told, kept so that it can be told in order, taken back before it is sent, and sent again word for word.

-- As what the person was told (accountable, supervisor …), as a JSON list. Absent in rows from before, which say nothing of it.
ALTER TABLE rings ADD COLUMN kinds TEXT;

-- The same for everything that is told to one about one ring: the ring, its later rounds, and the corrections.
ALTER TABLE deliveries ADD COLUMN line TEXT;
-- Who was told, with their names as they were then, as JSON. Absent in rows from before.
ALTER TABLE deliveries ADD COLUMN people TEXT;
-- Since when a try is under way. It stays if the server is killed in it: whether the other side has it is not known then.
ALTER TABLE deliveries ADD COLUMN trying_since INTEGER;

CREATE INDEX deliveries_in_line ON deliveries (line, id) WHERE delivered_at IS NULL AND given_up_at IS NULL;

-- A planning that failed once silenced its ticket for good.
UPDATE tickets SET rings = 1;
