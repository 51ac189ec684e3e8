-- Half a million alerts are listed and grouped out of these, without reading the alerts: the worst and newest first, of all and of
-- one agency and rule.
DROP INDEX alert_agency;
DROP INDEX alert_severity;
CREATE INDEX alert_order ON alert (severity DESC, last_seen DESC, id, muted, number);
CREATE INDEX alert_group ON alert (agency, rule_id, severity DESC, last_seen DESC, id, muted, number, count);
