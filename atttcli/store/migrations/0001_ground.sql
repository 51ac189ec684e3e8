-- Facts: machine output, tied to a source; kept, backed up, never edited.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE source_file (
  sha256 TEXT PRIMARY KEY, path TEXT NOT NULL, size INTEGER NOT NULL, reader TEXT NOT NULL, kind TEXT NOT NULL,
  first_seen INTEGER NOT NULL, modified INTEGER, state TEXT NOT NULL CHECK (state IN ('reading','done','failed')),
  read INTEGER NOT NULL DEFAULT 0, stored INTEGER NOT NULL DEFAULT 0, duplicate INTEGER NOT NULL DEFAULT 0,
  rejected INTEGER NOT NULL DEFAULT 0, alerts INTEGER NOT NULL DEFAULT 0, indicators INTEGER NOT NULL DEFAULT 0,
  log_source TEXT NOT NULL DEFAULT '', parent TEXT NOT NULL DEFAULT '',
  assumed TEXT NOT NULL DEFAULT '{}', letter TEXT NOT NULL DEFAULT '{}', counts TEXT NOT NULL DEFAULT '{}'
) STRICT, WITHOUT ROWID;

CREATE TABLE ingest_run (
  id INTEGER PRIMARY KEY, started INTEGER NOT NULL, finished INTEGER, actor TEXT NOT NULL, paths TEXT NOT NULL,
  ledger TEXT NOT NULL DEFAULT '{}', correlate_from INTEGER, correlate_to INTEGER
) STRICT;

CREATE TABLE read_problem (
  id INTEGER PRIMARY KEY, sha256 TEXT NOT NULL, path TEXT NOT NULL, line INTEGER NOT NULL DEFAULT -1,
  offset INTEGER NOT NULL DEFAULT -1, reason TEXT NOT NULL, excerpt TEXT NOT NULL DEFAULT '', seen INTEGER NOT NULL,
  UNIQUE (sha256, path, line, offset, reason)
) STRICT;

CREATE TABLE segment (
  path TEXT PRIMARY KEY, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, source_sha256 TEXT NOT NULL, reader TEXT NOT NULL,
  source_path TEXT NOT NULL, log_source TEXT NOT NULL, part INTEGER NOT NULL, moment INTEGER NOT NULL,
  count INTEGER NOT NULL, time_min INTEGER, time_max INTEGER, undated INTEGER NOT NULL, categories TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX segment_source ON segment (log_source, time_min);
CREATE INDEX segment_file ON segment (source_sha256, part);

CREATE TABLE indicator (
  id INTEGER PRIMARY KEY, type TEXT NOT NULL, value TEXT NOT NULL, source TEXT NOT NULL, description TEXT NOT NULL DEFAULT '',
  kind TEXT NOT NULL DEFAULT 'malicious', valid_from INTEGER, valid_until INTEGER, severity INTEGER NOT NULL DEFAULT 3,
  tlp TEXT NOT NULL DEFAULT 'AMBER', sha256 TEXT NOT NULL DEFAULT '', seen INTEGER NOT NULL,
  UNIQUE (type, value, source)
) STRICT;

CREATE TABLE alert (
  id INTEGER PRIMARY KEY, number TEXT NOT NULL UNIQUE, fingerprint TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,
  rule_id TEXT NOT NULL, title TEXT NOT NULL, severity INTEGER NOT NULL, category TEXT NOT NULL DEFAULT '',
  key TEXT NOT NULL DEFAULT '', victim TEXT NOT NULL DEFAULT '', agency TEXT NOT NULL DEFAULT '',
  system TEXT NOT NULL DEFAULT '', sender TEXT NOT NULL DEFAULT '', first_seen INTEGER, last_seen INTEGER,
  count INTEGER NOT NULL, source_sha256 TEXT NOT NULL DEFAULT '', source_path TEXT NOT NULL DEFAULT '', line INTEGER,
  pack TEXT NOT NULL DEFAULT '', tags TEXT NOT NULL DEFAULT '[]', observables TEXT NOT NULL DEFAULT '[]',
  why TEXT NOT NULL DEFAULT '[]', detail TEXT NOT NULL DEFAULT '{}', created INTEGER NOT NULL,
  muted INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX alert_agency ON alert (agency, rule_id);
CREATE INDEX alert_severity ON alert (severity, last_seen);

CREATE TABLE sighting (
  alert INTEGER NOT NULL REFERENCES alert (id), occurrence TEXT NOT NULL, time INTEGER, source_sha256 TEXT NOT NULL,
  source_path TEXT NOT NULL, line INTEGER, offset INTEGER,
  PRIMARY KEY (alert, occurrence)
) STRICT, WITHOUT ROWID;

CREATE TABLE user_mark (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;

-- Decisions: the journal is the truth, append-only and hash-chained.
CREATE TABLE journal (
  seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, time INTEGER NOT NULL, host TEXT NOT NULL, actor TEXT NOT NULL,
  verb TEXT NOT NULL, object TEXT NOT NULL, payload_digest TEXT NOT NULL, prev TEXT NOT NULL, hash TEXT NOT NULL UNIQUE
) STRICT;
CREATE INDEX journal_object ON journal (object, seq);
CREATE TABLE journal_payload (
  seq INTEGER PRIMARY KEY REFERENCES journal (seq), payload TEXT, erased INTEGER NOT NULL DEFAULT 0, reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER payload_no_delete BEFORE DELETE ON journal_payload BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER payload_only_erase BEFORE UPDATE ON journal_payload WHEN NEW.payload IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'a payload may only be erased'); END;

-- Projections of the journal: `db rebuild` empties and recreates every table below.
CREATE TABLE number_counter (kind TEXT NOT NULL, year INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (kind, year)) STRICT, WITHOUT ROWID;
CREATE TABLE organisation (code TEXT PRIMARY KEY, adopted INTEGER NOT NULL, profile TEXT NOT NULL, payload TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE learned_network (
  cidr TEXT NOT NULL, agency TEXT NOT NULL, valid_from TEXT NOT NULL, valid_until TEXT NOT NULL, note TEXT NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (cidr, agency, valid_from)
) STRICT, WITHOUT ROWID;
CREATE TABLE mute (
  id TEXT PRIMARY KEY, rule_id TEXT NOT NULL, agency TEXT NOT NULL, host TEXT NOT NULL, address TEXT NOT NULL,
  reason TEXT NOT NULL, until INTEGER NOT NULL, created INTEGER NOT NULL, actor TEXT NOT NULL, lifted INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE rule_state (rule_id TEXT PRIMARY KEY, disabled INTEGER NOT NULL, reason TEXT NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE alert_state (
  alert TEXT PRIMARY KEY, state TEXT NOT NULL CHECK (state IN ('open','linked','closed')), verdict TEXT NOT NULL DEFAULT '',
  incident TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', actor TEXT NOT NULL, at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE incident (
  number TEXT PRIMARY KEY, title TEXT NOT NULL, status TEXT NOT NULL, category TEXT NOT NULL DEFAULT '',
  severity TEXT NOT NULL DEFAULT '', class TEXT NOT NULL DEFAULT '', owner TEXT NOT NULL DEFAULT '', profile TEXT NOT NULL,
  organisation TEXT NOT NULL, agencies TEXT NOT NULL DEFAULT '[]', systems TEXT NOT NULL DEFAULT '[]', detected INTEGER,
  opened INTEGER NOT NULL, closed INTEGER, resolution TEXT NOT NULL DEFAULT '', cause TEXT NOT NULL DEFAULT '',
  fields TEXT NOT NULL DEFAULT '{}', updated INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE incident_alert (incident TEXT NOT NULL, alert TEXT NOT NULL, record TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (incident, alert)) STRICT, WITHOUT ROWID;
CREATE TABLE playbook_run (
  id TEXT PRIMARY KEY, incident TEXT NOT NULL, playbook TEXT NOT NULL, modified TEXT NOT NULL, digest TEXT NOT NULL,
  document TEXT NOT NULL, state TEXT NOT NULL, tokens TEXT NOT NULL, started INTEGER NOT NULL, finished INTEGER, updated INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE task (
  number TEXT PRIMARY KEY, incident TEXT NOT NULL, run TEXT NOT NULL DEFAULT '', step TEXT NOT NULL DEFAULT '',
  code TEXT NOT NULL DEFAULT '', round INTEGER NOT NULL DEFAULT 1, title TEXT NOT NULL, title_en TEXT NOT NULL DEFAULT '',
  description TEXT NOT NULL DEFAULT '', description_en TEXT NOT NULL DEFAULT '', lead TEXT NOT NULL DEFAULT '',
  lead_name TEXT NOT NULL DEFAULT '', support TEXT NOT NULL DEFAULT '[]', assignee TEXT NOT NULL DEFAULT '',
  required INTEGER NOT NULL DEFAULT 1, needs_evidence INTEGER NOT NULL DEFAULT 0, outputs TEXT NOT NULL DEFAULT '[]',
  asks TEXT NOT NULL DEFAULT '', due INTEGER,
  state TEXT NOT NULL CHECK (state IN ('open','done','skipped','cancelled')), answer TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT '', evidence TEXT NOT NULL DEFAULT '[]', created INTEGER NOT NULL, closed INTEGER, closed_by TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX task_incident ON task (incident, created);
CREATE INDEX task_state ON task (state, due);
CREATE TABLE evidence (
  number TEXT PRIMARY KEY, incident TEXT NOT NULL, sha256 TEXT NOT NULL, name TEXT NOT NULL, size INTEGER NOT NULL,
  source TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '', collected INTEGER NOT NULL, actor TEXT NOT NULL, withdrawn INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE custody (evidence TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, sha256 TEXT NOT NULL, note TEXT NOT NULL DEFAULT '', PRIMARY KEY (evidence, seq)) STRICT, WITHOUT ROWID;
CREATE TABLE deadline (
  incident TEXT NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL, name_en TEXT NOT NULL, document TEXT NOT NULL DEFAULT '',
  basis TEXT NOT NULL DEFAULT '', due INTEGER NOT NULL, met INTEGER, paper TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (incident, code)
) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_incident ON evidence (incident, sha256);
CREATE INDEX run_incident ON playbook_run (incident, started);
