"""The checks of the host beside its files, as a kit runs them. Python 3.8-clean."""

from __future__ import annotations

from typing import Iterator, Optional, Sequence

from atttcli.field.examine import Examiner
from atttcli.field.host.check import HASH, NAME, Bounds, LookUp
from atttcli.field.host.run import HostSettings, run_checks
from atttcli.field.kit.known import Lists
from atttcli.field.records import HIT, HostRecord, KnownBad

ALARMING = 3  # high: what is rarer than that on a healthy machine; below, the centre judges and nobody is told to ring
_SECONDS = 120.0  # of each check


def host_records(lists: Optional[Lists], examiner: Examiner, now: float) -> Iterator[HostRecord]:
    """Observations, hits and problems of every check that means something on this system. `now`: seconds since 1970."""
    look_up = _asked(lists) if lists is not None else None
    settings = HostSettings(bounds=Bounds(seconds=_SECONDS), look_up=look_up, examiner=examiner, now=now)
    return run_checks(settings)


def is_alarming(record: HostRecord) -> bool:
    """Whether the one who runs the kit is told of it at once."""
    return record.kind == HIT and record.severity >= ALARMING


def _asked(lists: Lists) -> LookUp:
    """A kit's lists know hashes and names; addresses and domains are matched at the centre, where all lists are."""

    def look_up(kind: str, value: str) -> Sequence[KnownBad]:
        if kind == HASH:
            by_length = {64: (value, "", ""), 32: ("", value, ""), 40: ("", "", value)}
            return lists.look_up("", *by_length.get(len(value), ("", "", "")))
        return lists.look_up(value, "", "", "") if kind == NAME else ()

    return look_up
