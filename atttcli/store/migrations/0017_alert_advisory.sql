-- Which advisories pass an alert on. Projected: what an agency was told of waits for the agency, not for triage.
CREATE TABLE alert_advisory (
  alert TEXT NOT NULL, advisory TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (alert, advisory)
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_advisory_of ON alert_advisory (advisory);
