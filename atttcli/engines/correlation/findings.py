"""What is said when a rule matched one event, or a correlation many."""

from __future__ import annotations

from typing import Any

from atttcli.clock import SECOND, rfc3339
from atttcli.engines.correlation.bursts import Closed, Sample, occurrence
from atttcli.engines.correlation.measures import NANO
from atttcli.engines.sigma.fields import reader, text_of
from atttcli.engines.sigma.reasons import matched
from atttcli.model.alert import Detection, Origin
from atttcli.model.canonical import canonical_address, canonical_mailbox
from atttcli.model.event import Event
from atttcli.model.excerpt import excerpt
from atttcli.model.observable import Observable, ObservableType
from atttcli.model.severity import parse_severity
from atttcli.rulepack.sigma_nodes import And, CorrelationRule, Field, Meta, Node, Not, Or, SigmaRule

_EXCERPT = 300
_DEFAULT_KEY = {
    "webserver": ("src_ip", "domain"),
    "mail": ("user", "src_ip"),
    "authentication": ("host", "user", "src_ip"),
}


def describe_event(rule: SigmaRule, event: Event, origin: Origin, pack: str) -> Detection:
    """A rule on single events matched."""
    fields = rule.meta.key or _DEFAULT_KEY.get(event.category, ("host", "user", "src_ip"))
    key = "|".join(text_of(reader(name)(event)) for name in fields)
    why = matched(rule.node, event)
    detail = {"level": rule.meta.level, "matched": [one.as_dict() for one in why]}
    return _detection(
        "sigma", rule.meta, event, at_line(origin, event.line), pack, key,
        (*dict.fromkeys(one.as_text() for one in why), excerpt(event, _EXCERPT)), detail, event.time,
    )  # fmt: skip


def describe_burst(closed: Closed, pack: str) -> Detection:
    """A correlation's burst, told as a whole."""
    rule, burst = closed.rule, closed.burst
    crossed, event = burst.crossed, burst.event
    if crossed is None or event is None:
        raise ValueError("a burst below its threshold is not told")
    group = dict(zip(rule.group_by, closed.group, strict=True))
    samples = burst.samples()
    detail: dict[str, Any] = {
        "occurrence": closed.occurrence,
        "group": group,
        "first": burst.first,
        "last": burst.last,
        "count": burst.count,
        "threshold": rule.threshold,
        "timespan": rule.timespan // SECOND,
        "samples": [_as_dict(sample) for sample in samples],
    }
    if rule.kind == "value_count":
        detail["values"] = list(burst.values)
    if rule.kind == "value_sum" and not rule.whole:
        detail["sum"] = _plain(burst.total)
    if rule.whole:
        detail["condition"], detail["measured"] = condition_text(rule), burst.measured
    origin = Origin(crossed.sha256, crossed.path, crossed.line)
    why = (_summary(closed), *(f"line {sample.line}: {sample.excerpt}" for sample in samples))
    return _detection(
        "correlation", rule.meta, event, origin, pack, "|".join(closed.group), why, detail, burst.first, group
    )  # fmt: skip


def describe_novelty(
    rule: CorrelationRule,
    group: tuple[str, ...],
    value: str,
    before: list[str],
    event: Event,
    origin: Origin,
    pack: str,
) -> Detection:
    """A group was seen with something new."""
    named = dict(zip(rule.group_by, group, strict=True))
    detail = {
        "occurrence": occurrence(rule.meta.id, group, value),
        "group": named, "value": value, "view": rule.view, "known": before, "first": event.time, "last": event.time, "count": 1,
    }  # fmt: skip
    why = (f"{rule.view} {value}, before: {', '.join(before)}", excerpt(event, _EXCERPT))
    key = "|".join((*group, value))
    return _detection(
        "correlation", rule.meta, event, at_line(origin, event.line), pack, key, why, detail, event.time, named
    )  # fmt: skip


def at_line(origin: Origin, line: int) -> Origin:
    """The file's origin with the event's line, unless the caller gave a line already."""
    return origin if origin.line is not None else Origin(origin.sha256, origin.path, line, origin.offset)


def _detection(
    engine: str, meta: Meta, event: Event, origin: Origin, pack: str, key: str, why: tuple[str, ...],
    detail: dict[str, Any], time: int | None, group: dict[str, str] | None = None,
) -> Detection:  # fmt: skip
    victim = _victim(event, group)
    detail |= {
        "category": meta.category,
        "titles": {"en": meta.title, "vi": meta.title_vi},
        "rule": {"file": meta.where.path, "line": meta.where.line, "name": meta.name, "description": meta.description},
        "victim": victim,
    }
    if meta.playbook:
        detail["playbook"] = meta.playbook
    return Detection(
        engine=engine,
        rule_id=meta.id,
        title=meta.title,
        severity=parse_severity(meta.level),
        origin=origin,
        time=time,
        pack=pack,
        key=key,
        tags=meta.tags,
        observables=tuple(_observables(event, group, victim)),
        why=why,
        detail=detail,
    )


def _observables(event: Event, group: dict[str, str] | None, victim: str) -> list[Observable]:
    """The parties. For a burst only what its group fixes: the last event's other fields say nothing about the rest."""
    found: list[Observable] = []
    if group is None or "src_ip" in group:
        address = canonical_address(event.src_ip)
        if address is not None:
            found.append(Observable(*address, "source"))
    mailbox = canonical_mailbox(victim)
    target = canonical_address(victim) or ((ObservableType.EMAIL, mailbox) if mailbox else None)
    if target is not None:
        found.append(Observable(*target, "victim"))
    return found


def _victim(event: Event, group: dict[str, str] | None) -> str:
    """Our own side: the account (if it is fixed), else the site or host that the log is of."""
    user = event.user if group is None else group.get("user", "")
    if event.category == "webserver":
        return event.domain or event.dst_ip or event.host or user
    return user or event.host or event.dst_ip


def condition_text(rule: CorrelationRule) -> str:
    """The condition as a person writes it: `gt 100 and lte 200`, `a and not b`."""
    if rule.expression is not None:
        return _words(rule.expression)
    return " and ".join(f"{op} {bound:g}" for op, bound in rule.condition)


def _words(node: Node) -> str:
    if isinstance(node, Field):
        return node.name
    if isinstance(node, Not):
        return f"not ({_words(node.child)})"
    joined = " and " if isinstance(node, And) else " or "
    return joined.join(f"({_words(one)})" if isinstance(one, (And, Or)) else _words(one) for one in node.children)


def _plain(billionths: int) -> int | float:
    return billionths // NANO if billionths % NANO == 0 else billionths / NANO


def _summary(closed: Closed) -> str:
    rule, burst = closed.rule, closed.burst
    window = f"{rule.timespan // SECOND} s"
    threshold = "" if rule.kind.startswith("temporal") else f" (threshold {rule.threshold} in {window})"
    if rule.whole:
        head = rule.kind if rule.expression is None else condition_text(rule)
        head += f" of {rule.field}" if rule.field else ""
        threshold = f" {burst.measured} (condition {condition_text(rule)} in {window})" if rule.condition else ""
    elif rule.kind == "value_count":
        head = f"{len(burst.values)} different {rule.field}: {', '.join(list(burst.values)[:10])}"
    elif rule.kind == "value_sum":
        head = f"{rule.field} adds up to {_plain(burst.total)}"
    elif rule.kind in ("temporal", "temporal_ordered"):
        head = " then ".join(rule.rules) if rule.kind == "temporal_ordered" else " and ".join(rule.rules)
        head = condition_text(rule) if rule.expression is not None else head
    else:
        head = f"{burst.count} events"
    return f"{head}{threshold}, {_moment(burst.first)} to {_moment(burst.last)}"


def _moment(micros: int) -> str:
    """A time for people; a crafted stamp outside the calendar as its number."""
    try:
        return rfc3339(micros)
    except (OverflowError, ValueError):
        return f"{micros} µs"


def _as_dict(sample: Sample) -> dict[str, Any]:
    return {"path": sample.path, "sha256": sample.sha256, "line": sample.line, "time": sample.time}
