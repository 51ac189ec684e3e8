"""Which system a log is of, when its lines name no host: told by people for paths or names of logs, else by its format.

A pattern is a shell's (`portal/access.log*`), asked of the path as it was ingested (`in.zip!portal/access.log`), upper and
lower case alike, from any folder or archive inwards. The name of a log (`ingest --source NAME`) is a pattern of itself.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable

from atttcli.model.inventory import System

LONGEST = 200  # characters of a pattern
_PATH = 1024  # last characters of a path that are looked at


class LogSources:
    """The hints at hand: (pattern, system) as people told them, and the formats that only one system writes."""

    def __init__(self, told: Iterable[tuple[str, str]], systems: Iterable[System]) -> None:
        longest_first = sorted(told, key=lambda hint: (-len(hint[0]), hint[0]))
        self._told = [(pattern.lower(), _compiled(pattern), system) for pattern, system in longest_first]
        self._writers: dict[str, set[str]] = {}
        for system in systems:
            for source in system.log_sources:
                self._writers.setdefault(source, set()).add(system.code)

    def __bool__(self) -> bool:
        return bool(self._told or self._writers)

    def system_of(self, path: str, name: str = "", reader: str = "") -> str:
        """Code of the system; empty when nobody told. The longest pattern decides, a format last."""
        place = path.replace("\\", "/").lower()[-_PATH:]
        known = name.lower()
        for pattern, compiled, system in self._told:
            if pattern == known or compiled.match(place):
                return system
        return self._only_writer(reader)

    def _only_writer(self, reader: str) -> str:
        """`zimbra` is what systems with `zimbra-audit` among their log sources write: the one, if there is one only."""
        if not reader:
            return ""
        found = {
            code
            for source, codes in self._writers.items()
            if source == reader or source.startswith(reader + "-")
            for code in codes
        }
        return found.pop() if len(found) == 1 else ""


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(r"(?s:.*[/!])?" + fnmatch.translate(pattern.replace("\\", "/").lower().lstrip("/")))
