"""The told parts of a paper: what people wrote; where they wrote nothing, a sentence counted from the facts, or nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from atttcli.clock import local_text
from atttcli.profile import sender_of
from atttcli.report import Affected, Narrative
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from atttcli.profile import Profile

_TOLD_BY = frozenset({"national-list", "manual"})  # senders of other alerts are machines, or the attacker himself
# Steps of article 11 in which something is done to the systems: what is noted there are the measures.
_DOING = frozenset({"1b", "2", "3a", "3b"})


def tell(
    row: Any,
    fields: dict[str, Any],
    alerts: Sequence[dict[str, Any]],
    tasks: Iterable[Any],
    affected: Sequence[Affected],
) -> Narrative:
    """The narrative: fields of the incident first; summary, scope and measures are counted where nobody wrote them."""
    cause = str(row["cause"] or "")
    reason = str(fields.get("cause_reason") or "")
    return Narrative(
        summary=_text(fields, "summary") or _summary(alerts),
        cause="\n".join(filter(None, (_("Not determined.") if cause.lower() == "not determined" else cause, reason))),
        scope=_text(fields, "scope") or _scope(affected),
        measures=_text(fields, "measures") or _measures(tasks),
        result=_text(fields, "result") or str(row["resolution"] or ""),
        lessons=_text(fields, "lessons"),
        proposals=_text(fields, "proposals"),
    )


def _text(fields: dict[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _summary(alerts: Sequence[dict[str, Any]]) -> str:
    seen = [at for alert in alerts for at in (alert.get("first_seen"), alert.get("last_seen")) if at is not None]
    if not seen:
        return ""
    worst = sorted(alerts, key=lambda one: (-(one.get("severity") or 0), one.get("first_seen") or 0))
    titles = list(dict.fromkeys(str(alert.get("title") or "") for alert in worst))[:6]
    return _(
        "Between {first} and {last} monitoring recorded {count} alerts that belong together. The gravest: {titles}.",
        first=local_text(min(seen), seconds=False),
        last=local_text(max(seen), seconds=False),
        count=len(alerts),
        titles="; ".join(titles),
    )


def _scope(affected: Sequence[Affected]) -> str:
    if not affected:
        return ""
    agencies = len({row.agency for row in affected})
    systems = [row for row in affected if row.system]
    levels = [row.level for row in systems if row.level is not None]
    text = ngettext("{count} agency", "{count} agencies", agencies)
    if systems:
        told = ngettext("{count} information system", "{count} information systems", len(systems))
        text = _("{agencies} and {systems}", agencies=text, systems=told)
    return text + (_(", the highest level being {level}", level=max(levels)) if levels else "") + "."


def _measures(tasks: Iterable[Any]) -> str:
    """What was noted when the doing steps were done; of a process with other steps, every note."""
    noted = [task for task in tasks if task["state"] == "done" and task["note"]]
    doing = [task for task in noted if task["code"] in _DOING] or noted
    return "\n".join(f"- {task['note']}" for task in doing)


def _teller(alert: dict[str, Any], profile: Profile) -> str:
    """Who told us, as the profile names the sender of such a letter, else as the letter does; with its number."""
    number = str(alert["detail"].get("letter") or "")
    known = sender_of(profile, number) if number else None
    sender = known.name if known else str(alert.get("sender") or "")
    return f"{sender} ({number})" if sender and number else sender or number


def found_by_alerts(alerts: Sequence[dict[str, Any]], profile: Profile) -> tuple[list[str], list[str]]:
    """How the alerts came to us, in the choices of the official initial report (`ids`, `log`, `notified`); who told us."""
    told = (alert for alert in alerts if alert.get("kind") in _TOLD_BY)
    senders = list(dict.fromkeys(filter(None, (_teller(alert, profile) for alert in told))))[:4]
    kinds = {alert.get("kind") for alert in alerts}
    ways = (
        ("ids", kinds & {"eve", "network"}),
        ("log", kinds & {"sigma", "correlation", "indicator", "yara"}),
        ("notified", senders),
    )
    return [way for way, found in ways if found], senders


def detected_how(alerts: Sequence[dict[str, Any]], profile: Profile) -> str:
    """How it was detected in words: by whom told, by sensors, by reading logs."""
    ways, senders = found_by_alerts(alerts, profile)
    words = {"ids": _("intrusion detection"), "log": _("examination of logs and files")}
    told = [_("notice from: {senders}", senders=", ".join(senders))] if senders else []
    text = "; ".join([*told, *(words[way] for way in ways if way in words)])
    return text[:1].upper() + text[1:]
