"""How findings of `detect logs` are told: a table, JSON, CSV for spreadsheets, one row a rule; as they come or in order of time."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, Protocol

from atttcli.cli import render
from atttcli.cli.log_findings import as_json_object, stamp
from atttcli.cli.matching import Disabled, Rows
from atttcli.model.severity import Severity
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from atttcli.cli.log_steps import Shown
    from atttcli.model.alert import Detection
    from atttcli.model.event import Event

FORMS = ("rows", "json", "csv", "summary", "summary-json")
CSV_HEADING = (
    "time", "local_time", "level", "rule", "title", "path", "line", "host", "user", "src_ip", "dst_ip", "tags", "event",
)  # fmt: skip
_EXCERPT = 240
_RUN = 50_000  # findings that are put in order at once; more go to unnamed files
_NAMES = 10_000  # files, machines of one rule that are told apart
_NEVER = "~"  # after every stamp

Sorted = tuple[str, "Shown"]


@dataclass(frozen=True, slots=True)
class Presenter:
    """What is shown of a finding, made where the finding is made: maybe by another process.

    By time it is the stamp (RFC 3339 UTC: text orders as time does) before what is shown.
    """

    form: str
    by_time: bool
    least: Severity
    disabled: Disabled
    since: int | None = None
    until: int | None = None

    def __call__(self, found: Detection, event: Event | None) -> Shown | None:
        """None of a rule that was switched off, below the level or out of the time that was asked for."""
        if found.severity < self.least or self.disabled.covers(found.rule_id) or not self._in_time(found, event):
            return None
        shown = self._shown(found, event)
        if not self.by_time:
            return shown
        at = stamp(_time(found, event)) or _NEVER
        return (at, shown) if isinstance(shown, str) else (at, *shown)

    def _in_time(self, found: Detection, event: Event | None) -> bool:
        """A record without a time may be of any: it is told."""
        if self.since is None and self.until is None:
            return True
        time = _time(found, event)
        return time is None or (
            (self.since is None or time >= self.since) and (self.until is None or time < self.until)
        )

    def _shown(self, found: Detection, event: Event | None) -> Shown:
        if self.form == "json":
            return render.json_text(as_json_object(found, event))
        if self.form == "rows":
            return _cells(found, event)
        return _csv_cells(found, event) if self.form == "csv" else _summary_cells(found, event)


def _time(found: Detection, event: Event | None) -> int | None:
    return event.time if event is not None and event.time is not None else found.time


def _local(found: Detection, event: Event | None) -> str:
    from atttcli.clock import local_text

    time = _time(found, event)
    try:
        return local_text(time) if time is not None else ""
    except (OverflowError, ValueError):  # a crafted time that no calendar holds
        return ""


def _cells(found: Detection, event: Event | None) -> tuple[str, ...]:
    from atttcli.cli.alert_view import detection_title, severity_word

    return (
        found.origin.path, str(found.origin.line or ""), found.rule_id, severity_word(found.severity),
        detection_title(found), _text(found, event)[:_EXCERPT], _local(found, event),
    )  # fmt: skip


def _csv_cells(found: Detection, event: Event | None) -> tuple[str, ...]:
    from atttcli.cli.alert_view import detection_title

    return (
        stamp(_time(found, event)) or "", _local(found, event), found.severity.label, found.rule_id, detection_title(found),
        found.origin.path, str(found.origin.line or ""), *_parties(event), " ".join(found.tags), _text(found, event),
    )  # fmt: skip


def _parties(event: Event | None) -> tuple[str, str, str, str]:
    return (event.host, event.user, event.src_ip, event.dst_ip) if event is not None else ("", "", "", "")


def _summary_cells(found: Detection, event: Event | None) -> tuple[str, ...]:
    from atttcli.cli.alert_view import detection_title

    return (
        found.rule_id, str(int(found.severity)), found.engine, found.title, detection_title(found), found.origin.path,
        _parties(event)[0], stamp(_time(found, event)) or "", "\n".join(found.tags),
    )  # fmt: skip


def _text(found: Detection, event: Event | None) -> str:
    """What a correlation adds up to, or the event that a rule matched."""
    from atttcli.cli.alert_view import said_why
    from atttcli.cli.event_lines import record

    if event is None or found.engine == "correlation":
        return "; ".join(said_why(text) for text in found.why)
    return record(event.raw, event.fields)


class Listing(Protocol):
    """What becomes of that which a `Presenter` gave."""

    def add(self, shown: Shown) -> None: ...

    def close(self) -> None:
        """After the last."""


def listing(form: str, by_time: bool) -> Listing:
    """The listing of a form."""
    made: Listing = _Table()
    if form == "json":
        made = _Json()
    elif form == "csv":
        made = _Csv()
    elif form != "rows":
        made = _Summary(as_json=form == "summary-json")
    return _ByTime(made) if by_time else made


class _Table:
    def __init__(self) -> None:
        columns = (_("File"), _("Line"), _("Rule"), _("Severity"), _("Title"), _("Event"), _("Time"))
        self._rows = Rows(columns, wide=(4, 5))
        self._levels: Counter[str] = Counter()

    def add(self, shown: Shown) -> None:
        self._rows.add(*shown)
        self._levels[shown[3]] += 1

    def close(self) -> None:
        from atttcli.cli.alert_view import severity_word

        self._rows.show(_draw)
        if render.is_terminal() and self._levels.total() > 1:
            words = [severity_word(level) for level in reversed(Severity)]
            render.line(" · ".join(f"{word} {self._levels[word]}" for word in words if self._levels[word]))


def _draw(row: tuple[object, ...]) -> None:
    """A finding on a narrow screen."""
    from atttcli.cli.event_lines import entry

    path, line, rule, severity, title, text, time = map(str, row)
    place = f"{path}:{line}" if line else path
    entry(f"{severity}  {rule}  {title}", (f"{time}  {place}" if time else place, text))


class _Json:
    def add(self, shown: Shown) -> None:
        assert isinstance(shown, str)
        render.emit_json_text(shown)

    def close(self) -> None:
        """Each line has been written."""


class _Csv:
    def __init__(self) -> None:
        render.csv_line(CSV_HEADING)

    def add(self, shown: Shown) -> None:
        render.csv_line(shown)

    def close(self) -> None:
        """Each line has been written."""


@dataclass(slots=True)
class _RuleCount:
    severity: int
    engine: str
    title: str
    told: str
    tags: list[str]
    matches: int = 0
    files: set[str] = field(default_factory=set)
    hosts: set[str] = field(default_factory=set)
    first: str = ""
    last: str = ""

    def add(self, path: str, host: str, at: str) -> None:
        self.matches += 1
        for name, names in ((path, self.files), (host, self.hosts)):
            if name and len(names) < _NAMES:
                names.add(name)
        if at:
            self.first = min(self.first or at, at)
            self.last = max(self.last, at)


class _Summary:
    """A row a rule: how often, in how many files, on how many machines, from when to when; the gravest first."""

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json
        self._rules: dict[str, _RuleCount] = {}

    def add(self, shown: Shown) -> None:
        assert isinstance(shown, tuple)
        rule, severity, engine, title, told, path, host, at, tags = shown
        count = self._rules.get(rule)
        if count is None:
            count = self._rules[rule] = _RuleCount(int(severity), engine, title, told, tags.split("\n") if tags else [])
        count.severity = max(count.severity, int(severity))  # an antivirus finding is as grave as what was found
        count.add(path, host, at)

    def close(self) -> None:
        ordered = sorted(self._rules.items(), key=lambda one: (-one[1].severity, -one[1].matches, one[0]))
        if self._as_json:
            render.emit_json_lines(_summary_json(rule, count) for rule, count in ordered)
        elif ordered:
            _show_summary(ordered)


def _summary_json(rule: str, count: _RuleCount) -> dict[str, Any]:
    return {
        "rule": rule, "title": count.title, "severity": Severity(count.severity).label, "engine": count.engine,
        "matches": count.matches, "files": len(count.files), "hosts": len(count.hosts), "first": count.first or None,
        "last": count.last or None, "tags": count.tags,
    }  # fmt: skip


def _show_summary(ordered: list[tuple[str, _RuleCount]]) -> None:
    from atttcli.cli.alert_view import severity_word

    columns = (
        _("Severity"), _("Rule"), _("Title"), _("Matches"), _("Files"), _("Machines"), _("First seen"), _("Last seen"),
    )  # fmt: skip
    rows = (
        (
            severity_word(one.severity), rule, one.told, one.matches, len(one.files), len(one.hosts), _day(one.first),
            _day(one.last),
        )
        for rule, one in ordered
    )  # fmt: skip
    render.table(columns, rows, wide=(1, 2), whole=(3, 4, 5, 6, 7))
    levels: Counter[int] = Counter()
    for _rule, one in ordered:
        levels[one.severity] += one.matches
    told = " · ".join(f"{severity_word(level)} {levels[level]}" for level in sorted(levels, reverse=True))
    render.line(
        ngettext("{count} rule matched: {levels}", "{count} rules matched: {levels}", len(ordered), levels=told)
    )


def _day(at: str) -> str:
    from atttcli.clock import local_text, parse_moment

    return local_text(parse_moment(at), seconds=False) if at else ""


class _ByTime:
    """Holds what comes until the end; beyond a bound in sorted runs in unnamed files. Of one moment, in the order it came."""

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._held: list[Sorted] = []
        self._runs: list[IO[bytes]] = []
        self._files = ExitStack()

    def add(self, shown: Shown) -> None:
        assert isinstance(shown, tuple)
        at, *rest = shown
        self._held.append((at, tuple(rest)))
        if len(self._held) >= _RUN:
            self._put_away()

    def close(self) -> None:
        with self._files:
            self._held.sort(key=_at)
            runs: list[Iterable[Sorted]] = [*map(_kept, self._runs), self._held]
            single = isinstance(self._listing, _Json)
            for _stamp, shown in heapq.merge(*runs, key=_at):
                self._listing.add(shown[0] if single else shown)
            self._listing.close()

    def _put_away(self) -> None:
        from tempfile import TemporaryFile

        import msgspec

        encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode  # one line each: JSON escapes line ends
        self._held.sort(key=_at)
        kept = self._files.enter_context(TemporaryFile())  # noqa: SIM115 - closed with the stack
        for one in self._held:
            kept.write(encode(one) + b"\n")
        self._runs.append(kept)
        self._held = []


def _kept(run: IO[bytes]) -> Iterator[Sorted]:
    import msgspec

    decode = msgspec.json.Decoder(tuple[str, tuple[str, ...]]).decode
    run.seek(0)
    for line in run:
        yield decode(line)


def _at(one: Sorted) -> str:
    return one[0]
