-- Facts. What `new_value` rules have seen: written in the commit that settles the correlation which saw it.
-- `told` is the time of the event that was told as new (NULL: it was known, or learned while nothing was told yet).
CREATE TABLE learned_value (
  rule TEXT NOT NULL, grp TEXT NOT NULL, value TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
  count INTEGER NOT NULL, told INTEGER, PRIMARY KEY (rule, grp, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX learned_age ON learned_value (last);

-- Segments whose events no `new_value` rule has learned from yet: each event is learned once, however often it is fed.
CREATE TABLE unlearned_segment (path TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- `ingest --system`: the system that a log is of, for alerts made of it later.
CREATE TABLE source_system (sha256 TEXT PRIMARY KEY, system TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Projections of the journal.
CREATE TABLE log_source (pattern TEXT PRIMARY KEY, system TEXT NOT NULL, note TEXT NOT NULL, seq INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE range_table (
  kind TEXT PRIMARY KEY, digest TEXT NOT NULL, source TEXT NOT NULL, source_digest TEXT NOT NULL, ranges INTEGER NOT NULL,
  countries INTEGER NOT NULL, rejected INTEGER NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
