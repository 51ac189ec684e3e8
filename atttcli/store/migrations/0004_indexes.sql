-- The open tasks of one incident are asked for by every list of incidents. Without this SQLite walks all open tasks for each of
-- them: `next` took 2.4 s of CPU in a workspace of 10,000 incidents (bench/scale.py).
CREATE INDEX task_of_incident ON task (incident, state);
