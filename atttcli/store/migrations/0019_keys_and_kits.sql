-- Keys that sign and seal, and the kits that were handed out (projections; no secret of either is ever in here).
CREATE TABLE signing_key (
  id TEXT PRIMARY KEY, name TEXT NOT NULL DEFAULT '', own INTEGER NOT NULL, sign_public TEXT NOT NULL,
  seal_public TEXT NOT NULL DEFAULT '', mark TEXT NOT NULL DEFAULT '', since INTEGER NOT NULL, revoked INTEGER,
  why TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE TABLE kit (
  number TEXT PRIMARY KEY, agency TEXT NOT NULL, os TEXT NOT NULL, arch TEXT NOT NULL, public_key TEXT NOT NULL,
  centre TEXT NOT NULL, issued INTEGER NOT NULL, actor TEXT NOT NULL, expires INTEGER NOT NULL, note TEXT NOT NULL DEFAULT '',
  revoked INTEGER, why TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX kit_key ON kit (public_key);
