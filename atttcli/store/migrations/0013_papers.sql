-- The register of papers that went out (projection of `report.issued`): what was sent, to whom, and where its bytes are kept.
CREATE TABLE paper (
  seq INTEGER PRIMARY KEY, number TEXT NOT NULL, dated TEXT NOT NULL, code TEXT NOT NULL, title TEXT NOT NULL, subject TEXT NOT NULL,
  language TEXT NOT NULL, recipients TEXT NOT NULL DEFAULT '[]', files TEXT NOT NULL DEFAULT '{}', signed TEXT NOT NULL DEFAULT '',
  model TEXT NOT NULL DEFAULT '', head_count INTEGER NOT NULL DEFAULT 0, head_hash TEXT NOT NULL DEFAULT '',
  at INTEGER NOT NULL, actor TEXT NOT NULL
) STRICT;
CREATE INDEX paper_number ON paper (number);
CREATE INDEX paper_subject ON paper (subject, code);
