-- Facts: who scanned which machine when, with the whole account; what was found stands in alert and sighting.
CREATE TABLE scan_run (
  id INTEGER PRIMARY KEY, started INTEGER NOT NULL, finished INTEGER, actor TEXT NOT NULL, host TEXT NOT NULL,
  paths TEXT NOT NULL, pack TEXT NOT NULL DEFAULT '', ledger TEXT NOT NULL DEFAULT '{}', account TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX scan_run_host ON scan_run (host, started);
