-- Who works here (projection), and what proves it (facts: never in the journal, never in a bundle).
CREATE TABLE user (
  name TEXT PRIMARY KEY, full_name TEXT NOT NULL DEFAULT '', roles TEXT NOT NULL DEFAULT '[]', agencies TEXT NOT NULL DEFAULT '[]',
  logins TEXT NOT NULL DEFAULT '[]', shared INTEGER NOT NULL DEFAULT 0, added INTEGER NOT NULL, removed INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE credential (
  user TEXT PRIMARY KEY, salt TEXT NOT NULL, digest TEXT NOT NULL, cost INTEGER NOT NULL, at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE login (token TEXT PRIMARY KEY, user TEXT NOT NULL, opened INTEGER NOT NULL, expires INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- What the periodic report counts beside incidents (projections).
CREATE TABLE training (
  number TEXT PRIMARY KEY, title TEXT NOT NULL, kind TEXT NOT NULL, held TEXT NOT NULL, days REAL NOT NULL, place TEXT NOT NULL,
  provider TEXT NOT NULL, attendees INTEGER NOT NULL, agencies TEXT NOT NULL DEFAULT '[]', users TEXT NOT NULL DEFAULT '[]',
  paper TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '', withdrawn INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE inspection (
  number TEXT PRIMARY KEY, system TEXT NOT NULL, agency TEXT NOT NULL, level INTEGER NOT NULL DEFAULT 0, held TEXT NOT NULL,
  inspector TEXT NOT NULL, result TEXT NOT NULL CHECK (result IN ('met','partly','not_met')), paper TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT '', withdrawn INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX inspection_system ON inspection (system, held);
CREATE TABLE inspection_finding (
  inspection TEXT NOT NULL, place INTEGER NOT NULL, text TEXT NOT NULL, severity TEXT NOT NULL, due TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL CHECK (state IN ('open','fixed','accepted')), note TEXT NOT NULL DEFAULT '', closed INTEGER,
  PRIMARY KEY (inspection, place)
) STRICT, WITHOUT ROWID;
CREATE TABLE contract (
  number TEXT PRIMARY KEY, title TEXT NOT NULL, provider TEXT NOT NULL, valid_from TEXT NOT NULL, valid_until TEXT NOT NULL,
  systems TEXT NOT NULL DEFAULT '[]', contact TEXT NOT NULL DEFAULT '', paper TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '',
  ended TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
