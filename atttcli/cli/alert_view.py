"""How alerts look, as tables and as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from atttcli.cli import render
from atttcli.clock import local_text, parse_moment, rfc3339
from atttcli.model.title import rule_title
from atttcli.text.messages import _, language

if TYPE_CHECKING:
    from atttcli.cli.context import App
    from atttcli.model.alert import Detection


_STAMP = re.compile(r"\b[12]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


def severity_word(severity: int) -> str:
    """The severity in the reader's language."""
    return (_("informational"), _("low"), _("medium"), _("high"), _("critical"))[severity]


def title_of(alert: dict[str, Any]) -> str:
    """The title in the reader's language, where the rule has one; of an indicator, with its role in words."""
    of_rule = rule_title(alert.get("detail") or {}, language())
    if of_rule:
        return of_rule
    title = str(alert["title"])
    if alert.get("kind") == "host":
        from atttcli.text.retell import retell

        return retell(title)
    role, mark, rest = title.partition(": ")
    return f"{role_word(role)}{mark}{rest}" if alert.get("kind") == "indicator" else title


def detection_title(found: Detection) -> str:
    """As `title_of`, of a match that no workspace keeps."""
    return title_of({"title": found.title, "kind": found.engine, "detail": found.detail})


def role_word(role: str) -> str:
    """What an observable is, in the words of the papers."""
    from atttcli.reports.wording import wording

    return wording(language()).roles.get(role, role)


def moment_text(micros: int | None) -> str:
    try:
        return "" if micros is None else local_text(micros, seconds=False)
    except (OverflowError, ValueError):
        return str(micros)


def stamp(micros: int | None) -> str | None:
    try:
        return None if micros is None else rfc3339(micros)
    except (OverflowError, ValueError):
        return None


def as_json_object(alert: dict[str, Any]) -> dict[str, Any]:
    """An alert as `--json` shows it."""
    kept = (
        "number", "kind", "rule_id", "title", "category", "key", "victim", "agency", "system", "sender", "count",
        "source_path", "source_sha256", "line", "tags", "observables", "why", "detail", "state", "verdict", "incident",
        "advisory",
    )  # fmt: skip
    found = {name: alert[name] for name in kept}
    found["severity"] = _SEVERITY[alert["severity"]]
    found["muted"] = bool(alert["muted"])
    found["first_seen"], found["last_seen"] = stamp(alert["first_seen"]), stamp(alert["last_seen"])
    return found


def decided(as_json: bool, text: str, decision: str, **facts: Any) -> None:
    """What a decision did: one line for people, or the same keys for every kind of decision."""
    if as_json:
        empty: dict[str, Any] = {"alerts": [], "verdict": "", "incident": "", "mute": "", "muted_alerts": None}
        render.emit_json({"decision": decision} | empty | facts)
    else:
        render.line(text)


_SEVERITY = ("informational", "low", "medium", "high", "critical")


def show_rows(alerts: Iterable[dict[str, Any]], as_json: bool) -> None:
    """A row an alert, written as they come."""
    if as_json:
        render.emit_json_lines(as_json_object(alert) for alert in alerts)
        return
    rows = (
        (
            a["number"], severity_word(a["severity"]), a["agency"] or "-", a["system"] or "-", title_of(a), a["victim"],
            a["count"], moment_text(a["last_seen"]), a["incident"] or _state_of(a),
        )
        for a in alerts
    )  # fmt: skip
    columns = (
        _("Alert"), _("Severity"), _("Agency"), _("System"), _("Title"), _("Concerns"), _("Times"), _("Last seen"), _("State"),
    )  # fmt: skip
    render.table(columns, rows, wide=(4,))


def _state_word(state: str) -> str:
    return {"open": _("open"), "linked": _("linked"), "closed": _("closed")}.get(state, state)


def _state_of(alert: dict[str, Any]) -> str:
    """The state; of an alert that agencies were told of, by which advisory."""
    covered = alert["state"] == "linked" and not alert["incident"] and alert["advisory"]
    return str(alert["advisory"]) if covered else _state_word(alert["state"])


def show_alert(app: App, alert: dict[str, Any], seen: Sequence[dict[str, Any]], as_json: bool) -> None:
    """All of one alert."""
    if as_json:
        render.emit_json(as_json_object(alert) | {"sightings": [s | {"time": stamp(s["time"])} for s in seen]})
        return
    from atttcli.text.retell import retell

    agency = app.inventory.agency(alert["agency"])
    system = app.inventory.system(alert["system"])
    rows = [
        (_("Alert"), alert["number"]),
        (_("Title"), title_of(alert)),
        (_("Severity"), severity_word(alert["severity"])),
        (_("State"), _state_word(alert["state"]) + (" · " + _("muted") if alert["muted"] else "")),
        (_("Incident"), alert["incident"]),
        *((_("Advisory"), told) for told in _advisories(app, alert)),
        (_("Rule"), f"{retell(alert['kind'])} {alert['rule_id']}"),
        (_("Playbook"), str(alert["detail"].get("playbook") or "")),
        (_("Agency"), agency.name if agency else _("unknown")),
        (_("System"), system.name if system else ""),
        (_("Concerns"), alert["victim"]),
        (_("Reported by"), retell(alert["sender"])),
        (_("Times"), alert["count"]),
        (_("First seen"), moment_text(alert["first_seen"])),
        (_("Last seen"), moment_text(alert["last_seen"])),
        *(
            (_("Observable"), f"{one['value']} ({role_word(one['role']) or retell(one['type'])})")
            for one in alert["observables"][:20]
        ),
        *((_("Why"), said_why(text)) for text in alert["why"][:10]),
        *((_("Seen in"), _place(one)) for one in seen[:10]),
    ]
    render.table((_("Field"), _("Value")), [row for row in rows if row[1] not in ("", None)], wide=(1,))
    if render.is_terminal():
        for text, command in _next_steps(alert):
            render.line(text)
            render.line(f"      → {command}")


def _next_steps(alert: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What may be done with an alert, as words and the command."""
    number = alert["number"]
    if alert["last_seen"] is not None:
        yield _("What happened around it:"), f"atttcli timeline --around {number}"
    if alert["kind"] == "network" and str(alert["source_path"]).lower().endswith(("pcap", "pcapng", "cap")):
        yield _("The packet behind it:"), f"atttcli alert packets {number}"
    if alert["incident"]:
        yield _("Its incident:"), f"atttcli incident show {alert['incident']}"
    elif alert["state"] == "open":
        yield _("An incident:"), f"atttcli incident open --from-alert {number}"
        yield _("No incident:"), f'atttcli alert triage --alert {number} --close false-positive --reason "…"'


def _advisories(app: App, alert: dict[str, Any]) -> list[str]:
    """Each advisory that passes the alert on, with how far its agency is."""
    from atttcli.cli.advisory_view import machines, state_word

    rows = app.store.rows(
        "SELECT v.advisory, d.agency, d.state, d.handled, d.total FROM alert_advisory v LEFT JOIN delivery_row r"
        " ON r.advisory = v.advisory AND json_extract(r.cells, '$.alert') = v.alert LEFT JOIN delivery d"
        " ON d.advisory = r.advisory AND d.agency = r.agency WHERE v.alert = ? GROUP BY v.advisory, d.agency ORDER BY 1, 2",
        alert["number"],
    )
    return [
        f"{row['advisory']} · {row['agency']}: {state_word(row['state'])} {machines(row)}"
        if row["agency"]
        else str(row["advisory"])
        for row in rows
    ]


def said_why(why: str) -> str:
    """Our own words and stamps as people read them; a quoted line of a log stays as it was written."""
    from atttcli.text.retell import retell

    told = retell(why)
    return told if why.startswith("line ") else _STAMP.sub(_local_stamp, told)


def _local_stamp(found: re.Match[str]) -> str:
    try:
        return local_text(parse_moment(found[0]))
    except ValueError:  # 31 February: somebody's words, not a stamp of ours
        return found[0]


def _place(sighting: dict[str, Any]) -> str:
    line = f":{sighting['line']}" if sighting["line"] is not None else ""
    return f"{sighting['source_path']}{line} {moment_text(sighting['time'])}"
