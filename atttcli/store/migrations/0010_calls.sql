-- Calls while they are taken: drafts, not decisions. What a call came to stands in the journal.
CREATE TABLE call (
  id TEXT PRIMARY KEY, started INTEGER NOT NULL, actor TEXT NOT NULL, answers TEXT NOT NULL DEFAULT '{}',
  incident TEXT NOT NULL DEFAULT '', ended INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX call_open ON call (started) WHERE ended IS NULL;
