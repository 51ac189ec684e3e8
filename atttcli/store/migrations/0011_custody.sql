-- Who holds a piece of evidence now, where, under which seal; what each step of its chain said.
ALTER TABLE evidence ADD COLUMN serial TEXT NOT NULL DEFAULT '';
ALTER TABLE evidence ADD COLUMN holder TEXT NOT NULL DEFAULT '';
ALTER TABLE evidence ADD COLUMN place TEXT NOT NULL DEFAULT '';
ALTER TABLE evidence ADD COLUMN seal TEXT NOT NULL DEFAULT '';
ALTER TABLE custody ADD COLUMN detail TEXT NOT NULL DEFAULT '{}';
