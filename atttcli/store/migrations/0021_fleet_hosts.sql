-- Decisions: machines that are expected to be scanned, and how often (projections of the journal).
CREATE TABLE fleet_host (
  agency TEXT NOT NULL, host TEXT NOT NULL, name TEXT NOT NULL, profile TEXT NOT NULL, note TEXT NOT NULL DEFAULT '',
  added INTEGER NOT NULL, actor TEXT NOT NULL, retired INTEGER, why TEXT NOT NULL DEFAULT '', PRIMARY KEY (agency, host)
) STRICT, WITHOUT ROWID;
CREATE TABLE fleet_interval (
  agency TEXT NOT NULL, profile TEXT NOT NULL, days INTEGER NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (agency, profile)
) STRICT, WITHOUT ROWID;
-- The board asks for the last scan of each machine, and for what is undecided of a machine, out of years of both.
CREATE INDEX fleet_scan_last ON fleet_scan (agency, host, machine, finished);
CREATE INDEX alert_machine ON alert (victim, agency, number) WHERE kind IN ('yara','indicator','host');
