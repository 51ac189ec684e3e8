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
CREATE INDEX task_of_incident ON task (incident, state);
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

-- How many alerts wait to be looked at, by group: `next` and `status` read these few rows and never half a million alerts.
CREATE TABLE alert_desk (
  agency TEXT NOT NULL, rule_id TEXT NOT NULL, severity INTEGER NOT NULL, waiting INTEGER NOT NULL,
  PRIMARY KEY (agency, rule_id, severity)
) STRICT, WITHOUT ROWID;
INSERT INTO alert_desk SELECT a.agency, a.rule_id, a.severity, count(*) FROM alert a LEFT JOIN alert_state s ON s.alert = a.number
  WHERE a.muted = 0 AND (s.state IS NULL OR s.state = 'open') GROUP BY 1, 2, 3;
CREATE INDEX alert_unowned ON alert (victim) WHERE victim != '' AND agency = '' AND muted = 0;
CREATE TRIGGER alert_desk_added AFTER INSERT ON alert
  WHEN NEW.muted = 0 AND NOT EXISTS (SELECT 1 FROM alert_state WHERE alert = NEW.number AND state != 'open') BEGIN
  INSERT INTO alert_desk VALUES (NEW.agency, NEW.rule_id, NEW.severity, 1) ON CONFLICT DO UPDATE SET waiting = waiting + 1;
END;
CREATE TRIGGER alert_desk_left AFTER UPDATE OF muted, agency, rule_id, severity ON alert
  WHEN OLD.muted = 0 AND (NEW.muted != 0 OR NEW.agency != OLD.agency OR NEW.rule_id != OLD.rule_id OR NEW.severity != OLD.severity)
  AND NOT EXISTS (SELECT 1 FROM alert_state WHERE alert = OLD.number AND state != 'open') BEGIN
  UPDATE alert_desk SET waiting = waiting - 1 WHERE agency = OLD.agency AND rule_id = OLD.rule_id AND severity = OLD.severity;
END;
CREATE TRIGGER alert_desk_came AFTER UPDATE OF muted, agency, rule_id, severity ON alert
  WHEN NEW.muted = 0 AND (OLD.muted != 0 OR NEW.agency != OLD.agency OR NEW.rule_id != OLD.rule_id OR NEW.severity != OLD.severity)
  AND NOT EXISTS (SELECT 1 FROM alert_state WHERE alert = NEW.number AND state != 'open') BEGIN
  INSERT INTO alert_desk VALUES (NEW.agency, NEW.rule_id, NEW.severity, 1) ON CONFLICT DO UPDATE SET waiting = waiting + 1;
END;
CREATE TRIGGER alert_desk_removed AFTER DELETE ON alert
  WHEN OLD.muted = 0 AND NOT EXISTS (SELECT 1 FROM alert_state WHERE alert = OLD.number AND state != 'open') BEGIN
  UPDATE alert_desk SET waiting = waiting - 1 WHERE agency = OLD.agency AND rule_id = OLD.rule_id AND severity = OLD.severity;
END;
-- A replaced row fires no trigger of its deletion, so what it stood for is taken back before it goes.
CREATE TRIGGER alert_state_before BEFORE INSERT ON alert_state
  WHEN EXISTS (SELECT 1 FROM alert_state WHERE alert = NEW.alert AND state != 'open') BEGIN
  INSERT INTO alert_desk SELECT agency, rule_id, severity, 1 FROM alert WHERE number = NEW.alert AND muted = 0
    ON CONFLICT DO UPDATE SET waiting = waiting + 1;
END;
CREATE TRIGGER alert_state_after AFTER INSERT ON alert_state WHEN NEW.state != 'open' BEGIN
  UPDATE alert_desk SET waiting = waiting - 1 WHERE (agency, rule_id, severity) =
    (SELECT agency, rule_id, severity FROM alert WHERE number = NEW.alert AND muted = 0);
END;
CREATE TRIGGER alert_state_opened AFTER UPDATE OF state ON alert_state WHEN OLD.state != 'open' AND NEW.state = 'open' BEGIN
  INSERT INTO alert_desk SELECT agency, rule_id, severity, 1 FROM alert WHERE number = NEW.alert AND muted = 0
    ON CONFLICT DO UPDATE SET waiting = waiting + 1;
END;
CREATE TRIGGER alert_state_settled AFTER UPDATE OF state ON alert_state WHEN OLD.state = 'open' AND NEW.state != 'open' BEGIN
  UPDATE alert_desk SET waiting = waiting - 1 WHERE (agency, rule_id, severity) =
    (SELECT agency, rule_id, severity FROM alert WHERE number = NEW.alert AND muted = 0);
END;
CREATE TRIGGER alert_state_removed AFTER DELETE ON alert_state WHEN OLD.state != 'open' BEGIN
  INSERT INTO alert_desk SELECT agency, rule_id, severity, 1 FROM alert WHERE number = OLD.alert AND muted = 0
    ON CONFLICT DO UPDATE SET waiting = waiting + 1;
END;
