"""Charts of periodic papers: alerts by type beside the last period's, by agency and type, by ATT&CK technique.

What is counted is what `counts` counts: no muted alert, none that hangs on an exercise. A chart without anything to show is
left out. Rows and columns are all in the model, the heaviest first; how many are drawn is the drawing's own matter.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from atttcli.reports.paper import Bar, Bars, HeatMap, HeatRow, Part
from atttcli.reports.papers.counts import EXERCISED
from atttcli.reports.papers.figures import type_names

if TYPE_CHECKING:
    from atttcli.reports.papers.desk import Desk
    from atttcli.reports.papers.period import Period

MOST_COLUMNS, MOST_ROWS = 60, 200  # of a heat map's model; what is beyond is one row or column of others
_COUNTED = f"a.muted = 0 AND a.created >= ? AND a.created < ? AND a.number NOT IN {EXERCISED}"
_TECHNIQUE = re.compile(r"attack\.(t\d{4}(?:\.\d{3})?)\Z", re.IGNORECASE)
_MONTH = "strftime('%Y-%m', a.created / 1000000 + 25200, 'unixepoch')"  # of Vietnam's time

Cells = Counter[tuple[str, str]]


def alert_charts(desk: Desk, period: Period) -> Iterator[Part]:
    """Bars by type beside last period's, the map by agency and type, the map by technique."""
    yield from _by_type(desk, period)
    yield from agency_map(desk, period)
    yield from technique_map(desk, period)


def _by_type(desk: Desk, period: Period) -> Iterator[Part]:
    now, was = (_categories(desk, one) for one in (period, period.before()))
    names = _type_words(desk)
    codes = [code for code in dict.fromkeys((*names, *sorted({*now, *was}))) if now[code] or was[code]]
    if any(now.values()):
        title = desk.say("Cảnh báo theo loại, so với kỳ trước", "Alerts by type, beside the last period")
        bars = (Bar(label=names.get(code, code), value=now[code], previous=was[code]) for code in codes)
        yield Bars(title, tuple(bars), "alert-types")


def _categories(desk: Desk, period: Period) -> Counter[str]:
    rows = desk.store.rows(
        f"SELECT a.category, count(*) AS n FROM alert a WHERE {_COUNTED} GROUP BY a.category", period.start, period.end
    )
    return Counter({row["category"]: row["n"] for row in rows})


def _type_words(desk: Desk) -> dict[str, str]:
    return type_names(desk) | {"": desk.say("Chưa phân loại", "Not classified")}


def agency_map(desk: Desk, period: Period) -> Iterator[Part]:
    """Agencies by alerts, heaviest first, against types in the profile's order."""
    rows = desk.store.rows(
        f"SELECT a.agency, a.category, count(*) AS n FROM alert a WHERE {_COUNTED} GROUP BY a.agency, a.category",
        period.start,
        period.end,
    )
    cells: Cells = Counter({(row["agency"], row["category"]): row["n"] for row in rows})
    names = _type_words(desk)
    codes = dict.fromkeys((*names, *sorted(kind for _agency, kind in cells)))
    kinds = [code for code in codes if any(kind == code for _agency, kind in cells)]
    yield from _map(
        desk,
        "alert-agencies",
        (
            desk.say("Cảnh báo theo đơn vị và loại", "Alerts by agency and type"),
            desk.say("Đơn vị \\ loại", "Agency \\ type"),
        ),
        cells,
        [(code, names.get(code, code)) for code in kinds],
        lambda code: desk.agency(code) if code else desk.say("Chưa rõ đơn vị", "Agency not known"),
    )


def technique_map(desk: Desk, period: Period) -> Iterator[Part]:
    """ATT&CK techniques that rules named, by month; in a period of one month or less by agency."""
    months = _months(period)
    by_month = len(months) > 1
    column = _MONTH if by_month else "a.agency"
    tagged = f"{_COUNTED} AND a.tags LIKE '%attack.t%'"
    rows = desk.store.rows(
        f"SELECT a.tags, {column} AS c, count(*) AS n FROM alert a WHERE {tagged} GROUP BY a.tags, c",
        period.start,
        period.end,
    )
    cells: Cells = Counter()
    for row in rows:
        for code in techniques(row["tags"]):
            cells[code, row["c"]] += row["n"]
    if by_month:
        columns = [(month, f"{month[5:]}/{month[:4]}") for month in months]
        corner, title = desk.say("Kỹ thuật \\ tháng", "Technique \\ month"), desk.say("tháng", "month")
    else:
        found = sorted({agency for _code, agency in cells}, key=lambda one: (-_sum(cells, 1, one), one))
        columns = [(code, desk.agency(code) if code else desk.say("Chưa rõ đơn vị", "Not known")) for code in found]
        corner, title = desk.say("Kỹ thuật \\ đơn vị", "Technique \\ agency"), desk.say("đơn vị", "agency")
    said = desk.say(f"Cảnh báo theo kỹ thuật ATT&CK và {title}", f"Alerts by ATT&CK technique and {title}")
    yield from _map(desk, "alert-techniques", (said, corner), cells, columns, lambda code: code)


def techniques(tags: str) -> Iterator[str]:
    """The technique numbers among an alert's tags (JSON), as ATT&CK writes them: `T1110.003`."""
    try:
        found = json.loads(tags)
    except ValueError:
        return
    for tag in dict.fromkeys(found) if isinstance(found, list) else ():
        match = _TECHNIQUE.match(str(tag))
        if match:
            yield match.group(1).upper()


def _months(period: Period) -> list[str]:
    first, last = period.first, period.last
    count = (last.year - first.year) * 12 + last.month - first.month + 1
    start = first.year * 12 + first.month - 1
    shown = range(max(count - MOST_COLUMNS, 0), count)  # of very long spans the last months
    return [f"{date((start + at) // 12, (start + at) % 12 + 1, 1):%Y-%m}" for at in shown]


def _map(
    desk: Desk,
    name: str,
    words: tuple[str, str],
    cells: Cells,
    columns: list[tuple[str, str]],
    row_name: Callable[[str], str],
) -> Iterator[Part]:
    """Rows by their sums, heaviest first; nothing at all where nothing was counted."""
    sums: Counter[str] = Counter()
    for (row, _column), count in cells.items():
        sums[row] += count
    ranked = sorted(sums, key=lambda row: (-sums[row], row))
    if not ranked or not columns:
        return
    columns, rest = columns[:MOST_COLUMNS], columns[MOST_COLUMNS:]
    rows = [HeatRow(label=row_name(row), cells=_cells(cells, [row], columns, rest)) for row in ranked[:MOST_ROWS]]
    others = ranked[MOST_ROWS:]
    said = desk.say("Khác ({n})", "Others ({n})")
    if others:
        rows.append(HeatRow(label=said.format(n=len(others)), cells=_cells(cells, others, columns, rest)))
    heads = [title for _code, title in columns] + ([said.format(n=len(rest))] if rest else [])
    yield HeatMap(name=name, title=words[0], corner=words[1], columns=tuple(heads), rows=tuple(rows))


def _cells(
    cells: Cells, rows: Iterable[str], columns: list[tuple[str, str]], rest: list[tuple[str, str]]
) -> tuple[int, ...]:
    named = list(rows)
    shown = [sum(cells[row, code] for row in named) for code, _title in columns]
    left = sum(cells[row, code] for row in named for code, _title in rest)
    return (*shown, left) if rest else tuple(shown)


def _sum(cells: Cells, side: int, code: str) -> int:
    return sum(count for key, count in cells.items() if key[side] == code)
