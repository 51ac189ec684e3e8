"""Scans of machines in a period: how many of those that are to be scanned were, and what came of it, beside last period's.

A machine counts with its last scan that ended in the period; whether its findings are handled is as of now. Nothing is said
of machines in a workspace that knows of none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atttcli.fleet.board import CLEAN, HANDLED, HOLES, OPEN, Board, Coverage, board
from atttcli.fleet.hosts import FLEET
from atttcli.journal.journal import undone_seqs
from atttcli.reports.paper import Figure, Part, Text, figure
from atttcli.reports.papers.tables import pair, table
from atttcli.reports.papers.words import whole

if TYPE_CHECKING:
    from atttcli.reports.papers.desk import Desk
    from atttcli.reports.papers.period import Period

NAMED = 15  # agencies that stand in the report, those with the most left to do


@dataclass(frozen=True, slots=True)
class MachineScans:
    """The boards of a period and of the one before."""

    now: Board
    before: Board

    @property
    def coverage(self) -> Coverage:
        """The period's."""
        return self.now.coverage()

    @property
    def known(self) -> bool:
        """Whether there is anything to be told."""
        return bool(self.now.machines or self.before.machines)


def machine_scans(desk: Desk, period: Period) -> MachineScans:
    """Read both; codes are those of the register on the period's last day."""
    boards = [
        board(
            desk.store, desk.as_of, lambda code: desk.inventory.current(code, period.span[1]), one.start,
            min(one.end, desk.as_of + 1),
        )
        for one in (period, period.before())
    ]  # fmt: skip
    return MachineScans(*boards)


def machine_figures(desk: Desk, found: MachineScans) -> Iterator[Figure]:
    """Machines scanned, clean, with findings, handled, each of those that are to be scanned."""
    if not found.known:
        return
    say, now, before = desk.say, found.coverage, found.before.coverage()
    undone = undone_seqs(desk.store.connection)
    rows = desk.store.rows("SELECT seq FROM journal WHERE object = ? AND verb LIKE 'fleet.hosts%' ORDER BY seq", FLEET)
    entries = [row["seq"] for row in rows if row["seq"] not in undone]
    told = (
        (
            "machines_scanned", say("Máy trạm, máy chủ đã quét", "Machines scanned"), (CLEAN, HOLES, OPEN, HANDLED),
            say("có lần quét kết thúc trong kỳ, trên số máy phải quét (atttcli fleet board)",
                "a scan ended in the period, of those that are to be scanned (atttcli fleet board)"),
        ),
        (
            "machines_clean", say("Trong đó sạch", "Of these clean"), (CLEAN,),
            say("lần quét cuối trong kỳ trọn vẹn và không phát hiện gì", "the last scan judged everything and found nothing"),
        ),
        (
            "machines_found", say("Trong đó có phát hiện", "Of these with findings"), (OPEN, HANDLED),
            say("lần quét cuối trong kỳ có phát hiện", "the last scan of the period found something"),
        ),
        (
            "machines_handled", say("Máy có phát hiện đã xử lý", "Machines with findings handled"), (HANDLED,),
            say("mọi cảnh báo của máy đã đóng hoặc thuộc sự cố đã xử lý xong đến nay",
                "all alerts of the machine are closed, or of an incident that has ended by now"),
        ),
    )  # fmt: skip
    for key, label, states, query in told:
        yield figure(
            key, label, [one.key for one in now.of(*states)], of=now.total or None, previous=len(before.of(*states)),
            previous_of=before.total or None, entries=entries, query=query,
        )  # fmt: skip


def machine_parts(desk: Desk, found: MachineScans) -> Iterator[Part]:
    """A sentence, then the agencies that have the most left to do."""
    coverage = found.coverage
    yield Text(coverage_words(desk, coverage))
    if coverage.others:
        others = whole(coverage.others, desk.language)
        yield Text(
            desk.say(
                f"Ngoài danh sách còn quét {others} máy khác.", f"{others} machines outside the register were scanned."
            ),
            "note",
        )
    left = [(one, found.now.coverage((one,))) for one in found.now.agencies]
    left.sort(key=lambda one: (-len(one[1].of(OPEN)), one[1].scanned - one[1].total, one[0]))
    rows = [
        (
            str(at), desk.agency(code) if code else "-", pair(desk, one.scanned, one.total),
            *(whole(len(one.of(*states)), desk.language) for states in ((CLEAN,), (HOLES,), (OPEN, HANDLED), (HANDLED,))),
        )
        for at, (code, one) in enumerate(left[:NAMED], 1)
    ]  # fmt: skip
    heads = (
        ("TT", "No.", 7), ("Đơn vị", "Agency", 33), ("Đã quét", "Scanned", 12), ("Sạch", "Clean", 11),
        ("Chưa trọn vẹn", "With holes", 13), ("Có phát hiện", "Findings", 13), ("Đã xử lý", "Handled", 11),
    )  # fmt: skip
    yield table(desk, "machines", heads, rows, (1,))


def coverage_words(desk: Desk, coverage: Coverage) -> str:
    """`37/41 máy đã quét: 30 sạch, 3 chưa quét trọn vẹn, 4 có phát hiện (đã xử lý 4).`"""
    clean, holes, found, handled = (
        whole(len(coverage.of(*states)), desk.language) for states in ((CLEAN,), (HOLES,), (OPEN, HANDLED), (HANDLED,))
    )
    scanned = pair(desk, coverage.scanned, coverage.total)
    return desk.say(
        f"Đã quét {scanned} máy: {clean} máy sạch, {holes} máy chưa quét trọn vẹn, {found} máy có phát hiện"
        f" (đã xử lý {handled}).",
        f"{scanned} machines scanned: {clean} clean, {holes} not judged in whole, {found} with findings ({handled} handled).",
    )
