-- Rule packs that were put in force here (a projection): the last row is in force, `digest` empty means none.
CREATE TABLE rule_install (
  seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, actor TEXT NOT NULL, digest TEXT NOT NULL, version INTEGER NOT NULL,
  name TEXT NOT NULL DEFAULT '', tlp TEXT NOT NULL DEFAULT '', created INTEGER NOT NULL DEFAULT 0,
  signer TEXT NOT NULL DEFAULT '', files INTEGER NOT NULL DEFAULT 0, previous TEXT NOT NULL DEFAULT '',
  reason TEXT NOT NULL DEFAULT '', reverted INTEGER NOT NULL DEFAULT 0
) STRICT;
