"""The contract of everything that judges: an Engine takes items and yields detections and problems."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeVar

from atttcli.errors import Where

if TYPE_CHECKING:
    from atttcli.model.alert import Detection

Item = TypeVar("Item", contravariant=True)


@dataclass(frozen=True, slots=True)
class EngineProblem:
    """Something that could not be judged (timeout, unreadable file, damaged packet): counted and listed, never silent."""

    where: Where
    reason: str


@dataclass(frozen=True, slots=True)
class RuleProblem:
    """A rule refused at load (`refused`) or worth a look (`warning`), by file, line and name, with a hint."""

    where: Where
    reason: str
    hint: str = ""
    refused: bool = True


class Engine(Protocol[Item]):
    """A loaded set of rules. `pack` is the digest of what was loaded; `problems` are the rules refused at load."""

    name: str
    pack: str
    problems: tuple[RuleProblem, ...]

    def scan(self, items: Iterable[Item]) -> Iterator[Detection | EngineProblem]:
        """Judge every item; bounded memory whatever their number."""
        ...
