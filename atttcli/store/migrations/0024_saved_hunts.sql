-- Hunts that people saved by name (a projection): SQL, or conditions by fields as JSON.
CREATE TABLE saved_hunt (
  name TEXT PRIMARY KEY, seq INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL, sql TEXT NOT NULL DEFAULT '',
  filter TEXT NOT NULL DEFAULT '{}', note TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
