-- Devices of people who serve only some customers hold contracts that name nobody from now on: a later revision has all of them ask
-- for the directory anew, and forget the names that they hold.
UPDATE directory SET revision = revision + 1;
