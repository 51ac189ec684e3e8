"""The board on the screen and as JSON; names of machines and versions of rules come from outside and stay words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from atttcli.cli import render
from atttcli.cli.fleet_agenda import OVERDUE, overdue_words
from atttcli.clock import local_text, rfc3339
from atttcli.fleet.board import CLEAN, HANDLED, HOLES, NEVER, OPEN, STATES
from atttcli.fleet.kits import ACTIVE, EXPIRED
from atttcli.text.messages import _, ngettext

if TYPE_CHECKING:
    from atttcli.cli.context import App
    from atttcli.fleet.board import Board, Coverage, Machine
    from atttcli.fleet.kits import Kit


@dataclass(frozen=True, slots=True)
class _Line:
    """One agency in figures."""

    agency: str
    coverage: Coverage
    overdue: int
    behind: int
    unsigned: int
    last: int | None
    kits_out: int
    kits_expired: int
    gaps: int

    @classmethod
    def of(cls, found: Board, agency: str, kits: Sequence[Kit], gaps: int) -> _Line:
        mine = found.of(agency)
        scans = [one.scan for one in mine if one.scan is not None]
        states = [one.state(found.now) for one in kits]
        return cls(
            agency, found.coverage((agency,)), sum(one.overdue for one in mine), sum(one.behind for one in scans),
            sum(not one.signed for one in scans), max((one.finished for one in scans), default=None),
            states.count(ACTIVE), states.count(EXPIRED), gaps,
        )  # fmt: skip


def emit_board(app: App, found: Board, kits: Sequence[Kit], *, each: bool, overdue: bool) -> None:
    """Machines (those asked for; without --agency or --overdue all), agencies, gaps, and the total in the last line."""
    machines = found.overdue if overdue else found.machines
    for machine in machines:
        render.emit_json(_machine_object(machine))
    lines = _lines(found, kits)
    for line in lines:
        render.emit_json({"kind": "agency", "agency": line.agency, **_figures(line)})
    for gap in found.gaps:
        render.emit_json(
            {"kind": "gap", **{name: gap[name] for name in ("agency", "kit", "machine", "host", "missing")}}
        )
    total = found.coverage()
    render.emit_json(
        {
            "kind": "total", "machines": total.total, "scanned": total.scanned, "others": total.others,
            **{state: len(total.of(state)) for state in STATES}, "overdue": len(found.overdue),
            "rules_newest": found.newest, "next": [command for _text, command in _next(found)],
        }
    )  # fmt: skip


def show_board(app: App, found: Board, kits: Sequence[Kit], *, each: bool, overdue: bool) -> None:
    """A table of agencies or of machines, then what is missing, the total and what to do next."""
    if not found.machines:
        render.line(_("No machine is registered, and none was scanned."))
        render.line(_("Next: {command}", command="atttcli fleet host add --file may-tram.csv"))
        return
    if overdue or each:
        _show_machines(found.overdue if overdue else found.machines)
    else:
        _show_agencies(app, found, kits)
    for gap in found.gaps:
        missing = ", ".join(map(str, gap["missing"][:10]))
        render.line(_("{agency}: bundle {missing} of kit {kit} and machine {host} never came",
                      agency=gap["agency"], missing=missing, kit=gap["kit"], host=gap["host"]))  # fmt: skip
    if each:
        _show_kits(found, kits)
    render.line(total_words(found.coverage()))
    for text, command in _next(found):
        render.line(f"{text}: {command}")


def total_words(coverage: Coverage) -> str:
    """`41 machines: 37 clean, 4 handled, …; 2 others were scanned too.`"""
    counted = {state: len(coverage.of(state)) for state in STATES}
    parts = [
        _("{n} of {total} machines clean", n=counted[CLEAN], total=coverage.total),
        _("{n} handled", n=counted[HANDLED]),
    ]
    told = {OPEN: _("{n} with findings that wait", n=counted[OPEN]),
            HOLES: _("{n} not judged in whole", n=counted[HOLES]),
            NEVER: _("{n} never scanned", n=counted[NEVER])}  # fmt: skip
    parts += [text for state, text in told.items() if counted[state]]
    text = ", ".join(parts)
    if coverage.others:
        text += "; " + ngettext(
            "{count} scanned machine is not in the register", "{count} scanned machines are not in the register",
            coverage.others,
        )  # fmt: skip
    return text + "."


def state_word(state: str) -> str:
    """A machine's state as people say it."""
    return {
        NEVER: _("never scanned"), CLEAN: _("clean"), HOLES: _("with holes"), OPEN: _("FINDINGS"), HANDLED: _("handled")
    }[state]  # fmt: skip


def _show_agencies(app: App, found: Board, kits: Sequence[Kit]) -> None:
    columns = (
        _("Agency"), _("Machines"), _("Scanned"), _("Clean"), _("With holes"), _("Findings"), _("Handled"), _("Overdue"),
        _("Old rules"), _("Unsigned"), _("Last scan"), _("Kits out/expired"),
    )  # fmt: skip
    rows = (
        (
            line.agency or "-", line.coverage.total, line.coverage.scanned,
            *(len(line.coverage.of(state)) for state in (CLEAN, HOLES, OPEN, HANDLED)), line.overdue, line.behind,
            line.unsigned, "-" if line.last is None else local_text(line.last, seconds=False),
            f"{line.kits_out}/{line.kits_expired}",
        )
        for line in _lines(found, kits)
    )  # fmt: skip
    render.table(columns, rows)


def _show_machines(machines: Sequence[Machine]) -> None:
    columns = (
        _("Agency"), _("Machine"), _("State"), _("Last scan"), _("By"), _("Rules"), _("Files"), _("Not judged"), _("Findings"),
        _("Waiting"), _("Due"),
    )  # fmt: skip
    render.table(columns, map(_machine_row, machines), wide=(1,))


def _machine_row(one: Machine) -> tuple[object, ...]:
    scan = one.scan
    due = "-" if one.due is None else local_text(one.due, seconds=False) + (f" {_('OVERDUE')}" if one.overdue else "")
    name = one.name if one.expected else _("{name} (not in the register)", name=one.name)
    if scan is None:
        return one.agency or "-", name, state_word(one.state), "-", "-", "-", "-", "-", "-", "-", due
    rules = scan.rules_version or scan.rules_digest[:8]
    return (
        one.agency or "-", name, state_word(one.state), local_text(scan.finished, seconds=False), _by(one),
        rules + (f" {_('(old)')}" if scan.behind else ""), scan.files, scan.holes, scan.findings, len(one.waiting), due,
    )  # fmt: skip


def _by(one: Machine) -> str:
    scan = one.scan
    if scan is None or scan.source == "local":
        return _("here")
    odd = [_("UNSIGNED")] if not scan.signed else []
    odd += [word for word in scan.flags if word != "unsigned"]
    return " ".join((scan.kit, *odd))


def _show_kits(found: Board, kits: Sequence[Kit]) -> None:
    states = {ACTIVE: _("in force"), EXPIRED: _("expired")}
    for one in kits:
        state = one.state(found.now)
        if state in states:
            until = local_text(one.expires, seconds=False)
            render.line(_("Kit {number}: {state}, until {until}", number=one.number, state=states[state], until=until))


def _lines(found: Board, kits: Sequence[Kit]) -> list[_Line]:
    mine: dict[str, list[Kit]] = {}
    for one in kits:
        mine.setdefault(one.agency, []).append(one)
    gaps: dict[str, int] = {}
    for gap in found.gaps:
        gaps[gap["agency"]] = gaps.get(gap["agency"], 0) + len(gap["missing"])
    codes = sorted({*found.agencies, *mine})
    return [_Line.of(found, code, mine.get(code, ()), gaps.get(code, 0)) for code in codes]


def _next(found: Board) -> Iterator[tuple[str, str]]:
    """What to do now, each with its command."""
    if found.overdue:
        yield overdue_words(len(found.overdue)), OVERDUE
    waiting = [number for one in found.machines if one.state == OPEN for number in one.waiting]
    if waiting:
        text = ngettext("{count} alert of machines waits", "{count} alerts of machines wait", len(set(waiting)))
        yield text, f"atttcli alert show {min(waiting)}"
    if found.gaps:
        first = found.gaps[0]
        yield (
            _("Ask for what is missing, then import it"),
            f"atttcli bundle import …  # {first['agency']} {first['kit']}",
        )


def _figures(line: _Line) -> dict[str, Any]:
    coverage = line.coverage
    return {
        "machines": coverage.total, "scanned": coverage.scanned, "others": coverage.others,
        **{state: len(coverage.of(state)) for state in STATES}, "overdue": line.overdue, "old_rules": line.behind,
        "unsigned": line.unsigned, "last": None if line.last is None else rfc3339(line.last), "kits_out": line.kits_out,
        "kits_expired": line.kits_expired, "bundles_missing": line.gaps,
    }  # fmt: skip


def _machine_object(one: Machine) -> dict[str, Any]:
    scan = one.scan
    told = None if scan is None else {
        "source": scan.source, "signed": scan.signed, "kit": scan.kit, "machine": scan.machine,
        "started": rfc3339(scan.started), "finished": rfc3339(scan.finished), "rules_version": scan.rules_version,
        "rules_digest": scan.rules_digest, "rules_old": scan.behind, "complete": scan.complete, "files": scan.files,
        "not_judged": scan.holes, "findings": scan.findings, "bundle": scan.bundle, "run": scan.run,
        "flags": list(scan.flags),
    }  # fmt: skip
    return {
        "kind": "machine", "agency": one.agency, "host": one.name, "state": one.state, "expected": one.expected,
        "profile": one.profile, "interval_days": one.days, "due": None if one.due is None else rfc3339(one.due),
        "overdue": one.overdue, "waiting": list(one.waiting), "scan": told,
    }  # fmt: skip
