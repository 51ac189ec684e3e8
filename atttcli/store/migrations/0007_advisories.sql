-- Advisories and what became of each agency's copy; changes that people made to the organisation's data. All projected.
CREATE TABLE advisory (
  number TEXT PRIMARY KEY, title TEXT NOT NULL, template TEXT NOT NULL DEFAULT '', category TEXT NOT NULL DEFAULT '',
  stage TEXT NOT NULL CHECK (stage IN
    ('draft','approved','awaiting_signature','awaiting_number','numbered','closed','withdrawn')),
  incident TEXT NOT NULL DEFAULT '', organ TEXT NOT NULL DEFAULT '', each INTEGER NOT NULL DEFAULT 0, due INTEGER,
  document TEXT NOT NULL DEFAULT '', dated TEXT NOT NULL DEFAULT '', signer TEXT NOT NULL DEFAULT '',
  body TEXT NOT NULL, source TEXT NOT NULL DEFAULT '{}', target TEXT NOT NULL DEFAULT '{}', created INTEGER NOT NULL,
  approved INTEGER, issued INTEGER, signed INTEGER, numbered INTEGER, answered INTEGER, answer TEXT NOT NULL DEFAULT '',
  closed INTEGER, reason TEXT NOT NULL DEFAULT '', updated INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX advisory_stage ON advisory (stage);

-- `total` is NULL while nobody knows how many machines are meant.
CREATE TABLE delivery (
  advisory TEXT NOT NULL, agency TEXT NOT NULL, incident TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL CHECK (state IN
    ('planned','queued','sent','acknowledged','not_affected','fixing','fixed','verified','exempt','withdrawn')),
  document TEXT NOT NULL DEFAULT '', due INTEGER, sent INTEGER, how TEXT NOT NULL DEFAULT '', proof TEXT NOT NULL DEFAULT '',
  acknowledged INTEGER, total INTEGER, handled INTEGER NOT NULL DEFAULT 0, answered INTEGER, answer TEXT NOT NULL DEFAULT '{}',
  verified INTEGER, reminders INTEGER NOT NULL DEFAULT 0, reminded INTEGER, escalated INTEGER,
  escalated_to TEXT NOT NULL DEFAULT '', reason TEXT NOT NULL DEFAULT '', evidence TEXT NOT NULL DEFAULT '[]',
  updated INTEGER NOT NULL,
  PRIMARY KEY (advisory, agency)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_agency ON delivery (agency, state);
CREATE INDEX delivery_state ON delivery (state, due);
CREATE INDEX delivery_incident ON delivery (incident, state) WHERE incident != '';

-- What an agency's part of the annex says, apart from the delivery, so that boards read small rows.
CREATE TABLE delivery_row (
  advisory TEXT NOT NULL, agency TEXT NOT NULL, place INTEGER NOT NULL, cells TEXT NOT NULL,
  PRIMARY KEY (advisory, agency, place)
) STRICT, WITHOUT ROWID;

-- The newest wording of an agency or system that people gave beside the organisation's file: fields over the file's own.
CREATE TABLE place_change (
  kind TEXT NOT NULL CHECK (kind IN ('agency','system')), code TEXT NOT NULL, fields TEXT NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (kind, code)
) STRICT, WITHOUT ROWID;

-- An address behind NAT belongs to several: by port and by the minute.
CREATE TABLE learned_network_0007 (
  cidr TEXT NOT NULL, agency TEXT NOT NULL, valid_from TEXT NOT NULL, ports TEXT NOT NULL DEFAULT '',
  valid_until TEXT NOT NULL, note TEXT NOT NULL, seq INTEGER NOT NULL,
  PRIMARY KEY (cidr, agency, valid_from, ports)
) STRICT, WITHOUT ROWID;
INSERT INTO learned_network_0007 SELECT cidr, agency, valid_from, '', valid_until, note, seq FROM learned_network;
DROP TABLE learned_network;
ALTER TABLE learned_network_0007 RENAME TO learned_network;
