-- Drills that were held (a summary each: their own data stands in their own workspaces) and what is to be improved.
CREATE TABLE drill (
    code TEXT PRIMARY KEY,
    number TEXT NOT NULL,
    scenario TEXT NOT NULL,
    name TEXT NOT NULL,
    format TEXT NOT NULL,
    team TEXT NOT NULL,
    started INTEGER,
    ended INTEGER,
    active INTEGER NOT NULL,
    total REAL NOT NULL,
    valid INTEGER NOT NULL,
    summary TEXT NOT NULL
) STRICT;
CREATE TABLE action (
    number TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    drill TEXT NOT NULL DEFAULT '',
    measure TEXT NOT NULL DEFAULT '',
    target INTEGER,
    owner TEXT NOT NULL DEFAULT '',
    due TEXT NOT NULL DEFAULT '',
    status TEXT NOT NULL DEFAULT 'open',
    added INTEGER NOT NULL,
    done INTEGER,
    note TEXT NOT NULL DEFAULT '',
    verified INTEGER,
    verified_by TEXT NOT NULL DEFAULT ''
) STRICT;
