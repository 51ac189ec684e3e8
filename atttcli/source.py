"""The contract of everything that is read: a Source turns one input into events, alerts, indicators and problems.

Problems are values: a bad record is yielded as ReadProblem with its position, and reading goes on. A source raises only
InputError, and only when nothing more of this input can be read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Protocol, runtime_checkable

from atttcli.clock import VIETNAM
from atttcli.limits import Budget
from atttcli.model.alert import Alert
from atttcli.model.event import Event
from atttcli.model.observable import Indicator


@dataclass(frozen=True, slots=True)
class ReadProblem:
    """A record that could not be read. `reason` is a short English sentence; `excerpt` raw (escape before showing)."""

    line: int | None
    reason: str
    offset: int | None = None
    excerpt: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file inside the input (a mail's attachment, a picture in a document) to be routed in its turn. In memory, bounded."""

    name: str
    data: bytes
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """The covering letter of a list: number, date (ISO), sender, deadline (ISO), what reply is asked for."""

    number: str = ""
    date: str = ""
    sender: str = ""
    subject: str = ""
    deadline: str = ""
    reply: str = ""


Record = Event | Alert | Indicator | Letter | Attachment | ReadProblem


@dataclass(slots=True)
class Input:
    """One input as the router hands it to a source.

    `path` is what people see (`in.zip!logs/a.log`), `head` its first 64 KiB (decompressed), `stream` stands at byte 0 and
    is closed by the caller. `file` is set when the bytes are also a regular file on disk (captures and workbooks want it).
    """

    path: str
    sha256: str
    size: int
    head: bytes
    stream: BinaryIO
    modified: int | None = None  # microseconds; the year of year-less stamps is taken from it
    file: Path | None = None
    zone: Any = VIETNAM  # assumed for stamps that carry none
    budget: Budget = field(default_factory=Budget)
    own_networks: tuple[str, ...] = ()  # CIDRs: never indicators
    own_domains: tuple[str, ...] = ()
    allow: tuple[str, ...] = ()  # values never taken as indicators
    assumed: dict[str, str] = field(default_factory=dict)  # source writes here: {"zone": "+07:00", "year": "2026"}
    first_line: int = 1  # of `stream`, where that is a part of a log that was divided
    first_offset: int = 0  # where that line begins in the whole
    letter: Letter | None = None  # of the mail that this was attached to: fills what the list itself does not say


class Source(Protocol):
    """A reader of one format. Stateless; one instance serves all inputs.

    `recognise` returns 0 (not mine) to 100 (certain) from content, never from the name alone; the name may break a tie.
    """

    name: str
    kind: str  # "log", "list", "mail", "capture", "text"

    def recognise(self, given: Input) -> int:
        """How sure this source is that the input is its own."""
        ...

    def read(self, given: Input) -> Iterator[Record]:
        """All records in order of the file."""
        ...


class Sieve(Protocol):
    """What a reader may ask before it builds an event that nothing but rules would look at. May say yes too often."""

    def __hash__(self) -> int:
        """Readers keep what they learned for one sieve."""
        ...

    def marked(self, data: bytes, also: tuple[str, ...] = ()) -> tuple[set[int], set[int]]:
        """Lines (from 0) in which words stand that rules look for anywhere in a record; and those in which one of `also`
        stands, which a reader looks for on its own behalf."""
        ...

    def asks(self, kind: tuple[str, str, str, str, str], number: int) -> frozenset[str] | None:
        """The native fields that `may_match` looks at; None where it says yes whatever they are."""
        ...

    def may_match(
        self, kind: tuple[str, str, str, str, str], number: int, fields: Mapping[str, Any], awaited: bool = False
    ) -> bool:
        """Whether a rule may match an unmarked event: (category, product, service, action, outcome), Windows' number,
        native fields. `awaited`: if so, an event with these very fields comes next to be judged, which is then sooner done."""
        ...


@runtime_checkable
class SiftingSource(Protocol):
    """A source that can leave out what no rule concerns."""

    def read_where(self, given: Input, sieve: Sieve) -> Iterator[Record | None]:
        """As `read`, with None for each event that the sieve lets go."""
        ...
