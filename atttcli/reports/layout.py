"""Measures a DOCX against the layout of Decree 30/2020/NĐ-CP: what `check_layout` finds wrong is told by box.

Works from the file alone, by what a reader sees (text, effective size, face, position), not by the style names of our own
writer, so that a paper edited in Word can be measured too. The file may be hostile: sizes and members are bounded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator

from atttcli.reports.docx_reading import Line, Paper, Section, read_paper
from atttcli.reports.layout_rules import INITIAL, INTERNAL, rules_of, title_of
from atttcli.reports.layout_text import (
    NUMBER_START,
    Finding,
    check_addressed,
    check_addressees,
    check_authority,
    check_bases,
    check_date,
    check_inside,
    check_number,
    check_points,
    check_recipients,
    is_date,
)
from atttcli.reports.wording import wording

_MM = 1440 / 25.4  # twips
_ANNEX = {"vi": re.compile(r"^(?:Phụ lục|PHỤ LỤC)( \w{1,6})?$"), "en": re.compile(r"^Annex( \w{1,6})?$")}
_ROMAN = re.compile(r"^\w+(?: \w+)?( [IVXL]+)$|^(?:Phụ lục|Annex)$")


def check_layout(data: bytes) -> list[Finding]:
    """All departures of a DOCX from the decree's layout; none means that the paper can go out. Raises InputError."""
    paper = read_paper(data)
    rules = rules_of(paper)
    checks: list[Callable[[Paper], Iterator[Finding]]] = [_inertness, _pages, _fonts, _page_numbers]
    if rules.head:
        checks.append(_masthead if rules.nation else _head_of_form)
    if rules.numbered and rules.head:
        checks.append(_number)
    if rules.nation:
        checks.append(_place_date)
    checks.append(_title)
    if rules.prose:
        checks += [_body, _bases, _ending]
    if rules.recipients:
        checks.append(_addressees)
    if rules.head:
        checks.append(_signature if rules.recipients else _signature_of_form)
    checks += [_annexes, _tables]
    return [finding for check in checks for finding in check(paper)]


def _inertness(paper: Paper) -> Iterator[Finding]:
    for what in paper.active:
        yield Finding("inert", what)


def _pages(paper: Paper) -> Iterator[Finding]:
    for index, section in enumerate(paper.sections, 1):
        sides = (section.height, section.width) if section.landscape else (section.width, section.height)
        if not (_near(sides[0], 210) and _near(sides[1], 297)):
            yield Finding("paper", f"section {index} is not A4")
        yield from _margins(index, section)


def _margins(index: int, section: Section) -> Iterator[Finding]:
    bounds = {"top": (20, 25), "bottom": (20, 25), "left": (30, 35), "right": (15, 20)}
    for side, (least, most) in bounds.items():
        found = section.margins[side] / _MM
        if not least - 0.1 <= found <= most + 0.1:
            yield Finding("margins", f"section {index}: {side} is {found:.1f} mm, wanted {least} to {most}")


def _fonts(paper: Paper) -> Iterator[Finding]:
    for name in sorted(paper.fonts - {"Times New Roman"}):
        yield Finding("font", f"{name} instead of Times New Roman")
    for line in paper.lines:
        if unicodedata.normalize("NFC", line.text) != line.text:
            yield Finding("font", f"not precomposed (TCVN 6909): {line.text[:40]}")


def _page_numbers(paper: Paper) -> Iterator[Finding]:
    for index, section in enumerate(paper.sections, 1):
        number = section.page_number
        if number is None:
            yield Finding("page number", f"section {index}: no page number in the top margin")
        elif not (number.align == "center" and 13 <= number.size <= 14 and not number.bold and not number.italic):
            yield Finding("page number", f"section {index}: wanted centred, upright, 13 to 14 pt")
        if not section.first_page_differs or section.number_on_first:
            yield Finding("page number", f"section {index}: shown on the first page")


def _masthead(paper: Paper) -> Iterator[Finding]:
    say = wording(paper.language)
    yield from _face("box 1", paper.find(say.nation), (12, 13), bold=True, align="center", name=say.nation)
    yield from _face("box 1", paper.find(say.motto), (13, 14), bold=True, align="center", name=say.motto)
    motto = paper.find(say.motto)
    if motto and not paper.after(motto).rule:
        yield Finding("box 1", "no rule below the motto")
    if not paper.head_table:
        yield Finding("box 1", "the head is not a table of two columns")
        return
    left, right = paper.head_table[0], paper.head_table[1]
    if not 0.40 <= left / (left + right) <= 0.4505:
        yield Finding("box 2", f"the left block has {left / (left + right):.1%} of the width, wanted 40 to 45 %")
    yield from _organ(paper)


def _organ(paper: Paper) -> Iterator[Finding]:
    cell = [line for line in paper.head_left if line.text]
    if not cell:
        yield Finding("box 2", "no issuing organ")
        return
    yield from _face("box 2", cell[-1], (12, 13), bold=True, align="center", capitals=True)
    for line in cell[:-1]:
        yield from _face("box 2", line, (12, 13), align="center", capitals=True)
    if not paper.head_left[-1].rule:
        yield Finding("box 2", "no rule below the issuing organ")


def _head_of_form(paper: Paper) -> Iterator[Finding]:
    """A form of the circular that has no Quốc hiệu: with one it would be another paper."""
    say = wording(paper.language)
    if paper.find(say.nation):
        yield Finding("box 1", "this form has no Quốc hiệu")
    title = title_of(paper)
    if title is not None and title.text == INITIAL:
        yield from check_inside("\n".join(line.text for line in paper.lines))
    yield from _organ(paper)


def _number(paper: Paper) -> Iterator[Finding]:
    start = NUMBER_START[paper.language]
    number = next((line for line in paper.lines if line.text.startswith(start) and line.cell), None)
    yield from _face("box 3", number, (13, 13), bold=False, italic=False, align="center", name=start)
    if number:
        yield from check_number(number.text.strip(), paper.language)


def _place_date(paper: Paper) -> Iterator[Finding]:
    dated = next((line for line in paper.lines if line.cell and is_date(line.text, paper.language)), None)
    yield from _face("box 4", dated, (13, 14), bold=False, italic=True, align="center", name="place and date")
    if dated:
        yield from check_date(dated.text.strip(), paper.language)


def _title(paper: Paper) -> Iterator[Finding]:
    say = wording(paper.language)
    about = next((line for line in paper.lines if line.cell and line.text.startswith(say.about)), None)
    if about is not None:  # a letter has no title but says under its number what it is about
        yield from _face("box 5b", about, (12, 13), bold=False, italic=False, align="center")
        if not paper.find_start(say.addressees):
            yield Finding("box 9a", "a letter names no addressee")
        return
    title = paper.find(say.kind) or title_of(paper)
    yield from _face("box 5a", title, (13, 14), bold=True, align="center", capitals=True, name=say.kind)
    if title:
        summary = paper.after(title)
        if summary.rule and title.text != say.kind:
            return  # a form, or a notice, whose title says it all
        yield from _face("box 5a", summary, (13, 14), bold=True, align="center")
        if not paper.after(summary).rule:
            yield Finding("box 5a", "no rule below the summary")


def _body(paper: Paper) -> Iterator[Finding]:
    body = [line for line in paper.body if line.text and line.align == "both"]
    if not body:
        yield Finding("box 6", "no justified body text")
    for line in body:
        least = 12 if line.italic else 13  # a note may be smaller
        if not all(least <= size <= 14 for size in line.sizes or (line.size,)):
            yield Finding("box 6", f"{max(line.sizes or (line.size,)):g} pt: {line.text[:40]}")
        if not (_near(line.first_line, 10) or _near(line.first_line, 12.7)):
            yield Finding("box 6", f"first line not indented by 1 or 1.27 cm: {line.text[:40]}")
        if line.after < 120 or not 240 <= line.line <= 360:
            yield Finding("box 6", f"spacing of lines or paragraphs: {line.text[:40]}")
    for line in _running(paper):
        if line.align != "both" and not line.bold:
            yield Finding("box 6", f"not justified: {line.text[:40]}")
    for line in paper.body:
        if re.match(r"^[IVX]+\. ", line.text) and not (line.bold and line.text == line.text.upper()):
            yield Finding("box 6", f"a part's heading wants bold capitals: {line.text[:40]}")
        if line.colours and not line.framed:
            yield Finding("font", f"not black: {line.text[:40]}")
    yield from check_points([line.text for line in paper.body])


def _running(paper: Paper) -> list[Line]:
    """Lines of running text: after the title, without addressees, and what stands in the middle or stands for a chart."""
    title = title_of(paper)
    addressed = {line.index for line in _addressee_lines(paper)}
    return [
        line
        for line in paper.body
        if title is not None
        and line.index > title.index
        and line.text
        and line.align != "center"
        and line.index not in addressed
        and not line.italic
    ]


def _addressee_lines(paper: Paper) -> list[Line]:
    """`Kính gửi:` and, where it stands alone, the list below it."""
    label = next((line for line in paper.body if line.text.startswith(wording(paper.language).addressees)), None)
    if label is None:
        return []
    found = [label]
    for line in paper.body:
        if line.index > label.index and line.text:
            if (
                not line.text.startswith("- ")
                or line.align == "both"
                or label.text != wording(paper.language).addressees
            ):
                break
            found.append(line)
    return found


def _addressees(paper: Paper) -> Iterator[Finding]:
    lines = _addressee_lines(paper)
    yield from check_addressees([line.text for line in lines[1:]])
    title = title_of(paper)
    if title is not None:
        internal = any(line.text.startswith(INTERNAL) for line in paper.body)
        yield from check_addressed(title.text, addressed=bool(lines), internal=internal)


def _bases(paper: Paper) -> Iterator[Finding]:
    bases = []
    for line in _running_with_italics(paper):
        if not line.text.startswith(("Căn cứ ", "Pursuant to ")):
            break
        bases.append((line.text, line.italic, line.size))
    yield from check_bases(bases)


def _running_with_italics(paper: Paper) -> list[Line]:
    title = title_of(paper)
    addressed = {line.index for line in _addressee_lines(paper)}
    after = -1 if title is None else title.index + 1  # the summary, if there is one, is in the middle
    return [
        line
        for line in paper.body
        if line.index > after and line.text.strip() and line.index not in addressed and line.align != "center"
    ]


def _ending(paper: Paper) -> Iterator[Finding]:
    last = next((line for line in reversed(paper.body) if line.text), None)
    if paper.language == "vi" and (last is None or not last.text.endswith("./.")):
        yield Finding("box 6", "the text does not end with ./.")


def _signature(paper: Paper) -> Iterator[Finding]:
    say = wording(paper.language)
    label = paper.find(say.recipients)
    yield from _face("box 9b", label, (12, 12), bold=True, italic=True, align="left", name=say.recipients)
    if label is None:
        return
    listed = [line for line in paper.lines if line.cell == label.cell and line is not label and line.text]
    for line in listed:
        yield from _face("box 9b", line, (11, 11), bold=False, italic=False, align="left")
    yield from check_recipients([line.text for line in listed], paper.language)
    signs = [line for line in paper.beside(label) if line.text and not (line.italic and line.text.startswith("("))]
    for line in signs:  # without (Ký tên, đóng dấu) below the authority
        yield from _face("box 7", line, (13, 14), bold=True, align="center")
    yield from check_authority([line.text for line in signs])


def _signature_of_form(paper: Paper) -> Iterator[Finding]:
    """Box 7 alone: somebody signs in the right half of the last row."""
    rows = [line.row for line in paper.lines[: paper.first_section] if line.row]
    signs = [line for line in paper.lines if rows and line.row == rows[-1] and line.text and line.bold]
    if not signs:
        yield Finding("box 7", "nobody signs")
    for line in signs:
        yield from _face("box 7", line, (13, 14), bold=True, align="center")


def _annexes(paper: Paper) -> Iterator[Finding]:
    labels = [line for line in paper.lines if _ANNEX[paper.language].match(line.text)]
    for line in labels:
        yield from _face("annex", line, (14, 14), bold=True, align="center")
        if (len(labels) > 1 and line.text in ("Phụ lục", "Annex")) or not _ROMAN.match(line.text):
            yield Finding("annex", f"annexes want Roman numbers: {line.text}")
    if sum(section.restarts for section in paper.sections) < len(labels):
        yield Finding("annex", "an annex does not number its own pages")


def _tables(paper: Paper) -> Iterator[Finding]:
    for index, table in enumerate(paper.tables, 1):
        if table.width > table.room + 20:
            yield Finding("tables", f"table {index} is wider than the text")
        if table.heading and not table.repeats:
            yield Finding("tables", f"table {index} does not repeat its header row")


def _face(
    box: str,
    line: Line | None,
    sizes: tuple[float, float],
    *,
    align: str,
    bold: bool | None = None,
    italic: bool | None = None,
    capitals: bool = False,
    name: str = "",
) -> Iterator[Finding]:
    if line is None:
        yield Finding(box, f"missing: {name}")
        return
    shown = line.text[:40]
    if not all(sizes[0] <= size <= sizes[1] for size in line.sizes or (line.size,)):
        yield Finding(box, f"{max(line.sizes or (line.size,)):g} pt, wanted {sizes[0]:g} to {sizes[1]:g}: {shown}")
    if bold is not None and line.bold != bold:
        yield Finding(box, f"not bold: {shown}" if bold else f"bold: {shown}")
    if italic is not None and line.italic != italic:
        yield Finding(box, f"not italic: {shown}" if italic else f"italic: {shown}")
    if line.align != align:
        yield Finding(box, f"not {align}: {shown}")
    if capitals and line.text != line.text.upper():
        yield Finding(box, f"not in capitals: {shown}")


def _near(twips: float, millimetres: float) -> bool:
    return abs(twips / _MM - millimetres) < 0.15
