"""A paper that holds every name of its contract, each value saying which it is: for lint, preview and the list of variables."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from msgspec import inspect

from atttcli.report import Chain, Header, Marks, Provenance, Words
from atttcli.report_json import is_time
from atttcli.reports.contract import Contract, Term
from atttcli.reports.paper import (
    Appendix,
    Bar,
    Bars,
    Box,
    Boxes,
    Fact,
    Figure,
    Gap,
    Head,
    Line,
    Lines,
    Paper,
    Part,
    Rows,
    Text,
)

MOMENT = 1_767_225_600_000_000  # 2026-01-01, 07:00 in Viet Nam
_MARK = ("«", "»")


def sample_paper(contract: Contract, layout: Literal["paper", "form", "letter", "card"], language: str) -> Paper:
    """A paper of this contract with two of everything."""
    english = language == "en"
    parts: list[Part] = [
        Text("I. PART" if english else "I. PHẦN", "part"),
        Text("1. Heading" if english else "1. Mục", "heading"),
        Text("Legal basis;" if english else "Căn cứ pháp lý;", "basis"),
        Text("Text of a paragraph." if english else "Nội dung một đoạn văn."),
        Text("An item." if english else "Một ý.", "item"),
        Text("A note." if english else "Một ghi chú.", "note"),
        *(_lines(term, english) for term in contract.lines),
        *(_boxes(term, english) for term in contract.boxes),
        *(_rows(term) for term in contract.tables),
        *(_bars(term, english) for term in contract.charts),
    ]
    return Paper(
        code=contract.codes[0],
        schema=contract.model,
        as_of=MOMENT,
        kind="TITLE OF THE PAPER" if english else "TÊN LOẠI VĂN BẢN",
        summary="What it is about" if english else "Trích yếu nội dung",
        layout=layout,
        subject="SC-2026-0001",
        header=_header(language),
        parts=tuple(parts),
        closing="This is the report" if english else "Trên đây là báo cáo",
        appendices=(Appendix(title="Annex" if english else "Phụ lục", parts=(_rows(_ANNEX),)),),
        figures=tuple(_figure(term, english) for term in contract.figures),
        facts=tuple(Fact(name=term.name, value=_said(term.name)) for term in contract.facts),
        missing=(Gap(label=_said("missing"), fields=("summary",)),),
        cites=("01/BC-STTTT",),
        chain=Chain(count=1, hash="0" * 64),
        provenance=Provenance(version="0"),
        marks=Marks(draft=True),
    )


_ANNEX = Term("annex", "Bảng của phụ lục", "Table of an annex", columns=("first", "second"))


def _header(language: str) -> Header:
    return Header(
        superior=Words("ỦY BAN NHÂN DÂN TỈNH MẪU", "PEOPLE'S COMMITTEE OF A PROVINCE"),
        organ=Words("SỞ MẪU", "A DEPARTMENT"),
        number="01",
        symbol="BC-SM",
        place="Tỉnh Mẫu",
        date="2026-01-01",
        language="en" if language == "en" else "vi",
        profile="vn-2017",
        addressees=(_said("addressee 1"), _said("addressee 2")),
        recipients=(_said("recipient"),),
        authority=("GIÁM ĐỐC",),
        signer=_said("signer"),
    )


def _said(name: str) -> str:
    return name.join(_MARK)


def _word(term: Term, english: bool) -> str:
    return term.en if english else term.vi


def _lines(term: Term, english: bool) -> Lines:
    lines = (
        Line(label=f"{_word(term, english)} {n}", value=_said(f"{term.name} {n}"), required=n == 1) for n in (1, 2)
    )
    return Lines(term.name, tuple(lines))


def _boxes(term: Term, english: bool) -> Boxes:
    boxes = (Box(label=_said(f"{term.name} 1"), ticked=True, said=_said("said")), Box(label=_said(f"{term.name} 2")))
    return Boxes(_word(term, english), boxes, term.name)


def _rows(term: Term) -> Rows:
    share = 100 // max(len(term.columns), 1)
    heads = tuple(Head(title=name, share=share) for name in term.columns)
    return Rows(term.name, heads, tuple(tuple(_said(f"{name} {n}") for name in term.columns) for n in (1, 2)))


def _bars(term: Term, english: bool) -> Bars:
    return Bars(
        _word(term, english),
        (Bar(label=_said("bar 1"), value=3, previous=2), Bar(label=_said("bar 2"), value=1)),
        term.name,
    )


def _figure(term: Term, english: bool) -> Figure:
    return Figure(key=term.name, label=_word(term, english), value=37, of=41, previous=30, previous_of=40)


def sample_model(kind: type[Any], language: str, known: dict[str, Any]) -> Any:
    """A value of any structure, each text saying its own name. `known`: what fields must be, by `name` or `Kind.name`."""
    return msgspec.convert(_value(inspect.type_info(kind), "", {**known, "language": language}), kind)


def _field(kind: type[Any], one: inspect.Field, known: dict[str, Any]) -> Any:
    own = f"{kind.__name__}.{one.name}"
    return known[own] if own in known else _value(one.type, one.name, known)


def _value(found: inspect.Type, name: str, known: dict[str, Any]) -> Any:
    if name in known:
        return known[name]
    match found:
        case inspect.StructType(cls=kind, fields=fields) | inspect.DataclassType(cls=kind, fields=fields):
            return {one.encode_name: _field(kind, one, known) for one in fields}
        case inspect.UnionType(types=types):
            return _value(next(one for one in types if not isinstance(one, inspect.NoneType)), name, known)
        case inspect.VarTupleType(item_type=item) | inspect.ListType(item_type=item):
            return [_value(item, name, known)]
        case inspect.TupleType(item_types=items):
            return [_value(one, name, known) for one in items]
        case inspect.DictType(value_type=item):
            return {"name": _value(item, name, known)}
        case inspect.LiteralType(values=values):
            return next((one for one in values if one), values[0])
        case inspect.BoolType():
            return False
        case inspect.IntType() | inspect.FloatType():
            return MOMENT if is_time(name) else 1
        case inspect.StrType():
            return _said(name)
        case _:
            return None
