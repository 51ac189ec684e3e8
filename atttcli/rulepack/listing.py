"""Rule files below folders, in order of name, and what the system tells of each without a look into it.

Names, not paths: of some thousands of rule files each step counts at the start of every run.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

State = tuple[int, ...]
_NOT_RULES: Final = frozenset({"cases"})  # samples of rules, in a pack's folder
_SETTLED: Final = (
    2_000_000_000  # nanoseconds without a change, before the times of a file are trusted: clocks tick coarsely
)


def below(given: Path | str) -> Iterator[str]:
    """The files of a folder and of those in it; a file as it is named."""
    base = os.fspath(Path(given))
    if not os.path.isdir(base):
        yield base
        return
    found: list[tuple[str, ...]] = []
    _files(base, (), found)
    begin = "" if base == os.curdir else os.path.join(base, "")
    for parts in sorted(found):
        yield begin + os.sep.join(parts)


def _files(folder: str, inside: tuple[str, ...], found: list[tuple[str, ...]]) -> None:
    """Files below a folder, by the parts of their way; links to folders are not followed."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _NOT_RULES:
                        _files(entry.path, (*inside, entry.name), found)
                elif entry.is_file():
                    found.append((*inside, entry.name))
    except OSError:  # not ours to read
        return


def states_of(names: Iterable[str], known: Mapping[str, State] | None = None) -> dict[str, State]:
    """Of each file what changes when it is written to; () where that does not tell, or not yet: it was changed a moment ago.

    Those in `known` are taken from there: they were asked already.
    """
    if os.name != "posix":
        return dict.fromkeys(names, ())  # no time there that a program cannot set
    settled = time.time_ns() - _SETTLED
    found: dict[str, State] = {}
    stat, known = os.stat, known or {}
    for name in names:
        if name in known:
            found[name] = known[name]
            continue
        try:
            info = stat(name)
        except OSError:
            found[name] = ()
            continue
        changed = info.st_ctime_ns
        found[name] = (info.st_dev, info.st_ino, info.st_size, info.st_mtime_ns, changed) if changed <= settled else ()
    return found


def is_utf8(name: str) -> bool:
    """Whether a name can be written as text; the system gives names of any bytes."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
