"""The annexes of the incident report: the long lists that a director skips and an analyst needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from atttcli.report import AlertRow, IncidentReport
from atttcli.reports.inert import paper_indicator
from atttcli.reports.outline import Annex, Block, Bullets, Column, Fields, Paragraph, Table
from atttcli.reports.wording import IncidentWording

MAX_ROWS = 2_000  # of one list on paper; what is left out is counted under the table
_LANDSCAPE = frozenset({"alerts", "indicators"})
Row = TypeVar("Row")


def roman(number: int) -> str:
    """1 to 39 in Roman figures, as parts and annexes are numbered."""
    text = "X" * (number // 10)
    return text + ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")[number % 10]


def cut(rows: Sequence[Row]) -> Sequence[Row]:
    """The rows that are printed."""
    return rows[:MAX_ROWS]


def hidden_rows(rows: Sequence[object], say: IncidentWording) -> Iterator[Block]:
    """A remark that counts what `cut` left out, if anything."""
    if len(rows) > MAX_ROWS:
        yield Paragraph(say.more_rows.format(count=say.count(len(rows) - MAX_ROWS)), "note")


def filled(parts: Iterable[str]) -> str:
    """The non-empty parts, one a line; a dash when there are none."""
    return "\n".join(part for part in parts if part) or "-"


def listed(items: Sequence[str]) -> tuple[str, ...]:
    """Items as a list in running text: each ends with a semicolon, the last with a full stop."""
    plain = [item.rstrip("; .") for item in items]
    return (*(f"{item};" for item in plain[:-1]), *(f"{item}." for item in plain[-1:]))


def annexes(report: IncidentReport, say: IncidentWording, organ: str) -> tuple[Annex, ...]:
    """Alerts and indicators where there are any, and always the sources; numbered in Roman figures."""
    parts: list[tuple[str, tuple[Block, ...]]] = []
    if report.alerts:
        parts.append(("alerts", tuple(_alerts(report, say))))
    if report.indicators:
        parts.append(("indicators", tuple(_indicators(report, say))))
    parts.append(("provenance", tuple(_provenance(report, say))))
    return tuple(
        Annex(
            label=say.annex.format(roman=roman(index)),
            title=say.annex_titles[name],
            attached=say.attached(report.header.number, report.header.symbol, report.header.date, organ),
            blocks=blocks,
            landscape=name in _LANDSCAPE,
        )
        for index, (name, blocks) in enumerate(parts, 1)
    )


def _alerts(report: IncidentReport, say: IncidentWording) -> Iterator[Block]:
    shares = (("index", 5), ("alert", 33), ("severity", 10), ("first_last", 18), ("count", 8), ("where", 26))
    centred = ("index", "severity", "first_last", "count")
    columns = tuple(Column(say.columns[key], share, "center" if key in centred else "left") for key, share in shares)
    rows = tuple(
        (
            str(index),
            filled([row.number, row.title, row.rule]),
            say.severity.get(row.severity, row.severity),
            _span(row, say),
            say.count(row.count),
            filled([row.agency, row.system, f"{say.columns['source']}: {row.source}" if row.source else ""]),
        )
        for index, row in enumerate(cut(report.alerts), 1)
    )
    yield Table("alerts", columns, rows)
    yield from hidden_rows(report.alerts, say)


def _span(row: AlertRow, say: IncidentWording) -> str:
    moments = [say.moment(at) for at in (row.first_at, row.last_at) if at is not None]
    return "\n".join(dict.fromkeys(moments)) or "-"


def _indicators(report: IncidentReport, say: IncidentWording) -> Iterator[Block]:
    shares = (("index", 5), ("type", 13), ("value", 38), ("role", 14), ("first", 16), ("source", 14))
    centred = ("index", "first")
    columns = tuple(Column(say.columns[key], share, "center" if key in centred else "left") for key, share in shares)
    rows = tuple(
        (
            str(index),
            say.types.get(row.type, row.type),
            paper_indicator(row.type, row.value),
            say.roles.get(row.role, row.role) or "-",
            "-" if row.first_at is None else say.moment(row.first_at),
            filled([row.source, row.note]),
        )
        for index, row in enumerate(cut(report.indicators), 1)
    )
    yield Table("indicators", columns, rows)
    yield from hidden_rows(report.indicators, say)


def _provenance(report: IncidentReport, say: IncidentWording) -> Iterator[Block]:
    made = f"{report.provenance.tool} {report.provenance.version}".strip()
    rows = [("tool", made), ("profile", report.header.profile or "-"), ("as_of", say.long_moment(report.as_of))]
    if report.chain:
        yield Paragraph(say.sentences["chain"])
        rows += [("chain_count", say.count(report.chain.count)), ("chain_hash", report.chain.hash)]
    yield Fields("provenance", tuple((say.fields[name], value) for name, value in rows))
    if report.provenance.packs:
        columns = (
            Column(say.columns["pack"], 24),
            Column(say.columns["rules"], 10, "center"),
            Column(say.columns["digest"], 66, code=True),
        )
        packs = report.provenance.packs
        yield Table(
            "packs",
            columns,
            tuple((pack.name, "-" if pack.rules is None else say.count(pack.rules), pack.digest) for pack in packs),
        )
    if (
        report.marks.unverified and report.marks.draft
    ):  # whoever sends it has read the drafts; the paper itself is final
        yield Paragraph(say.sentences["unverified"])
        yield Bullets(listed(report.marks.unverified))
