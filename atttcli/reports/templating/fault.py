"""What is wrong with a template, as a value; and the checks that every format shares."""

from __future__ import annotations

import html
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with a template. `place`: a part or a paragraph of a Word file; `level` error refuses it."""

    message: str
    place: str = ""
    level: Literal["error", "warning"] = "error"
    line: int | None = None


class Faulty(Exception):
    """A template that cannot be used, and why."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = list(faults)[:20]
        super().__init__(self.faults[0].message if self.faults else "")


def decoded(data: bytes) -> str:
    """The source of a text template; Faulty when it is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Faulty([Fault("not UTF-8: save the template as UTF-8", line=line)]) from error


def check_marks(page: str, marks: tuple[str, ...], format: str) -> None:
    """A mark (exercise, draft, internal form) that is not on the paper would make it pass for another."""
    if format in ("html", "docx"):
        page = html.unescape(page)
    squeezed = "".join(page.replace("\\", "").split())
    for mark in marks:
        if "".join(mark.split()) not in squeezed:
            raise Faulty([Fault(f"the mark {mark!r} is not on the paper: write paper.masthead.marks")])
