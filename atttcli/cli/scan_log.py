"""The log of scans: JSON lines, rotated by size. It may be asked of a scan with more rights than whoever owns the folder:
nothing in the log's place is followed, waited for or cut (links, pipes, files of others under a second name).
"""

from __future__ import annotations

import errno
import json
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Any

from atttcli.errors import WorkspaceError

_BYTES, _OLDER = 1024 * 1024, 5
_HINT = "--log FILE in a folder of your own"
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
for _name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC"):
    _FLAGS |= getattr(os, _name, 0)


class ScanLog:
    """`write` takes one JSON value a line. A log that cannot be written any more does not end the scan: `failed` says why."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.failed = ""
        try:
            self._fd = _opened(path)
        except OSError as error:
            raise WorkspaceError(f"the log {path} cannot be written: {error.strerror}", hint=_HINT) from None

    def write(self, value: Any) -> None:
        """Whatever stands in it: control characters are escaped."""
        if self.failed:
            return
        line = json.dumps(value, ensure_ascii=True, default=str).encode("ascii") + b"\n"
        try:
            if os.fstat(self._fd).st_size + len(line) > _BYTES:
                self._rotate()
            done = 0
            while done < len(line):
                done += os.write(self._fd, line[done:])
        except OSError as error:
            self.failed = error.strerror or "cannot be written"

    def _rotate(self) -> None:
        os.close(self._fd)
        self._fd = -1
        for number in range(_OLDER, 0, -1):
            source = self._path if number == 1 else self._numbered(number - 1)
            with suppress(FileNotFoundError):
                source.replace(self._numbered(number))
        self._fd = _opened(self._path)

    def _numbered(self, number: int) -> Path:
        return self._path.with_name(f"{self._path.name}.{number}")

    def close(self) -> None:
        """Let it go."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _opened(path: Path) -> int:
    """A descriptor of a regular file that has no other name; OSError for anything else, at once."""
    fd = os.open(path, _FLAGS, 0o600)
    info = os.fstat(fd)
    if not stat.S_ISREG(info.st_mode) or info.st_nlink > 1:
        os.close(fd)
        raise OSError(errno.EINVAL, "no file of its own")
    return fd
