"""The kit's screen: plain lines, and one line of progress where there is a terminal. Nothing that is shown can steer it.

Python 3.8-clean.
"""

from __future__ import annotations

import sys
from typing import TextIO

from atttcli.field.strict_json import plain

_WIDTH = 78


class Screen:
    """Writes to a stream; a console that cannot show Vietnamese gets replacement characters, never an error."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._shows_progress = stream.isatty()
        self._open = False

    @classmethod
    def standard(cls) -> "Screen":
        """On standard output."""
        reconfigure = getattr(sys.stdout, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace", **({} if sys.stdout.isatty() else {"encoding": "utf-8"}))
        return cls(sys.stdout)

    def line(self, text: str = "") -> None:
        """One whole line, whatever is in it: a file's name may hold line ends and must not add one."""
        self._clear()
        self._stream.write(printable(text) + "\n")
        self._stream.flush()

    def progress(self, text: str) -> None:
        """What goes on now; replaced by what is told next."""
        if not self._shows_progress:
            return
        shown = printable(text)[:_WIDTH]
        self._stream.write("\r" + shown.ljust(_WIDTH))
        self._stream.flush()
        self._open = True

    def wait(self, text: str) -> None:
        """Let somebody who sits there read first; a run without anybody goes on at once."""
        if self._shows_progress and sys.stdin is not None and sys.stdin.isatty():
            self._stream.write(text)
            self._stream.flush()
            sys.stdin.readline()

    def _clear(self) -> None:
        if self._open:
            self._stream.write("\r" + " " * _WIDTH + "\r")
            self._open = False


def printable(text: str) -> str:
    """Without anything that a terminal obeys: file names are written by strangers."""
    return "".join(char if char.isprintable() else "\ufffd" for char in plain(text))


def tail(path: str, longest: int = 40) -> str:
    """The end of a path, which says more than its beginning."""
    return path if len(path) <= longest else "…" + path[-(longest - 1) :]
