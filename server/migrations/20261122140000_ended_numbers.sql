-- Before which of a device's numbers everything has come to its end: a change below it that comes again is not taken any more.
ALTER TABLE devices ADD COLUMN ended_before INTEGER NOT NULL DEFAULT 0;
