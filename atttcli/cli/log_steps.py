"""What judging a log gives, in the order of its records; a copy of this process hands it over as bytes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

import msgspec

from atttcli.engine import EngineProblem
from atttcli.engines.network_logs.limits import Claim
from atttcli.model.alert import Detection
from atttcli.model.event import Event

Shown = str | tuple[str, ...]  # a line of JSON, or the cells of a row
Present = Callable[[Detection, Event | None], Shown | None]  # None: it stays silent


class Fed(msgspec.Struct, tag=True):
    """An event that single rules matched to which correlations refer: these see the events of all logs in order."""

    path: str
    event: Event
    ids: tuple[str, ...]


class Claimed(msgspec.Struct, tag=True):
    """A finding that a rule tells only so often: who counts over all logs decides."""

    shown: Shown
    claim: Claim


class Failed(msgspec.Struct, tag=True):
    """Something that could not be judged."""

    problem: EngineProblem


class Unread(msgspec.Struct, tag=True):
    """A record that could not be read. Of many the first are told one by one."""

    problem: EngineProblem


class Read(msgspec.Struct, tag=True):
    """The end of a log, or of a part of it (`last`: nothing of it comes after)."""

    path: str
    files: int = 1
    events: int = 0
    unread: int = 0  # records that could not be read and were not told
    given_up: int = 0  # searches that met their limit
    records: dict[str, int] = {}  # of each sort that network rules were asked about
    shapes: list[tuple[str, list[str], int]] = []
    last: bool = True


Step = Shown | Fed | Claimed | Failed | Unread | Read
_PACKED: Final = msgspec.msgpack.Encoder().encode
_UNPACKED: Final = msgspec.msgpack.Decoder(list[Step]).decode
_AS_TEXT: Final = b"["  # with which no packed list begins


def encoded(steps: list[Step]) -> bytes:
    """Steps as `decoded` takes them."""
    try:
        return _PACKED(steps)
    except (UnicodeEncodeError, OverflowError):  # a path of any bytes, a number of any length: seldom
        return json.dumps(msgspec.to_builtins(steps)).encode()


def decoded(data: bytes) -> list[Step]:
    """What was encoded."""
    return msgspec.convert(json.loads(data), list[Step]) if data.startswith(_AS_TEXT) else _UNPACKED(data)
