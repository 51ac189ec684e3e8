"""Items of our own forms: several known parts under one number; what is not known is named, part by part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from atttcli.incident.form import shown
from atttcli.reports.paper import Gap, Line
from atttcli.reports.papers.desk import Desk, moment_said
from atttcli.reports.papers.words import whole

# Values that a paper words anew, and the field that people set for them.
_SET_BY = {
    "type_name": "category",
    "severity_name": "severity",
    "flag_names": "flags",
    "cause_state_word": "cause_state",
    "personal_data_word": "personal_data",
    "sensitive_word": "personal_data_sensitive",
}


_COUNTED = frozenset({"personal_data_subjects", "machine_count", "outage_minutes"})


@dataclass(frozen=True, slots=True)
class Piece:
    """One part of an item: the value's name, its label (empty: the item's own), whether it is asked for by itself."""

    name: str
    vi: str = ""
    en: str = ""
    asked: bool = False


def item_line(desk: Desk, values: Mapping[str, Any], label: str, pieces: Iterable[Piece], required: bool) -> Line:
    """The item with its known parts named; a part that nobody knows is left out."""
    listed = tuple(pieces)
    told = []
    for one in listed:
        value = _value(desk, one, values)
        if value:
            name = desk.say(one.vi, one.en)
            gap = "\n" if "\n" in value else " "
            told.append(f"{name}:{gap}{value}" if name else value)
    return Line(label=label, value="\n".join(told), fields=_fields(listed), required=required)


def piece_gaps(desk: Desk, values: Mapping[str, Any], line: Line, pieces: Iterable[Piece]) -> Iterator[Gap]:
    """Parts asked for by themselves that nobody knows, of an item that is otherwise told; an empty item is one gap."""
    if not line.value:
        return
    title = line.label.replace("(*)", "").strip(" :")
    for one in pieces:
        if one.asked and not _value(desk, one, values):
            name = desk.say(one.vi, one.en)
            yield Gap(label=f"{title}: {name[:1].lower()}{name[1:]}", fields=_fields((one,)), required=line.required)


def _fields(pieces: Iterable[Piece]) -> tuple[str, ...]:
    return tuple(_SET_BY.get(one.name, one.name) for one in pieces)


def _value(desk: Desk, piece: Piece, values: Mapping[str, Any]) -> str:
    value = values.get(piece.name)
    if piece.name in ("detected", "occurred", "next_report"):
        return moment_said(desk, value) if isinstance(value, int) else ""
    if isinstance(value, int) and not isinstance(value, bool) and piece.name in _COUNTED:
        return whole(value, desk.language)
    return shown(piece.name, value)
