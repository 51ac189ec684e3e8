"""What scans say of an advisory's answers: which machines of an agency were scanned since its letter went out, and how clean.

An answer is verified by scans when every machine that is to be scanned was, after the letter, in whole, and what was found is
handled. Whoever asked agencies to scan needs no other answer to look into.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from atttcli.errors import Refused
from atttcli.fleet.board import CLEAN, HANDLED, HOLES, NEVER, OPEN, Coverage, board

if TYPE_CHECKING:
    from atttcli.store.connection import Row, Store

Current = Callable[[str], str]


def scans_since(store: Store, rows: Sequence[Row], current: Current, now: int) -> Mapping[str, Coverage]:
    """Agency of a copy that went out -> its machines, by the scans that ended since; only those that have any machine."""
    moments = [row["sent"] for row in rows if row["sent"] is not None]
    if not moments:
        return {}
    found: dict[str, Coverage] = {}
    scanned = board(store, now, current, since=min(moments))
    for row in rows:
        if row["sent"] is not None:
            coverage = _since(scanned.coverage((current(row["agency"]),)), row["sent"])
            if coverage.total:
                found[row["agency"]] = coverage
    return found


def _since(coverage: Coverage, sent: int) -> Coverage:
    """A scan from before the letter is none."""
    machines = (
        one if one.scan is None or one.scan.finished >= sent else replace(one, scan=None) for one in coverage.machines
    )
    return Coverage(tuple(one for one in machines if one.scan is not None or one.expected), coverage.others)


def proof_of(agency: str, coverage: Coverage | None, number: str) -> str:
    """What the verification rests on, in a sentence; Refused, with what is missing, when the scans do not bear it out."""
    counted = {state: len(coverage.of(state)) if coverage else 0 for state in (NEVER, OPEN, HOLES)}
    if coverage is None or not coverage.total or any(counted.values()):
        said = (
            f"{counted[NEVER]} not scanned since the letter, {counted[OPEN]} with findings that wait,"
            f" {counted[HOLES]} not judged in whole"
            if coverage is not None and coverage.total
            else "no machine of it is known"
        )
        raise Refused(
            f"scans do not bear out the answer of {agency}: {said}",
            guard="scans",
            hint=f'atttcli fleet board --agency {agency}, or: atttcli advisory verify {number} {agency} --note "…"',
        )
    clean, handled = len(coverage.of(CLEAN)), len(coverage.of(HANDLED))
    return f"scans: {clean} of {coverage.total} machines clean, {handled} handled"
