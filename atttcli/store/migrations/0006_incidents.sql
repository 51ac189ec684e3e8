-- Which entries speak of which object, so that one object can be folded anew without the whole journal.
CREATE TABLE touch (object TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (object, seq)) STRICT, WITHOUT ROWID;
CREATE INDEX touch_seq ON touch (seq);
CREATE INDEX journal_verb ON journal (verb, seq);

ALTER TABLE incident ADD COLUMN merged_into TEXT NOT NULL DEFAULT '';
-- Statuses that the severity lets nobody enter without an approval.
ALTER TABLE incident ADD COLUMN gates TEXT NOT NULL DEFAULT '[]';
ALTER TABLE incident ADD COLUMN exercise INTEGER NOT NULL DEFAULT 0;
CREATE INDEX incident_merged ON incident (merged_into) WHERE merged_into != '';
CREATE INDEX incident_status ON incident (status);
CREATE INDEX incident_alert_alert ON incident_alert (alert);

-- When an incident went from where to where: what the metrics are counted from.
CREATE TABLE transition (
  incident TEXT NOT NULL, seq INTEGER NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL, origin TEXT NOT NULL,
  target TEXT NOT NULL, reason TEXT NOT NULL DEFAULT '', PRIMARY KEY (incident, seq)
) STRICT, WITHOUT ROWID;

-- Who approved which step of a high-severity incident: by own entry (paper is empty), or recorded with a paper's number.
CREATE TABLE approval (
  incident TEXT NOT NULL, seq INTEGER NOT NULL, gate TEXT NOT NULL, approver TEXT NOT NULL, paper TEXT NOT NULL DEFAULT '',
  recorded_by TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (incident, seq)
) STRICT, WITHOUT ROWID;

-- What people search: text of decisions, folded (no diacritics), and the titles of alerts, which are facts.
CREATE TABLE search_doc (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, object TEXT NOT NULL, incident TEXT NOT NULL, at INTEGER NOT NULL,
  text TEXT NOT NULL, folded TEXT NOT NULL
) STRICT;
-- Both are written by our code, not by triggers: SQLite lets no trigger write a virtual table while the schema is not trusted.
CREATE VIRTUAL TABLE search_text USING fts5 (folded, content = 'search_doc', content_rowid = 'id');
CREATE VIRTUAL TABLE alert_text USING fts5 (title, content = '', tokenize = 'unicode61 remove_diacritics 2');
INSERT INTO alert_text (rowid, title) SELECT id, replace(replace(title, 'đ', 'd'), 'Đ', 'D') FROM alert;
