-- Facts: bundles that came back, what they said of hosts, and which machine was scanned when, by a kit or by ourselves.
CREATE TABLE bundle (
  digest TEXT PRIMARY KEY, kit TEXT NOT NULL, machine TEXT NOT NULL, sequence INTEGER NOT NULL, previous TEXT NOT NULL,
  agency TEXT NOT NULL, host TEXT NOT NULL, signed INTEGER NOT NULL, made INTEGER NOT NULL, imported INTEGER NOT NULL,
  actor TEXT NOT NULL, tlp TEXT NOT NULL, flags TEXT NOT NULL DEFAULT '[]', ledger TEXT NOT NULL DEFAULT '{}'
) STRICT, WITHOUT ROWID;
CREATE INDEX bundle_chain ON bundle (kit, machine, sequence);
CREATE TABLE fleet_scan (
  id INTEGER PRIMARY KEY, source TEXT NOT NULL CHECK (source IN ('kit','collector','local')), host TEXT NOT NULL,
  machine TEXT NOT NULL DEFAULT '', agency TEXT NOT NULL DEFAULT '', kit TEXT NOT NULL DEFAULT '', started INTEGER NOT NULL,
  finished INTEGER NOT NULL, rules_digest TEXT NOT NULL DEFAULT '', rules_version TEXT NOT NULL DEFAULT '',
  rules_count INTEGER NOT NULL DEFAULT 0, account TEXT NOT NULL DEFAULT '{}', complete INTEGER NOT NULL,
  holes TEXT NOT NULL DEFAULT '[]', findings INTEGER NOT NULL, bundle TEXT NOT NULL DEFAULT '', run INTEGER
) STRICT;
CREATE UNIQUE INDEX fleet_scan_bundle ON fleet_scan (bundle) WHERE bundle <> '';
CREATE UNIQUE INDEX fleet_scan_run ON fleet_scan (run) WHERE run IS NOT NULL;
CREATE INDEX fleet_scan_agency ON fleet_scan (agency, host, finished);
CREATE TABLE host_record (
  bundle TEXT NOT NULL, line INTEGER NOT NULL, check_name TEXT NOT NULL, kind TEXT NOT NULL, subject TEXT NOT NULL,
  rule TEXT NOT NULL DEFAULT '', title TEXT NOT NULL DEFAULT '', severity INTEGER NOT NULL, detail TEXT NOT NULL,
  PRIMARY KEY (bundle, line)
) STRICT, WITHOUT ROWID;
