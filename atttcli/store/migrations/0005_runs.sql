-- Runs that pause and have children; tasks with CACAO's execution status, agencies, dependencies, approval, reminders.
ALTER TABLE playbook_run ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE playbook_run ADD COLUMN name_en TEXT NOT NULL DEFAULT '';
ALTER TABLE playbook_run ADD COLUMN parent TEXT NOT NULL DEFAULT '';
ALTER TABLE playbook_run ADD COLUMN parent_task TEXT NOT NULL DEFAULT '';
ALTER TABLE playbook_run ADD COLUMN reason TEXT NOT NULL DEFAULT '';

CREATE TABLE task_new (
  number TEXT PRIMARY KEY, incident TEXT NOT NULL, run TEXT NOT NULL DEFAULT '', step TEXT NOT NULL DEFAULT '',
  code TEXT NOT NULL DEFAULT '', round INTEGER NOT NULL DEFAULT 1, title TEXT NOT NULL, title_en TEXT NOT NULL DEFAULT '',
  description TEXT NOT NULL DEFAULT '', description_en TEXT NOT NULL DEFAULT '', lead TEXT NOT NULL DEFAULT '',
  lead_name TEXT NOT NULL DEFAULT '', support TEXT NOT NULL DEFAULT '[]', assignee TEXT NOT NULL DEFAULT '',
  required INTEGER NOT NULL DEFAULT 1, needs_evidence INTEGER NOT NULL DEFAULT 0, outputs TEXT NOT NULL DEFAULT '[]',
  asks TEXT NOT NULL DEFAULT '', due INTEGER,
  state TEXT NOT NULL CHECK (state IN ('open','done','failed','skipped','cancelled')), answer TEXT NOT NULL DEFAULT '',
  note TEXT NOT NULL DEFAULT '', evidence TEXT NOT NULL DEFAULT '[]', created INTEGER NOT NULL, closed INTEGER, closed_by TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL DEFAULT 'ready' CHECK (status IN ('waiting','ready','ongoing','await_user_input',
    'successfully_executed','failed','timeout_error','skipped','cancelled')),
  kind TEXT NOT NULL DEFAULT 'task' CHECK (kind IN ('task','child','again')), child TEXT NOT NULL DEFAULT '',
  agencies TEXT NOT NULL DEFAULT '[]', depends TEXT NOT NULL DEFAULT '[]', not_before INTEGER, started INTEGER,
  reminders INTEGER NOT NULL DEFAULT 0, reminded INTEGER, escalated INTEGER, escalated_to TEXT NOT NULL DEFAULT '',
  approval TEXT NOT NULL DEFAULT '[]', approved_by TEXT NOT NULL DEFAULT '', paper TEXT NOT NULL DEFAULT '',
  agreed_by TEXT NOT NULL DEFAULT '', given TEXT NOT NULL DEFAULT '', results TEXT NOT NULL DEFAULT '{}',
  detail TEXT NOT NULL DEFAULT '{}'
) STRICT, WITHOUT ROWID;
INSERT INTO task_new (number, incident, run, step, code, round, title, title_en, description, description_en, lead, lead_name,
    support, assignee, required, needs_evidence, outputs, asks, due, state, answer, note, evidence, created, closed, closed_by, status)
  SELECT number, incident, run, step, code, round, title, title_en, description, description_en, lead, lead_name, support,
    assignee, required, needs_evidence, outputs, asks, due, state, answer, note, evidence, created, closed, closed_by,
    CASE state WHEN 'open' THEN 'ready' WHEN 'done' THEN 'successfully_executed' ELSE state END FROM task;
DROP TABLE task;
ALTER TABLE task_new RENAME TO task;
CREATE INDEX task_incident ON task (incident, created);
CREATE INDEX task_state ON task (state, due);
CREATE INDEX task_run ON task (run, number);
CREATE INDEX run_parent ON playbook_run (parent) WHERE parent != '';

CREATE TABLE task_command (
  task TEXT NOT NULL, at INTEGER NOT NULL, actor TEXT NOT NULL, place INTEGER NOT NULL, type TEXT NOT NULL,
  exit_code INTEGER, outcome TEXT NOT NULL, evidence TEXT NOT NULL DEFAULT '', sha256 TEXT NOT NULL DEFAULT '',
  seconds REAL NOT NULL DEFAULT 0, PRIMARY KEY (task, at)
) STRICT, WITHOUT ROWID;

CREATE TABLE playbook_import (
  short TEXT PRIMARY KEY, playbook TEXT NOT NULL, name TEXT NOT NULL, name_en TEXT NOT NULL, modified TEXT NOT NULL,
  digest TEXT NOT NULL, valid INTEGER NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL, removed INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE playbook_trust (
  digest TEXT PRIMARY KEY, playbook TEXT NOT NULL, short TEXT NOT NULL, actor TEXT NOT NULL, at INTEGER NOT NULL,
  reason TEXT NOT NULL DEFAULT '', revoked INTEGER
) STRICT, WITHOUT ROWID;
