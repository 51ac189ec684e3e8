"""What a paper's model promises: its own name and version, and the name of every fact, figure, table and group of lines in it.

A contract is data (`reports.papers.contracts`). Its JSON Schema, the documentation of template variables and the sample that
templates are previewed with are all made from it, and a test holds every paper that is built against it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from atttcli.errors import InputError
from atttcli.reports.paper import PAPER_SCHEMA, Bars, Boxes, Lines, Paper, Rows

_MODEL = re.compile(r"atttcli/paper-([a-z0-9-]{1,60})/([0-9]{1,6})\Z")


@dataclass(frozen=True, slots=True)
class Term:
    """One name of a contract. `always`: it stands in every such paper; `name*` stands for all that begin with `name`.

    `columns` are the keys of a table's columns.
    """

    name: str
    vi: str
    en: str
    always: bool = True
    columns: tuple[str, ...] = ()

    def covers(self, name: str) -> bool:
        """Whether a name found in a paper is this one."""
        return name.startswith(self.name[:-1]) if self.open else name == self.name

    @property
    def open(self) -> bool:
        """Whether it stands for many names."""
        return self.name.endswith("*")

    @property
    def key(self) -> str:
        """The name as templates write it."""
        return self.name.replace("-", "_")


@dataclass(frozen=True, slots=True)
class Contract:
    """`model` is what stands in the JSON, `codes` what the paper's `code` may be."""

    model: str
    codes: tuple[str, ...]
    facts: tuple[Term, ...] = ()
    figures: tuple[Term, ...] = ()
    tables: tuple[Term, ...] = ()
    lines: tuple[Term, ...] = ()
    boxes: tuple[Term, ...] = ()
    charts: tuple[Term, ...] = ()

    def groups(self) -> Iterator[tuple[str, tuple[Term, ...]]]:
        """The groups by name, in the order in which they are documented."""
        for name in GROUPS:
            yield name, getattr(self, name)


GROUPS = ("facts", "figures", "lines", "boxes", "tables", "charts")


def model_name(code: str, version: int) -> str:
    """`atttcli/paper-mau-03/1` of `mau_03` and 1."""
    return f"atttcli/paper-{code.replace('_', '-')}/{version}"


def readable(schema: str) -> str:
    """The schema that a kept paper says it follows, if this version reads it; InputError says what would."""
    from atttcli.reports.papers.catalog import CATALOG

    if schema == PAPER_SCHEMA:
        return schema
    found = _MODEL.match(schema)
    kind = next((one for one in CATALOG if found and one.code.replace("_", "-") == found[1]), None)
    if found is None or kind is None:
        raise InputError(
            f"no model of a paper that this version knows: {schema[:80] or 'it names none'!r}",
            hint="atttcli report list names the papers; a newer paper needs a newer atttcli",
        )
    if not 1 <= int(found[2]) <= kind.version:
        raise InputError(
            f"{schema} is newer than this atttcli reads ({kind.model})",
            hint="render it with the atttcli that made it, or a newer one",
        )
    return schema


def departures(paper: Paper, contract: Contract) -> list[str]:
    """What a paper holds that its contract does not name, and what it lacks; empty when it is exactly as promised."""
    found = [] if paper.schema == contract.model else [f"schema: {paper.schema}, not {contract.model}"]
    found += [] if paper.code in contract.codes else [f"code: {paper.code}"]
    for group, names in names_of(paper).items():
        terms: tuple[Term, ...] = getattr(contract, group)
        found += [f"{group}: unknown {name!r}" for name in names if not any(term.covers(name) for term in terms)]
        found += [
            f"{group}: {term.name!r} is missing" for term in terms if term.always and not any(map(term.covers, names))
        ]
    return [*found, *_misshapen(paper, contract)]


def names_of(paper: Paper) -> dict[str, list[str]]:
    """The names that stand in a paper, by group."""
    parts = list(_parts(paper))
    return {
        "facts": [one.name for one in paper.facts],
        "figures": [one.key for one in paper.figures],
        "tables": [part.name for part in parts if isinstance(part, Rows)],
        "lines": [part.name for part in parts if isinstance(part, Lines)],
        "boxes": [part.name for part in parts if isinstance(part, Boxes)],
        "charts": [str(getattr(part, "name", "")) for part in parts if _is_chart(part)],
    }


def _parts(paper: Paper) -> Iterable[object]:
    return [*paper.parts, *(part for one in paper.appendices for part in one.parts)]


def _is_chart(part: object) -> bool:
    """Bars, and every further kind of picture: what has a name and is none of the rest."""
    return isinstance(part, Bars) or (hasattr(part, "name") and not isinstance(part, Rows | Lines | Boxes))


def _misshapen(paper: Paper, contract: Contract) -> Iterator[str]:
    """Tables whose columns are not as many as promised."""
    for part in _parts(paper):
        if isinstance(part, Rows):
            term = next((one for one in contract.tables if one.covers(part.name)), None)
            if term is not None and len(term.columns) != len(part.columns):
                yield f"tables: {part.name!r} has {len(part.columns)} columns, not {len(term.columns)}"
