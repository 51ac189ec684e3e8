"""The boxes of Decree 30/2020 in a PDF: found by their words, measured by the characters drawn there and the lines near them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from atttcli.reports.layout_rules import (
    BOOK,
    BOOK_TITLES,
    CARD,
    FORM,
    FORM_TITLES,
    INITIAL,
    INTERNAL,
    OFFICIAL,
    SHEET,
    SHEET_TITLES,
    Rules,
    card_titles,
    is_mark,
)
from atttcli.reports.layout_text import (
    NUMBER_START,
    Finding,
    check_addressed,
    check_authority,
    check_date,
    check_inside,
    check_number,
    check_recipients,
    is_date,
)
from atttcli.reports.wording import IncidentWording, wording

MAX_EDGES = 6_000  # of one page whose tables are looked for
MAX_CHARS = 40_000
_MM = 72 / 25.4  # points
_MIDDLE = 0.495  # of the page's width: left of it box 9b, right of it box 7
_ANNEX = re.compile(r"^(?:Phụ lục|Annex)( \w{1,6})?$")
_ROMAN = re.compile(r"^\w+(?: \w+)?( [IVXL]+)$|^(?:Phụ lục|Annex)$")


def measured_boxes(pages: Sequence[Any], texts: Sequence[str]) -> Iterator[Finding]:
    """Head, title, ending, recipients and signature of a paper, each by the rules of its kind."""
    flat = " ".join(texts[0].split())
    say = wording("en" if wording("en").nation in flat else "vi")
    titles = [line["text"] for line in _bold_capitals(pages[0])]
    rules = _rules(flat, titles)
    own = _own_pages(texts)
    if rules.head:
        yield from _head(pages[0], flat, say, rules)
        yield from _title(pages[0])
    if rules.prose and say.language == "vi" and not any(re.search(r"\./\.\s*$", text, re.M) for text in texts[:own]):
        yield Finding("box 6", "the text does not end with ./.")
    if rules.recipients:
        yield from _feet(pages[:own], say)
        title = titles[0] if titles else ""
        addressed = any(line.startswith(say.addressees) for line in texts[0].split("\n"))
        yield from check_addressed(title, addressed=addressed, internal=any(mark in flat for mark in INTERNAL))
    if INITIAL in titles:
        yield from check_inside("\n".join(texts))
    for text in texts[own:]:
        label = text.lstrip().partition("\n")[0].strip()
        if _ANNEX.match(label) and not _ROMAN.match(label):
            yield Finding("annex", f"annexes want Roman numbers: {label}")


def _rules(flat: str, titles: Sequence[str]) -> Rules:
    """By the title, not by any mention of one: a paper may cite the form."""
    if FORM_TITLES & set(titles):
        return FORM
    if SHEET_TITLES & set(titles):
        return SHEET
    if any(title in flat for title in BOOK_TITLES):
        return BOOK
    return CARD if any(flat.startswith(title) for title in card_titles()) else OFFICIAL


def _own_pages(texts: Sequence[str]) -> int:
    """How many pages come before the first annex."""
    begun = (at for at, text in enumerate(texts) if any(_ANNEX.match(line.strip()) for line in text.split("\n")[:2]))
    return next((at for at in begun if at), len(texts))


def _head(page: Any, flat: str, say: IncidentWording, rules: Rules) -> Iterator[Finding]:
    nation = _chars_of(page, say.nation)
    if not rules.nation:
        if nation:
            yield Finding("box 1", "this form has no Quốc hiệu")
        edge = min((char["x0"] for char in nation), default=page.width * 0.6 + 0.5) - 0.5
    else:
        motto = _chars_of(page, say.motto)
        yield from _face("box 1", nation, (12, 13), say.nation, bold=True)
        yield from _face("box 1", motto, (13, 14), say.motto, bold=True)
        if motto and not _ruled(page, motto):
            yield Finding("box 1", "no rule below the motto")
        edge = min((char["x0"] for char in nation or motto), default=page.width / 2) - 0.5
    left, right = _lines(page, 0, edge, page.height * 0.45), _lines(page, edge, page.width, page.height * 0.45)
    yield from _organ(page, left, edge)
    if rules.numbered:
        yield from _box(left, "box 3", (13, 13), say.language, NUMBER_START[say.language])
    if rules.nation:
        dated = [line for line in right if is_date(line["text"], say.language)]
        yield from _face("box 4", dated[0]["chars"] if dated else [], (13, 14), "place and date", italic=True)
        for line in dated[:1]:
            yield from check_date(line["text"], say.language)


def _box(
    left: list[dict[str, Any]], box: str, sizes: tuple[float, float], language: str, start: str
) -> Iterator[Finding]:
    line = next((one for one in left if one["text"].startswith(start)), None)
    yield from _face(box, line["chars"] if line else [], sizes, start, bold=False, italic=False)
    if line:
        yield from check_number(re.sub(r"^(Số:|No\.)\s*", r"\1 ", line["text"]), language)


def _organ(page: Any, left: list[dict[str, Any]], edge: float) -> Iterator[Finding]:
    """The issuing organ is the bold part of the left block; a rule of a third to a half of its line stands below."""
    bold = [line for line in left if _is(line["chars"], "Bold") and line["text"] == line["text"].upper()]
    organ: list[dict[str, Any]] = []
    for line in bold:
        if organ and line["top"] - organ[-1]["bottom"] > 12:
            break
        organ.append(line)
    chars = [char for line in organ for char in line["chars"]]
    yield from _face("box 2", chars, (12, 13), "no issuing organ in bold capitals")
    if organ and not _rule_between(page, 0, edge, organ[-1]["bottom"] - 2, organ[-1]["bottom"] + 14):
        yield Finding("box 2", "no rule below the issuing organ")


def _title(page: Any) -> Iterator[Finding]:
    for line in _bold_capitals(page)[:1]:
        yield from _face("box 5a", line["chars"], (13, 14), line["text"])


def _bold_capitals(page: Any) -> list[dict[str, Any]]:
    """Lines in bold capitals in the middle of the page, below the head, that are no mark."""
    middle = (30 * _MM + page.width - 15 * _MM) / 2
    found = []
    for line in _lines(page, 0, page.width, page.height):
        text = line["text"]
        centre = (line["x0"] + line["x1"]) / 2
        capitals = text == text.upper() and re.search(r"[^\W\d]{2}", text) and wording("vi").nation not in text
        if capitals and not is_mark(text) and line["top"] > 30 * _MM and abs(centre - middle) < 12 * _MM:
            found += [line] if _is(line["chars"], "Bold") else []
    return found


def _feet(pages: Sequence[Any], say: IncidentWording) -> Iterator[Finding]:
    """Boxes 9b and 7 stand beside each other on the paper's own last page."""
    for page in reversed(pages):
        left = _lines(page, 0, page.width * _MIDDLE, page.height)
        label = next((line for line in left if line["text"].strip() == say.recipients), None)
        if label is None:
            continue
        yield from _face("box 9b", label["chars"], (12, 12), say.recipients, bold=True, italic=True)
        below = [line for line in left if line["top"] > label["top"] + 2 and line["bottom"] < page.height - 18 * _MM]
        listed: list[str] = []
        for line in below:
            yield from _face("box 9b", line["chars"], (11, 11), line["text"], bold=False, italic=False)
            if line["text"].startswith("- ") or not listed:
                listed.append(line["text"])
            else:
                listed[-1] += f" {line['text']}"
        yield from check_recipients(listed, say.language)
        right = _lines(page, page.width * _MIDDLE, page.width, page.height - 18 * _MM)
        signs = [line for line in right if line["top"] > label["top"] - 6 and not line["text"].startswith("(")]
        for line in signs:
            yield from _face("box 7", line["chars"], (13, 14), line["text"], bold=True)
        yield from check_authority([line["text"] for line in signs])
        return
    yield Finding("box 9b", f"missing: {say.recipients}")


def measured_tables(pages: Sequence[Any]) -> Iterator[Finding]:
    """A table that goes on overleaf shows its header row again."""
    before: Any = None
    for at, page in enumerate(pages, 1):
        found = page.find_tables() if len(page.edges) <= MAX_EDGES and len(page.chars) <= MAX_CHARS else []
        first = found[0] if found else None
        goes_on = before is not None and first is not None and first.bbox[1] < 32 * _MM and _same_columns(before, first)
        if goes_on and _head_row(pages[at - 2], before) and not _head_row(page, first):
            yield Finding("tables", f"page {at}: a table goes on without its header row")
        last = found[-1] if found else None
        before = last if last is not None and last.bbox[3] > page.height - 45 * _MM else None


def _same_columns(one: Any, other: Any) -> bool:
    left = [round(cell[0]) for cell in one.rows[-1].cells if cell]
    right = [round(cell[0]) for cell in other.rows[0].cells if cell]
    return len(left) == len(right) > 1 and all(abs(a - b) <= 2 for a, b in zip(left, right, strict=True))


def _head_row(page: Any, table: Any) -> bool:
    box = table.rows[0].bbox
    chars = [c for c in page.chars if box[1] - 1 <= c["top"] and c["bottom"] <= box[3] + 1 and c["text"].strip()]
    return bool(chars) and _is(chars, "Bold")


def _lines(page: Any, x0: float, x1: float, bottom: float) -> list[dict[str, Any]]:
    """Lines whose characters stand whole between two edges, from the top down."""
    part = page.filter(
        lambda one: (
            one["object_type"] != "char"
            or (one["x0"] >= x0 - 0.1 and one["x1"] <= x1 + 0.1 and one["bottom"] <= bottom)
        )
    )
    found: list[dict[str, Any]] = part.extract_text_lines(return_chars=True)
    for line in found:
        line["text"] = unicodedata.normalize("NFC", line["text"]).strip()
        line["chars"] = [char for char in line["chars"] if char["text"].strip()]
    return [line for line in found if line["text"] and line["chars"]]


def _chars_of(page: Any, phrase: str) -> list[dict[str, Any]]:
    """The characters that draw a phrase in one row; rows of two columns are searched as they stand beside each other."""
    wanted = phrase.replace(" ", "")
    rows: dict[int, list[dict[str, Any]]] = {}
    for char in page.chars:
        if char["text"].strip() and char["top"] < page.height / 2:
            rows.setdefault(round(char["bottom"] / 2), []).append(char)
    for key in sorted(rows):
        row = sorted(rows[key] + rows.get(key + 1, []), key=lambda char: char["x0"])
        text = "".join(unicodedata.normalize("NFC", char["text"])[:1] for char in row)
        at = text.find(wanted)
        if at >= 0:
            return row[at : at + len(wanted)]
    return []


def _face(
    box: str,
    chars: Sequence[dict[str, Any]],
    sizes: tuple[float, float],
    name: str,
    *,
    bold: bool | None = None,
    italic: bool | None = None,
) -> Iterator[Finding]:
    if not chars:
        yield Finding(box, f"missing: {name}")
        return
    least, most = min(char["size"] for char in chars), max(char["size"] for char in chars)
    if least < sizes[0] - 0.3 or most > sizes[1] + 0.3:
        yield Finding(
            box, f"{least if least < sizes[0] - 0.3 else most:.1f} pt, wanted {sizes[0]:g} to {sizes[1]:g}: {name[:40]}"
        )
    if bold is not None and _is(chars, "Bold") != bold:
        yield Finding(box, f"not bold: {name[:40]}" if bold else f"bold: {name[:40]}")
    if italic is not None and _is(chars, "Italic") != italic:
        yield Finding(box, f"not italic: {name[:40]}" if italic else f"italic: {name[:40]}")


def _is(chars: Sequence[dict[str, Any]], face: str) -> bool:
    return sum(face in char["fontname"] for char in chars) * 2 > len(chars)


def _ruled(page: Any, chars: Sequence[dict[str, Any]]) -> bool:
    """A rule as long as the line, right below it."""
    x0, x1 = min(char["x0"] for char in chars), max(char["x1"] for char in chars)
    below = max(char["bottom"] for char in chars)
    middle = (x0 + x1) / 2
    for rule in _rules_of(page):
        long = (rule["x1"] - rule["x0"]) / max(x1 - x0, 1)
        if (
            below - 4 <= rule["top"] <= below + 12
            and 0.8 <= long <= 1.25
            and abs((rule["x0"] + rule["x1"]) / 2 - middle) < 8
        ):
            return True
    return False


def _rule_between(page: Any, x0: float, x1: float, top: float, bottom: float) -> bool:
    return any(
        top <= rule["top"] <= bottom and rule["x0"] >= x0 and rule["x1"] <= x1 + 8 and rule["x1"] - rule["x0"] > 8 * _MM
        for rule in _rules_of(page)
    )


def _rules_of(page: Any) -> list[dict[str, Any]]:
    """Level strokes, however they were drawn."""
    return [one for one in (*page.lines, *page.rects, *page.curves) if one["height"] < 2 and one["width"] > 5 * _MM]
