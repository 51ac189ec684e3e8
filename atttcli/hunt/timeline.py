"""What happened around a moment, in all that is kept: events of every log, sightings of alerts, decisions on incidents."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from atttcli.clock import DAY, MINUTE, parse_moment, to_micros
from atttcli.errors import NotFound, UsageError
from atttcli.hunt.ask import Bounds, hunting
from atttcli.hunt.brief import brief
from atttcli.hunt.choose import Window, files
from atttcli.hunt.columns import REF_DIGITS
from atttcli.hunt.conditions import Condition, Where, where
from atttcli.hunt.parts import folder_of
from atttcli.journal.journal import read_entries, undone_seqs
from atttcli.store.connection import Store
from atttcli.store.numbers import resolve_number
from atttcli.store.projection import Entry
from atttcli.store.workspace import Workspace

_REF = re.compile(rf"([0-9a-f]{{{REF_DIGITS}}})[0-9a-f]{{0,48}}:([0-9]{{1,18}})\Z")
_ALERT = re.compile(r"CB-", re.IGNORECASE)
_DECISIONS = (
    "incident.",
    "task.",
    "evidence.",
    "advisory.",
    "delivery.",
    "alert.",
    "playbook.",
    "run.",
    "letter.",
    "custody.",
)
_MOST_DECISIONS = 2000


@dataclass(frozen=True, slots=True)
class Around:
    """What a timeline is about: a window, its middle, and the event or alert that was named."""

    window: Window
    middle: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Whom:
    """Only what concerns this machine, account, address or network; empty is everybody."""

    host: str = ""
    user: str = ""
    address: str = ""

    @property
    def any(self) -> bool:
        """Whether anybody is meant."""
        return bool(self.host or self.user or self.address)


@dataclass(frozen=True, slots=True)
class Moment:
    """One line. `sort`: event, alert, decision; `object` names it (ref, alert number, object of the entry).

    `brief` is what a line of a screen has room for; `severity` and `detail` are an alert's.
    """

    at: int
    sort: str
    object: str
    what: str
    who: str
    text: str
    source: str = ""
    brief: str = ""
    severity: int = 0
    detail: Mapping[str, Any] = field(default_factory=dict)


def around(workspace: Workspace, store: Store, text: str, minutes: float) -> Around:
    """From an alert's number, an event's name (`ref`) or a time. NotFound, or UsageError when it is none of these."""
    span = int(minutes * MINUTE)
    if found := _REF.match(text.strip().lower()):
        at = _time_of(workspace, store, found[1], int(found[2]))
        return Around(Window(at - span, at + span + 1), at, f"{found[1]}:{int(found[2])}")
    if _ALERT.match(text) or text.strip().isdecimal() or text.strip().upper() == "LAST":
        number = resolve_number(store, "alert", text)
        row = store.row("SELECT first_seen, last_seen FROM alert WHERE number = ?", number)
        first, last = (row["first_seen"], row["last_seen"]) if row is not None else (None, None)
        if first is None:
            raise UsageError(f"alert {number} carries no time", hint="--around TIME")
        last = last if last is not None and last - first <= DAY else first  # one seen for months: where it began
        return Around(Window(first - span, last + span + 1), first, number)
    try:
        at = parse_moment(text)
    except (ValueError, OverflowError):
        raise UsageError(
            f"neither an alert nor an event nor a time: {text[:60]!r}",
            hint="--around CB-2026-0001, --around 0123456789abcdef:17, --around '2021-05-13 08:00'",
        ) from None
    return Around(Window(at - span, at + span + 1), at)


def timeline(
    workspace: Workspace, store: Store, about: Around, whom: Whom, bounds: Bounds,
    words: Callable[[Entry], str],
) -> tuple[list[Moment], bool]:  # fmt: skip
    """In order of time, and whether there was more: then the nearest to the middle are given. `words` tells a decision."""
    alerts = list(_alerts(store, about.window, whom))
    incidents = {row["incident"] for row in alerts if row["incident"]}
    found = [*_events(workspace, store, about, whom, bounds), *map(_alert, alerts)]
    found += _decisions(store, about.window, incidents if whom.any else None, words)
    found.sort(key=lambda one: (abs(one.at - about.middle), *_place(one)))
    cut = len(found) > bounds.rows
    return sorted(found[: bounds.rows], key=_place), cut


_ORDER = {"event": 0, "alert": 1, "decision": 2}


def _place(one: Moment) -> tuple[int, int, str, int]:
    """Events of one moment stand log by log in the order of their lines, then alerts, then decisions: the same each time."""
    log, _, line = one.object.partition(":")
    return one.at, _ORDER[one.sort], log, int(line) if line.isdecimal() else 0


def _time_of(workspace: Workspace, store: Store, digits: str, line: int) -> int:
    paths = files(workspace, store, Window(), sha256=digits)
    with (
        hunting(folder_of(workspace.root), paths, Bounds(rows=1)) as opened,
        opened.ask('SELECT epoch_us("time") FROM events WHERE line = ? LIMIT 1', [line]) as answer,
    ):
        row = next(answer.rows, None)
    if row is None:
        raise NotFound(f"no event {digits}:{line} is kept", hint="atttcli hunt --field ...")
    if row[0] is None:
        raise UsageError(f"event {digits}:{line} carries no time", hint="--around TIME")
    return int(row[0])


def _events(workspace: Workspace, store: Store, about: Around, whom: Whom, bounds: Bounds) -> Iterator[Moment]:
    paths = files(workspace, store, about.window)
    meant = concerned(whom)
    names = ", ".join(f'"{name}"' for name in _NEEDED)
    nearest = f'abs(epoch_us("time") - {int(about.middle)}), source_sha256, line'
    sql = f"SELECT {names} FROM events WHERE {meant.sql} ORDER BY {nearest} LIMIT {bounds.rows + 1}"
    wider = Bounds(bounds.memory, bounds.threads, bounds.seconds, bounds.rows + 1)
    with (
        hunting(folder_of(workspace.root), paths, wider, about.window) as opened,
        opened.ask(sql, meant.values) as answer,
    ):
        for row in answer.rows:
            one = dict(zip(_NEEDED, row, strict=True))
            what = "/".join(part for part in (one["product"], one["service"]) if part) or one["category"] or one["kind"]
            who = " ".join(part for part in (one["user"], one["src_ip"] or one["host"]) if part)
            at = to_micros(one["time"].replace(tzinfo=UTC))
            yield Moment(at, "event", one["ref"], what, who, one["raw"], one["source"], brief(one))


_NEEDED = (
    "time", "ref", "kind", "category", "product", "service", "host", "user", "src_ip", "dst_ip", "dst_port", "domain", "url",
    "action", "outcome", "raw", "fields", "source",
)  # fmt: skip


def concerned(whom: Whom) -> Where:
    """The condition that an event must meet to concern somebody."""
    parts = [
        where([Condition(name, "=", value)]) for name, value in (("host", whom.host), ("user", whom.user)) if value
    ]
    if whom.address:
        ends = [where([Condition(name, "=", whom.address)]) for name in ("src_ip", "dst_ip")]
        parts.append(Where(f"({ends[0].sql} OR {ends[1].sql})", (*ends[0].values, *ends[1].values)))
    sql = " AND ".join(part.sql for part in parts) or "true"
    return Where(sql, tuple(value for part in parts for value in part.values))


def _alerts(store: Store, window: Window, whom: Whom) -> Iterator[dict[str, Any]]:
    rows = store.rows(
        "SELECT a.number, a.title, a.kind, a.severity, a.victim, a.key, a.detail, a.observables, s.time, s.source_path, s.line,"
        " coalesce(t.incident, '') AS incident FROM sighting s JOIN alert a ON a.id = s.alert"
        " LEFT JOIN alert_state t ON t.alert = a.number WHERE s.time >= ? AND s.time < ? ORDER BY s.time LIMIT 20000",
        window.since if window.since is not None else -(1 << 62), window.until if window.until is not None else 1 << 62,
    )  # fmt: skip
    meant = [value.lower() for value in (whom.host, whom.user, whom.address) if value]
    for row in rows:
        if not meant or all(_speaks_of(row, value) for value in meant):
            yield dict(row)


def _speaks_of(row: Any, value: str) -> bool:
    text = "\n".join((row["victim"], row["key"], row["observables"], row["detail"])).lower()
    if "/" in value:
        import ipaddress

        try:
            network = ipaddress.ip_network(value, strict=False)
        except ValueError:
            return value in text
        return any(_inside(word, network) for word in re.findall(r"[0-9a-f:.]{3,45}", text))
    return value.replace("*", "") in text


def _inside(word: str, network: Any) -> bool:
    import ipaddress

    try:
        return ipaddress.ip_address(word) in network
    except ValueError:
        return False


def _alert(row: dict[str, Any]) -> Moment:
    text = row["title"] + (f" ({row['incident']})" if row["incident"] else "")
    return Moment(
        row["time"], "alert", row["number"], row["kind"], row["victim"] or row["key"].strip("|"), text, row["source_path"],
        severity=row["severity"], detail=json.loads(row["detail"]),
    )  # fmt: skip


def _decisions(
    store: Store, window: Window, incidents: Iterable[str] | None, words: Callable[[Entry], str]
) -> Iterator[Moment]:
    """Entries of the journal about casework; of these incidents only, if given."""
    rows = store.rows(
        "SELECT seq, verb FROM journal WHERE time >= ? AND time < ? AND verb != 'undone' ORDER BY seq LIMIT ?",
        window.since or 0, window.until if window.until is not None else 1 << 62, _MOST_DECISIONS * 10,
    )  # fmt: skip
    seqs = [row["seq"] for row in rows if row["verb"].startswith(_DECISIONS)][:_MOST_DECISIONS]
    if not seqs:
        return
    if incidents is not None:
        of = set(incidents)
        touching = store.rows("SELECT seq, object FROM touch")
        kept = {row["seq"] for row in touching if row["object"] in of}
        seqs = [seq for seq in seqs if seq in kept]
    gone = undone_seqs(store.connection)
    for start in range(0, len(seqs), 500):
        for entry in read_entries(store.connection, seqs=seqs[start : start + 500]):
            if entry.seq not in gone:
                yield Moment(entry.time, "decision", entry.object, entry.verb, entry.actor, words(entry))
