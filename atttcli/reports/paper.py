"""The model of every paper but the incident report: frozen, versioned, in one language, independent of the workspace.

A paper is built once (`reports.papers`) and rendered from this value alone: `paper_from_json(paper_json(paper))` is the same
paper, and the same paper gives the same bytes in every format. What a machine wants to read stands in `facts` and
`figures`; each figure carries the objects and journal entries that it was counted from. Texts are NFC, indicators defanged
by renderers, times in microseconds (RFC 3339 in JSON), see `atttcli.report`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from atttcli.report import Chain, Header, Marks, Provenance, _Value
from atttcli.report_json import model_from_json, schema_of, to_json

PAPER_SCHEMA = "atttcli/paper/1"  # of papers kept before each had a model of its own; still read
MAX_OBJECTS = 500  # objects named behind one figure; `counted` says how many there are

Layout = Literal["paper", "form", "letter", "card"]
TextStyle = Literal["body", "item", "basis", "note", "part", "heading"]


class Text(_Value, frozen=True, tag="text"):
    """A paragraph. `item` stands with a dash, `part` is `I. TITLE`, `heading` `1. Title`; the number is part of the text."""

    text: str
    style: TextStyle = "body"


class Line(_Value, frozen=True, kw_only=True):
    """One line of a form: the official label, what is filled in. `fields`: which fields of the record fill it."""

    label: str
    value: str = ""
    fields: tuple[str, ...] = ()
    required: bool = False


class Lines(_Value, frozen=True, tag="lines"):
    """Lines of a form, in the form's order."""

    name: str
    lines: tuple[Line, ...]


class Box(_Value, frozen=True, kw_only=True):
    """A box to tick, and what is written behind it."""

    label: str
    ticked: bool = False
    said: str = ""


class Boxes(_Value, frozen=True, tag="boxes"):
    """A question with boxes. `name` is a stable word, as that of a table."""

    label: str
    boxes: tuple[Box, ...]
    name: str = ""


class Head(_Value, frozen=True, kw_only=True):
    """A column: `share` in percent of the width; `code` marks values that may break anywhere."""

    title: str
    share: int
    align: Literal["left", "center", "right"] = "left"
    code: bool = False


class Rows(_Value, frozen=True, tag="rows"):
    """A table whose header repeats; rows are as long as columns. `name` is a stable word for style sheets and annex files."""

    name: str
    columns: tuple[Head, ...]
    rows: tuple[tuple[str, ...], ...]


class Bar(_Value, frozen=True, kw_only=True):
    """One bar of a chart, with last period's beside it where there is one."""

    label: str
    value: int
    previous: int | None = None


class Bars(_Value, frozen=True, tag="bars"):
    """A bar chart. `name` is a stable word, as that of a table."""

    title: str
    bars: tuple[Bar, ...]
    name: str = ""


class HeatRow(_Value, frozen=True, kw_only=True):
    """A line of a heat map, as long as its columns; None is what nobody tried or measured, which is not nought."""

    label: str
    cells: tuple[int | None, ...]


class HeatMap(_Value, frozen=True, kw_only=True, tag="heat_map"):
    """Counts (or points of a hundred, `scale` percent) by two things. `corner` says which (`Technique \\ agency`).

    The model holds every row and column; paper shows the first rows and the heaviest columns, the rest counted as others.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[HeatRow, ...]
    corner: str = ""
    scale: Literal["count", "percent"] = "count"


class Moment(_Value, frozen=True, kw_only=True):
    """Something on a timeline: a point, or a span up to `until_at` (a pause, a term).

    `done_at`: when what had a term was done; `state` then says whether in time (`met`), `late`, or `open`.
    """

    at: int
    text: str
    lane: str = ""
    until_at: int | None = None
    done_at: int | None = None
    state: Literal["plain", "met", "late", "open"] = "plain"


class Timeline(_Value, frozen=True, kw_only=True, tag="timeline"):
    """Moments on an axis of local time, in lanes. Long texts are shortened when drawn: a table with them stands beside."""

    name: str
    title: str
    moments: tuple[Moment, ...]


Part = Text | Lines | Boxes | Rows | Bars | HeatMap | Timeline


class Appendix(_Value, frozen=True, kw_only=True):
    """An annex; `landscape` for wide tables."""

    title: str
    parts: tuple[Part, ...]
    landscape: bool = False


class Figure(_Value, frozen=True, kw_only=True):
    """A number on the paper and what it was counted from.

    `of`: the whole it is a part of (`37/41`); `previous`: the same of the period before. `query` says in words what was
    counted; `objects` are the numbers of those things (the first MAX_OBJECTS of `counted`), `entries` the journal's.
    """

    key: str
    label: str
    value: int
    of: int | None = None
    previous: int | None = None
    previous_of: int | None = None
    query: str = ""
    objects: tuple[str, ...] = ()
    counted: int = 0
    entries: tuple[int, ...] = ()

    def shown(self) -> str:
        """`37` or `37/41`, without separators."""
        return str(self.value) if self.of is None else f"{self.value}/{self.of}"


class Fact(_Value, frozen=True, kw_only=True):
    """A value that the paper was filled from, as text."""

    name: str
    value: str


class Gap(_Value, frozen=True, kw_only=True):
    """Something that the paper asks for and nobody knows. `fields`: what to set to fill it."""

    label: str
    fields: tuple[str, ...] = ()
    required: bool = False


class Paper(_Value, frozen=True, kw_only=True):
    """A whole paper.

    `kind` is its title in capitals, `summary` the line below. `layout`: a paper has the nation's head, a form that of the
    circular (`nation` says whether with it), a letter no title, a card nothing but title and text. `form` is the official
    form's number; `internal` says that no official form is public. `span`: the days that it tells of, ISO, inclusive.
    `sign_note` stands under the signing authority of a form. `cites`: numbers of papers that this one refers to.
    `schema` is the model's own name and version (`atttcli/paper-mau-03/1`, see `reports.contract`).
    """

    code: str
    as_of: int
    kind: str
    schema: str = PAPER_SCHEMA
    summary: str = ""
    layout: Layout = "paper"
    nation: bool = True
    form: str = ""
    internal: bool = False
    subject: str = ""
    span: tuple[str, ...] = ()
    header: Header = Header()
    parts: tuple[Part, ...] = ()
    closing: str = ""
    sign_note: str = ""
    appendices: tuple[Appendix, ...] = ()
    figures: tuple[Figure, ...] = ()
    facts: tuple[Fact, ...] = ()
    missing: tuple[Gap, ...] = ()
    cites: tuple[str, ...] = ()
    foot: str = ""
    chain: Chain | None = None
    provenance: Provenance = Provenance()
    marks: Marks = Marks()


def paper_json(paper: Paper) -> bytes:
    """Canonical JSON of a paper."""
    return to_json(paper)


def paper_from_json(data: bytes) -> Paper:
    """Read what `paper_json` wrote; raises InputError with the path of the first thing that does not fit.

    A model is of one of our papers, in a version up to ours, or of the time before papers had models of their own.
    """
    from atttcli.reports.contract import readable

    return model_from_json(data, readable(schema_of(data)), Paper)


def settled(paper: Paper) -> Paper:
    """The paper as it comes back from JSON: what every renderer works on."""
    return paper_from_json(paper_json(paper))


def figure(
    key: str,
    label: str,
    objects: Iterable[str] = (),
    *,
    value: int | None = None,
    of: int | None = None,
    previous: int | None = None,
    previous_of: int | None = None,
    query: str = "",
    entries: Iterable[int] = (),
) -> Figure:
    """A figure over objects; its value is their number unless another is given (machines handled, days taught ...)."""
    named = sorted(objects)
    return Figure(
        key=key,
        label=label,
        value=len(named) if value is None else value,
        of=of,
        previous=previous,
        previous_of=previous_of,
        query=query,
        objects=tuple(named[:MAX_OBJECTS]),
        counted=len(named),
        entries=tuple(sorted(entries)[:MAX_OBJECTS]),
    )


def find_figures(paper: Paper, said: str) -> list[Figure]:
    """Figures whose key is `said`, or that print as it (`37/41`, `1.204`)."""
    return matching(paper.figures, said)


def matching(figures: Iterable[Figure], said: str) -> list[Figure]:
    """Of these figures, those whose key is `said`, or that print as it."""
    plain = said.replace(".", "").replace(",", "").replace(" ", "")
    return [one for one in figures if one.key == said or one.shown() == plain]


def tables_of(paper: Paper) -> list[tuple[str, Rows]]:
    """Every table and chart of the paper with a name of its own, annexes last: what the csv and xlsx annexes hold."""
    found: list[tuple[str, Rows]] = []
    parts = [*paper.parts, *(part for one in paper.appendices for part in one.parts)]
    for part in parts:
        rows = part if isinstance(part, Rows) else chart_rows(part, paper.header.language)
        if rows is not None:
            taken = sum(name == rows.name or name.startswith(f"{rows.name}-") for name, _rows in found)
            found.append((rows.name if not taken else f"{rows.name}-{taken + 1}", rows))
    return found


def chart_rows(part: Part, language: str) -> Rows | None:
    """The numbers of a chart as a table, whole; None for what is no chart."""
    from atttcli.reports.charts.rows import bar_rows, heat_rows, moment_rows

    match part:
        case Bars():
            return bar_rows(part, language)
        case HeatMap():
            return heat_rows(part, language)
        case Timeline():
            return moment_rows(part, language)
    return None


def replaced(paper: Paper, **changes: object) -> Paper:
    """The paper with other values in some places."""
    return msgspec.structs.replace(paper, **changes)
