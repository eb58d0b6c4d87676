-- When the database was restored from a backup, if it was: for as long as devices keep what they have sent, something may be missing here
-- that their people have seen.
ALTER TABLE server ADD COLUMN restored_at INTEGER;
