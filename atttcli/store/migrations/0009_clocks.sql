-- Reminders given, papers of the calendar's duties, shifts handed over (projections).
CREATE TABLE reminder (
  object TEXT NOT NULL, code TEXT NOT NULL, stage TEXT NOT NULL CHECK (stage IN ('soon','overdue','escalated')), due INTEGER NOT NULL,
  kind TEXT NOT NULL, recipient TEXT NOT NULL, title TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (object, code, stage, due)
) STRICT, WITHOUT ROWID;
CREATE INDEX reminder_at ON reminder (at);
CREATE TABLE period_met (
  code TEXT NOT NULL, period TEXT NOT NULL, at INTEGER NOT NULL, paper TEXT NOT NULL, actor TEXT NOT NULL, PRIMARY KEY (code, period)
) STRICT, WITHOUT ROWID;
CREATE TABLE shift (
  number TEXT PRIMARY KEY, at INTEGER NOT NULL, leaving TEXT NOT NULL, coming TEXT NOT NULL, note TEXT NOT NULL, body TEXT NOT NULL,
  taken INTEGER, taken_by TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE INDEX shift_at ON shift (at);
