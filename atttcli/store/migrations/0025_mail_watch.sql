-- Projections of the journal: accounts of the mail system as people imported them, and journeys that they told.
CREATE TABLE mail_account (
  address TEXT PRIMARY KEY, agency TEXT NOT NULL DEFAULT '', status TEXT NOT NULL DEFAULT '', last_login INTEGER,
  source TEXT NOT NULL DEFAULT '', seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX mail_account_agency ON mail_account (agency, address);
CREATE TABLE mail_travel (
  number TEXT PRIMARY KEY, account TEXT NOT NULL, country TEXT NOT NULL DEFAULT '', network TEXT NOT NULL DEFAULT '',
  valid_from TEXT NOT NULL, valid_until TEXT NOT NULL, reason TEXT NOT NULL, ended TEXT NOT NULL DEFAULT '',
  end_reason TEXT NOT NULL DEFAULT '', actor TEXT NOT NULL, at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX mail_travel_account ON mail_travel (account);
