"""What is said when an indicator met something: who is bad, who of ours is the other side, why, and from which list."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from atttcli.model.alert import Detection, Origin
from atttcli.model.canonical import canonical, canonical_mailbox
from atttcli.model.event import Event
from atttcli.model.observable import Indicator, Observable, ObservableType
from atttcli.model.severity import Severity

if TYPE_CHECKING:
    from atttcli.engines.indicators.engine import Sighted

# Incident types of the profiles (docs/decisions/0060): a hint for triage, not a verdict.
_CATEGORY = {"c2": "madoc", "malware": "madoc", "phishing": "giamao", "attacker": "truycap", "scanner": "truycap"}
_EXCERPT = 300


def describe_event(
    event: Event,
    field: str,
    value: tuple[ObservableType, str],
    given: tuple[Indicator, ...],
    own: Callable[[str], bool],
    origin: Origin,
    pack: str,
) -> Detection:
    """An event's field met indicators (all of one value)."""
    victim = _other_side(event, field, own)
    why = [f"{field} = {value[1]}", event.raw[:_EXCERPT]]
    if event.time is None and _limited(given):
        why.append("the event carries no time: the indicator's validity was not checked")
    return _detection(value, given, victim, origin, event.time, pack, why, field)


def describe_sighting(
    seen: Sighted,
    value: tuple[ObservableType, str],
    given: tuple[Indicator, ...],
    own: Callable[[str], bool],
    origin: Origin,
    pack: str,
) -> Detection:
    """A capture showed the value."""
    sides = [side for side in (seen.src_ip, seen.dst_ip) if side and side != value[1]]
    victim = next((side for side in sides if own(side)), sides[0] if sides else "")
    why = [f"{seen.via} = {value[1]}", f"{seen.src_ip} > {seen.dst_ip}"]
    return _detection(value, given, victim, origin, seen.time, pack, why, seen.via)


def describe_file(
    value: tuple[ObservableType, str], given: tuple[Indicator, ...], origin: Origin, at: int | None, pack: str
) -> Detection:
    """A file's hash is known bad."""
    return _detection(value, given, "", origin, at, pack, [f"{value[0]} = {value[1]}"], str(value[0]))


def _detection(
    value: tuple[ObservableType, str],
    given: tuple[Indicator, ...],
    victim: str,
    origin: Origin,
    time: int | None,
    pack: str,
    why: list[str],
    field: str,
) -> Detection:
    worst = max(given, key=lambda one: one.severity)
    first = given[0]
    kind = worst.kind
    observables = [Observable(value[0], value[1], kind)]
    ours = observable_of(victim, "victim")
    if ours is not None:
        observables.append(ours)
    why += [_source_line(one) for one in given]
    detail: dict[str, Any] = {
        "indicators": [_as_dict(one) for one in given],
        "field": field,
        "matched": value[1],
        "victim": victim,
        "category": _CATEGORY.get(kind, "khac"),
    }
    title = f"{kind}: {first.value}" + (f" ({worst.description})" if worst.description else "")
    return Detection(
        engine="indicator",
        rule_id=f"{first.type}:{first.value}",
        title=title,
        severity=Severity(min(4, max(0, worst.severity))),
        origin=origin,
        time=time,
        pack=pack,
        key=f"{value[1]}|{victim}",
        tags=tuple(dict.fromkeys(one.kind for one in given)),
        observables=tuple(observables),
        why=tuple(why),
        detail=detail,
    )


def _source_line(one: Indicator) -> str:
    return f"{one.kind} {one.type} {one.value}, source: {one.source}" + (
        f": {one.description}" if one.description else ""
    )


def _as_dict(one: Indicator) -> dict[str, Any]:
    return {
        "type": str(one.type), "value": one.value, "kind": one.kind, "source": one.source,
        "description": one.description, "valid_from": one.valid_from, "valid_until": one.valid_until, "tlp": one.tlp,
    }  # fmt: skip


def _limited(given: tuple[Indicator, ...]) -> bool:
    return any(one.valid_from is not None or one.valid_until is not None for one in given)


def _other_side(event: Event, field: str, own: Callable[[str], bool]) -> str:
    """Who of ours met the bad value: the first of the event's parties that is ours, else the likeliest one."""
    parties: tuple[str, ...]
    if field == "src_ip":
        parties = (event.user, event.dst_ip, event.domain, event.host)
        if not any(party and own(party) for party in parties):  # guessed account names are nobody: the host is
            parties = (event.host, event.domain, event.dst_ip, event.user)
    elif event.category == "mail":
        parties = (*_recipients(event, field), event.user, event.src_ip, event.host)
    else:
        parties = (event.src_ip, event.user, event.host)
    shown = [party for party in parties if party]
    return next((party for party in shown if own(party)), shown[0] if shown else "")


def _recipients(event: Event, field: str) -> list[str]:
    names = ("recipient", "to", "orig_to", "sender", "from")
    found = [event.fields.get(name) for name in names if name != field]
    return [mailbox for text in found if isinstance(text, str) and (mailbox := canonical_mailbox(text))]


def observable_of(text: str, role: str) -> Observable | None:
    """An address, mailbox or name as an observable with a role; None for anything else."""
    for kind in (ObservableType.IPV4, ObservableType.EMAIL, ObservableType.DOMAIN):
        known = canonical(kind, text) if text else None
        if known is not None:
            return Observable(known[0], known[1], role)
    return None
