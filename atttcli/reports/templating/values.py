"""What a template is given: the paper as it is laid out, and its facts, figures, lines and tables by the names of the contract.

All of it is plain values: texts, numbers, lists, and groups that can be read by name and nothing else. They cross to the child
as JSON. A name of the contract that this paper does not have is empty, never undefined.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import msgspec

from atttcli.reports import outline as outlines
from atttcli.reports.contract import Contract, Term
from atttcli.reports.outline import Outline
from atttcli.reports.paper import Bars, Boxes, Lines, Paper, Part, Rows
from atttcli.reports.paper_outline import EMPTY, TICKED

_KIND = "\x00kind"  # no field of ours, and no key of data, has this name


class Group(Mapping[str, Any]):
    """Values by name for a template: `facts.title`, `figures["type.madoc"]`. It has no other way in."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def __getattribute__(self, name: str) -> Any:
        """A value of this name goes before the methods of a mapping, which no template is to see."""
        if name.startswith("_"):
            return object.__getattribute__(self, name)
        try:
            return object.__getattribute__(self, "_values")[name]
        except KeyError:
            raise AttributeError(name) from None

    def __getitem__(self, name: str) -> Any:
        """`type.*` answers for every name that begins with `type.` and does not stand here."""
        values = object.__getattribute__(self, "_values")
        if name not in values and isinstance(name, str):
            name = next((key for key in values if key.endswith("*") and name.startswith(key[:-1])), name)
        return values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def paper_values(paper: Paper, contract: Contract) -> dict[str, Any]:
    """Facts, figures, lines, boxes, tables and charts of a paper, by the contract's names."""
    parts = [*paper.parts, *(part for one in paper.appendices for part in one.parts)]
    facts = {one.name: one.value for one in paper.facts}
    return {
        "about": _about(paper),
        "facts": {term.key: facts.get(term.name, "") for term in contract.facts},
        "figures": _figures(paper, contract.figures),
        "lines": _found(contract.lines, parts, Lines, _lines, []),
        "boxes": _found(contract.boxes, parts, Boxes, _boxes, {"label": "", "boxes": []}),
        "tables": {term.key: _table(term, parts) for term in contract.tables},
        "charts": _found(contract.charts, parts, Bars, _bars, {"title": "", "bars": []}),
    }


def model_values(model: msgspec.Struct | Any) -> dict[str, Any]:
    """The values of a report whose model is a structure of its own: they stand under `model`."""
    return {"model": msgspec.to_builtins(model)}


def _about(paper: Paper) -> dict[str, Any]:
    head = paper.header
    return {
        "code": paper.code, "model": paper.schema, "subject": paper.subject, "form": paper.form, "number": head.number,
        "symbol": head.symbol, "date": head.date, "draft": paper.marks.draft, "exercise": paper.marks.exercise,
        "internal": paper.internal, "cites": list(paper.cites), "closing": paper.closing, "span": list(paper.span),
        "missing": [gap.label for gap in paper.missing],
    }  # fmt: skip


def _figures(paper: Paper, terms: tuple[Term, ...]) -> dict[str, Any]:
    none = {"label": "", "value": 0, "of": None, "previous": None, "shown": "", "query": ""}
    named = {term.name if term.open else term.key: none for term in terms}
    return named | {
        one.key: {
            "label": one.label, "value": one.value, "of": one.of, "previous": one.previous, "shown": one.shown(),
            "query": one.query,
        }
        for one in paper.figures
    }  # fmt: skip


def _found(terms: tuple[Term, ...], parts: list[Part], kind: type, told: Any, empty: Any) -> dict[str, Any]:
    held = {getattr(part, "name", ""): part for part in reversed(parts) if isinstance(part, kind)}
    return {term.key: told(held[term.name]) if term.name in held else empty for term in terms}


def _lines(part: Lines) -> list[dict[str, Any]]:
    return [{"label": one.label, "value": one.value, "required": one.required} for one in part.lines]


def _boxes(part: Boxes) -> dict[str, Any]:
    boxes = [
        {"mark": TICKED if one.ticked else EMPTY, "label": one.label, "ticked": one.ticked, "said": one.said}
        for one in part.boxes
    ]
    return {"label": part.label, "boxes": boxes}


def _table(term: Term, parts: list[Part]) -> dict[str, Any]:
    part = next((one for one in parts if isinstance(one, Rows) and one.name == term.name), None)
    if part is None:
        return {"titles": [], "rows": []}
    rows = [{key: row[at] if at < len(row) else "" for at, key in enumerate(term.columns)} for row in part.rows]
    return {"titles": [one.title for one in part.columns], "rows": rows}


def _bars(part: Bars) -> dict[str, Any]:
    bars = [{"label": one.label, "value": one.value, "previous": one.previous} for one in part.bars]
    return {"title": part.title, "bars": bars}


def packed(outline: Outline, values: Mapping[str, Any]) -> bytes:
    """Outline and values as JSON for the child."""
    return msgspec.json.encode({"paper": _plain(outline), "values": values})


def unpacked(data: bytes) -> dict[str, Any]:
    """The context of a template: `paper` is the outline itself again, all the rest groups, lists and plain values."""
    body = msgspec.json.decode(data)
    return {"paper": _outline(body["paper"]), **{name: grouped(value) for name, value in body["values"].items()}}


def grouped(value: Any) -> Any:
    """Plain JSON values as templates see them."""
    if isinstance(value, dict):
        return Group({str(name): grouped(one) for name, one in value.items()})
    if isinstance(value, list):
        return tuple(map(grouped, value))
    return value


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {_KIND: type(value).__name__} | {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, (tuple, list)):
        return [_plain(one) for one in value]
    return value


def _outline(value: Any) -> Any:
    if isinstance(value, dict):
        kind = getattr(outlines, str(value[_KIND]))
        return kind(**{name: _outline(one) for name, one in value.items() if name != _KIND})
    if isinstance(value, list):
        return tuple(map(_outline, value))
    return value
