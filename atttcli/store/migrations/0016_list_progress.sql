-- How far a list was stored whose rows are still being taken in: the row that the last commit ended with. Gone when all are in.
CREATE TABLE list_progress (
  sha256 TEXT PRIMARY KEY, sheet TEXT NOT NULL, line INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- What is muted is few of many, counted by `alert list` and looked at by every ingest.
CREATE INDEX alert_muted ON alert (muted) WHERE muted != 0;
